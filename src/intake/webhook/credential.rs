//! The webhook credential: fixed, or a secret that can be rotated without a deployment.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use aws_sdk_secretsmanager::Client;
use serde::Deserialize;

use crate::error::Error;
use crate::intake::{CachedSecret, Versions};
use crate::timestamp::Timestamp;

/// One accepted user and password, stored as digests so that a comparison takes the same time for any length.
#[derive(Clone)]
pub struct Credentials {
    basic: Digest,
    password: Digest,
}

impl Credentials {
    /// Creates a credential; `None` if the user or password is empty, or the user contains a colon (RFC 7617).
    #[must_use]
    pub fn new(user: &str, password: &str) -> Option<Self> {
        let usable = !user.is_empty() && !password.is_empty() && !user.contains(':');
        usable.then(|| Self {
            basic: digest(&SHA256, format!("{user}:{password}").as_bytes()),
            password: digest(&SHA256, password.as_bytes()),
        })
    }

    fn accepts(&self, basic: Option<&Digest>, token: Option<&Digest>) -> bool {
        let equal = |known: &Digest, given: Option<&Digest>| {
            given.is_some_and(|given| verify_slices_are_equal(known.as_ref(), given.as_ref()).is_ok())
        };
        equal(&self.basic, basic) | equal(&self.password, token)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// The content of the secret.
#[derive(Deserialize)]
struct Secret {
    username: String,
    password: String,
}

/// Where the accepted credentials are.
#[derive(Debug)]
pub enum CredentialSource {
    /// Nowhere: webhooks answer 503.
    Unconfigured,
    /// In the environment.
    Fixed(Vec<Credentials>),
    /// In Secrets Manager, under this ARN.
    Secret(String),
}

/// The accepted credentials, read on demand.
#[derive(Debug)]
pub enum CredentialStore {
    /// None is configured: no request can be authentic.
    Unconfigured,
    /// They are in the configuration.
    Fixed(Vec<Credentials>),
    /// They are in Secrets Manager; the current and the previous version are both valid.
    SecretsManager(CachedSecret<Credentials>),
}

impl CredentialStore {
    /// Creates the credentials of a source; only a secret needs the Secrets Manager client.
    #[must_use]
    pub fn new(source: CredentialSource, secrets_manager: impl FnOnce() -> Client) -> Self {
        match source {
            CredentialSource::Unconfigured => Self::Unconfigured,
            CredentialSource::Fixed(known) => Self::Fixed(known),
            CredentialSource::Secret(arn) => Self::secrets_manager(secrets_manager(), arn),
        }
    }

    /// Credentials in Secrets Manager, read at the first webhook request.
    #[must_use]
    pub fn secrets_manager(client: Client, arn: String) -> Self {
        Self::SecretsManager(CachedSecret::new(client, arn, Versions::CurrentAndPrevious, parse))
    }

    /// Whether a Basic credential or a token is accepted.
    ///
    /// # Errors
    /// No credential is configured, or the secret cannot be read now.
    pub async fn accept(&self, basic: Option<&[u8]>, token: Option<&[u8]>, now: Timestamp) -> Result<bool, Error> {
        let basic = basic.map(|bytes| digest(&SHA256, bytes));
        let token = token.map(|bytes| digest(&SHA256, bytes));
        let match_any = |known: &[Credentials]| {
            known.iter().fold(false, |found, known| found | known.accepts(basic.as_ref(), token.as_ref()))
        };
        match self {
            Self::Unconfigured => Err(Error::Unconfigured),
            Self::Fixed(known) => Ok(match_any(known)),
            Self::SecretsManager(secret) => {
                let found = secret.find(|known| match_any(known).then_some(()), now).await?;
                Ok(found.is_some())
            }
        }
    }
}

fn parse(text: &str) -> Option<Credentials> {
    let secret: Secret = serde_json::from_str(text).ok()?;
    Credentials::new(&secret.username, &secret.password)
}

#[cfg(test)]
mod tests {
    use super::{CredentialStore, Credentials};
    use crate::error::Error;
    use crate::timestamp::Timestamp;

    #[tokio::test]
    async fn basic_and_token_match_exactly_one_configured_credential() {
        let known = [Credentials::new("a", "one:1"), Credentials::new("b", "two")];
        let store = CredentialStore::Fixed(known.into_iter().flatten().collect());
        let cases: [(Option<&str>, Option<&str>, bool); 8] = [
            (Some("a:one:1"), None, true),
            (Some("b:two"), None, true),
            (None, Some("two"), true),
            (Some("a:two"), None, false),
            (Some("a:"), None, false),
            (None, Some("a:one:1"), false),
            (None, Some(""), false),
            (None, None, false),
        ];
        for (basic, token, expected) in cases {
            let accepted = store.accept(basic.map(str::as_bytes), token.map(str::as_bytes), Timestamp::MAX).await;
            assert_eq!(accepted, Ok(expected), "{basic:?} {token:?}");
        }
    }

    #[tokio::test]
    async fn without_configuration_nothing_is_authentic() {
        let accepted = CredentialStore::Unconfigured.accept(None, Some(b""), Timestamp::MAX).await;
        assert_eq!(accepted, Err(Error::Unconfigured));
    }

    #[test]
    fn a_debug_print_shows_no_secret() {
        assert_eq!(format!("{:?}", Credentials::new("a", "b")), "Some(Credentials(..))");
        assert!(Credentials::new("", "b").is_none() && Credentials::new("a", "").is_none());
        assert!(Credentials::new("a:b", "c").is_none());
    }
}
