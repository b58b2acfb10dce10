//! Where the keys of links are.

use super::{Key, KeyId, Keys};
use crate::error::Error;
use crate::intake::{CachedSecret, Versions};
use crate::timestamp::Timestamp;

/// The keys of links, read on demand.
#[derive(Debug)]
pub enum KeyStore {
    /// They are in the configuration.
    Fixed(Keys),
    /// They are in Secrets Manager. Only the current version counts, so that a withdrawn key is dead at once.
    SecretsManager(CachedSecret<Keys>),
}

impl KeyStore {
    /// Keys in Secrets Manager, read at the first link.
    #[must_use]
    pub fn secrets_manager(client: aws_sdk_secretsmanager::Client, arn: String) -> Self {
        Self::SecretsManager(CachedSecret::new(client, arn, Versions::Current, Keys::of_secret))
    }

    /// The key with this id; `None` if there is none.
    ///
    /// # Errors
    /// The secret cannot be read now.
    pub async fn get(&self, id: &KeyId, now: Timestamp) -> Result<Option<Key>, Error> {
        match self {
            Self::Fixed(keys) => Ok(keys.get(id).cloned()),
            Self::SecretsManager(secret) => {
                secret.find(|versions| versions.iter().find_map(|keys| keys.get(id).cloned()), now).await
            }
        }
    }
}
