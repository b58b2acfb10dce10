//! The webhook credential: fixed, or a secret that can be rotated without a deployment.

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use serde::Deserialize;

use crate::error::{Error, Outage};
use crate::timestamp::Timestamp;

/// How soon after the last read a failed match may trigger another read of the secret, in milliseconds.
const REREAD_MS: i64 = 60 * 1000;
/// How long a secret is cached, in milliseconds; a withdrawn password may be accepted for that long.
const FRESH_MS: i64 = 15 * 60 * 1000;
/// How soon after a failed read the secret is read again, in milliseconds.
const RETRY_MS: i64 = 5 * 1000;

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
    SecretsManager {
        /// The client.
        client: Client,
        /// The secret.
        arn: String,
        /// What was read last.
        cache: Mutex<SecretCache>,
    },
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
        Self::SecretsManager { client, arn, cache: Mutex::default() }
    }

    /// Whether a Basic credential or a token is accepted.
    ///
    /// The secret is read again after a failed match, at most once a minute, so that a rotation needs no deployment;
    /// and every 15 minutes, so that a withdrawn password stops working.
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
            Self::SecretsManager { client, arn, cache } => {
                let cached = cache.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if let Some(answer) = cached.cached_answer(match_any, now) {
                    return answer;
                }
                let outcome = read(client, arn).await;
                let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
                match outcome {
                    Ok(credentials) => {
                        let accepted = match_any(&credentials);
                        *cache = SecretCache { credentials, read_at: Some(now), failed_at: None };
                        Ok(accepted)
                    }
                    Err(error) => {
                        cache.failed_at = Some(now);
                        // The last read stays valid while Secrets Manager cannot be reached.
                        if match_any(&cache.credentials) { Ok(true) } else { Err(error) }
                    }
                }
            }
        }
    }
}

/// The last read of the secret, and its time.
#[derive(Clone, Debug, Default)]
pub struct SecretCache {
    credentials: Vec<Credentials>,
    read_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
}

impl SecretCache {
    /// The answer without reading the secret; `None` if it must be read.
    fn cached_answer(&self, match_any: impl Fn(&[Credentials]) -> bool, now: Timestamp) -> Option<Result<bool, Error>> {
        let accepted = match_any(&self.credentials);
        let within = |at: Option<Timestamp>, span_ms| at.is_some_and(|at| now.millis_since(at) < span_ms);
        match accepted {
            true if within(self.read_at, FRESH_MS) || within(self.failed_at, RETRY_MS) => Some(Ok(true)),
            false if within(self.read_at, REREAD_MS) => Some(Ok(false)),
            false if within(self.failed_at, RETRY_MS) => Some(Err(Error::Transient(Outage::Secret))),
            true | false => None,
        }
    }
}

/// The current version of the secret, and the previous one if it is usable.
async fn read(client: &Client, arn: &str) -> Result<Vec<Credentials>, Error> {
    let current = secret_version(client, arn, "AWSCURRENT").await?;
    let current = current.as_deref().and_then(parse).ok_or(Error::Transient(Outage::Secret))?;
    let previous = secret_version(client, arn, "AWSPREVIOUS").await?;
    Ok([Some(current), previous.as_deref().and_then(parse)].into_iter().flatten().collect())
}

/// The text of one version; `None` if it does not exist.
async fn secret_version(client: &Client, arn: &str, stage: &str) -> Result<Option<String>, Error> {
    match client.get_secret_value().secret_id(arn).version_stage(stage).send().await {
        Ok(output) => Ok(output.secret_string),
        Err(error) if error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) => {
            Ok(None)
        }
        Err(_) => Err(Error::Transient(Outage::Secret)),
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
