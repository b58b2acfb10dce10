//! Where signing certificates come from: a folder, the cache, or SNS itself.

mod cache;
mod fetcher;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use cache::{Answer, Cache};
pub use fetcher::Fetcher;

use super::certificate::MAX_PEM_BYTES;
use super::{Door, TopicArn, TrustStore};
use crate::error::{Error, Outage, Refusal};
use crate::timestamp::Timestamp;

/// Finds the key of a signing certificate by its 32 hex digits.
///
/// A folder of `SimpleNotificationService-<32 hex>.pem` is looked in first, for functions without internet. Whatever
/// the source, the certificate must chain to the trust store, so a source can make a key unavailable, never false.
#[derive(Debug)]
pub struct CertificateSource {
    trust: TrustStore,
    folder: Option<PathBuf>,
    fetcher: Fetcher,
    cache: Mutex<Cache>,
    /// One fetch at a time: a second request for the same certificate finds it in the cache. Keys that are in the cache
    /// never wait for it.
    fetching: tokio::sync::Mutex<()>,
}

impl CertificateSource {
    /// A source over a trust store; `folder` is looked in before anything is fetched.
    #[must_use]
    pub fn new(trust: TrustStore, folder: Option<PathBuf>, fetcher: Fetcher) -> Self {
        Self { trust, folder, fetcher, cache: Mutex::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// The key of the certificate `id` for messages of a topic.
    ///
    /// # Errors
    /// Refused where the certificate is not acceptable; transient where it cannot be had now.
    pub(super) async fn key(&self, topic: &TopicArn, id: &str, door: Door, now: Timestamp) -> Answer {
        if let Some(answer) = self.cache().get((topic.certificate_prefix(), id), now) {
            return answer;
        }
        let url = format!("{}{id}.pem", topic.certificate_prefix());
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(answer) = self.cache().get((topic.certificate_prefix(), id), now) {
            return answer;
        }
        let answer = match self.provisioned(id) {
            Some(pem) => self.accept(&pem, topic, now),
            // Not remembered: it says nothing about this certificate.
            None if !self.cache().may_fetch((topic.certificate_prefix(), id), door, now) => {
                return Err(Error::Transient(Outage::CertificateFetch));
            }
            None => self.fetched(&url, topic, now).await,
        };
        self.cache().put((topic.certificate_prefix(), id), answer, now)
    }

    async fn fetched(&self, url: &str, topic: &TopicArn, now: Timestamp) -> Answer {
        let body = self.fetch(url).await.ok_or(Error::Transient(Outage::CertificateFetch))?;
        let pem = String::from_utf8(body).map_err(|_| Error::Unauthentic(Refusal::Certificate))?;
        self.accept(&pem, topic, now)
    }

    /// Asks SNS for a document, with all limits of the fetcher.
    pub(super) async fn fetch(&self, url: &str) -> Option<Vec<u8>> {
        self.fetcher.get(url, MAX_PEM_BYTES).await
    }

    fn provisioned(&self, id: &str) -> Option<String> {
        let file = format!("SimpleNotificationService-{id}.pem");
        std::fs::read_to_string(self.folder.as_ref()?.join(file)).ok()
    }

    fn accept(&self, pem: &str, topic: &TopicArn, now: Timestamp) -> Answer {
        let key = self.trust.signing_key(pem, topic, now);
        key.map(Arc::new).ok_or(Error::Unauthentic(Refusal::Certificate))
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
