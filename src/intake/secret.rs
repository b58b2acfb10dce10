//! A secret in Secrets Manager that can be changed without a deployment.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;

use crate::error::{Error, Outage};
use crate::timestamp::Timestamp;

/// How soon after the last read a failed match may trigger another read of the secret, in milliseconds.
const REREAD_MS: i64 = 60 * 1000;
/// How long a secret is cached, in milliseconds; what was withdrawn may be accepted for that long.
const FRESH_MS: i64 = 15 * 60 * 1000;
/// How soon after a failed read the secret is read again, in milliseconds.
const RETRY_MS: i64 = 5 * 1000;

/// Which versions of a secret count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// The current one.
    Current,
    /// The current one, and the previous one if it is usable.
    CurrentAndPrevious,
}

/// A secret, read on demand and cached.
pub struct CachedSecret<T> {
    client: Client,
    arn: String,
    versions: Versions,
    parse: fn(&str) -> Option<T>,
    cache: Mutex<Cache<T>>,
}

impl<T> fmt::Debug for CachedSecret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedSecret").field("arn", &self.arn).finish_non_exhaustive()
    }
}

impl<T: Clone> CachedSecret<T> {
    /// A secret that is not read before the first search; `parse` reads the text of a version.
    #[must_use]
    pub fn new(client: Client, arn: String, versions: Versions, parse: fn(&str) -> Option<T>) -> Self {
        Self { client, arn, versions, parse, cache: Mutex::new(Cache::default()) }
    }

    /// Searches the versions that count; `None` if nothing matches.
    ///
    /// The secret is read again after a failed match, at most once a minute, so that a change needs no deployment; and
    /// every 15 minutes, so that what was withdrawn stops working.
    ///
    /// # Errors
    /// The secret cannot be read now.
    pub async fn find<R>(&self, search: impl Fn(&[T]) -> Option<R>, now: Timestamp) -> Result<Option<R>, Error> {
        let cached = self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(answer) = cached.answer(&search, now) {
            return answer;
        }
        let outcome = self.read().await;
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(versions) => {
                let found = search(&versions);
                *cache = Cache { versions, read_at: Some(now), failed_at: None };
                Ok(found)
            }
            Err(error) => {
                cache.failed_at = Some(now);
                // The last read stays valid while Secrets Manager cannot be reached.
                search(&cache.versions).map(Some).ok_or(error)
            }
        }
    }

    async fn read(&self) -> Result<Vec<T>, Error> {
        let current = self.version("AWSCURRENT").await?;
        let current = current.as_deref().and_then(self.parse).ok_or(Error::Transient(Outage::Secret))?;
        let previous = match self.versions {
            Versions::Current => None,
            Versions::CurrentAndPrevious => self.version("AWSPREVIOUS").await?,
        };
        Ok([Some(current), previous.as_deref().and_then(self.parse)].into_iter().flatten().collect())
    }

    /// The text of one version; `None` if it does not exist.
    async fn version(&self, stage: &str) -> Result<Option<String>, Error> {
        match self.client.get_secret_value().secret_id(&self.arn).version_stage(stage).send().await {
            Ok(output) => Ok(output.secret_string),
            Err(error)
                if error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(_) => Err(Error::Transient(Outage::Secret)),
        }
    }
}

/// The last read of a secret, and its time.
#[derive(Clone)]
struct Cache<T> {
    versions: Vec<T>,
    read_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self { versions: Vec::new(), read_at: None, failed_at: None }
    }
}

impl<T> Cache<T> {
    /// The answer without reading the secret; `None` if it must be read.
    fn answer<R>(&self, search: impl Fn(&[T]) -> Option<R>, now: Timestamp) -> Option<Result<Option<R>, Error>> {
        let within = |at: Option<Timestamp>, span_ms| at.is_some_and(|at| now.millis_since(at) < span_ms);
        match search(&self.versions) {
            Some(found) if within(self.read_at, FRESH_MS) || within(self.failed_at, RETRY_MS) => Some(Ok(Some(found))),
            None if within(self.read_at, REREAD_MS) => Some(Ok(None)),
            None if within(self.failed_at, RETRY_MS) => Some(Err(Error::Transient(Outage::Secret))),
            Some(_) | None => None,
        }
    }
}
