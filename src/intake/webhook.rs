//! Webhooks of providers: routes, credentials, and the body that may be read after that.

mod credential;
mod request;

pub use credential::{CredentialSource, CredentialStore, Credentials};
pub use request::{AuthenticRequest, MAX_BODY_BYTES, Route};
