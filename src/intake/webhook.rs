//! HTTP: from a request to a provider's body that may be read.

mod credential;
mod request;

pub use credential::{CredentialSource, CredentialStore, Credentials};
pub use request::{AuthenticRequest, MAX_BODY_BYTES, Route};
