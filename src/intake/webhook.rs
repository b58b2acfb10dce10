//! Provider webhooks: routes, credentials, and the body, which is readable only after authentication.

mod credential;
mod request;

pub use credential::{CredentialSource, CredentialStore, Credentials};
pub use request::{AuthenticRequest, MAX_BODY_BYTES, ProviderRoute, Route};
