//! Where signing certificates come from: the cache, earlier instances, a folder, or SNS itself.

mod budget;
mod cache;
mod fetcher;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use budget::Budget;
use cache::{Cache, KeyOutcome, Origin};
pub use fetcher::Fetcher;
use fetcher::NotFetched;

use super::certificate::MAX_PEM_BYTES;
use super::{Door, ProvenCertificate, TopicArn, TrustStore};
use crate::error::{Error, Outage, Refusal};
use crate::timestamp::Timestamp;

/// Finds the key of a signing certificate by its 32 hex digits.
///
/// For functions without internet access, a folder of `SimpleNotificationService-<32 hex>.pem` is searched first.
/// Whatever the source, the certificate must chain to the trust store, so a source can withhold a key but not forge
/// one.
#[derive(Debug)]
pub(super) struct CertificateSource {
    trust: TrustStore,
    folder: Option<PathBuf>,
    fetcher: Fetcher,
    cache: Mutex<Cache>,
    budget: Mutex<Budget>,
    /// Allows one fetch at a time: a second request for the same certificate finds it in the cache. Cached keys never
    /// wait.
    fetching: tokio::sync::Mutex<()>,
}

impl CertificateSource {
    /// Creates a source over a trust store; `folder` is searched before anything is fetched.
    pub(super) fn new(trust: TrustStore, folder: Option<PathBuf>, fetcher: Fetcher) -> Self {
        let (cache, budget, fetching) = (Mutex::default(), Mutex::default(), tokio::sync::Mutex::default());
        Self { trust, folder, fetcher, cache, budget, fetching }
    }

    /// Remembers certificates that earlier instances have proven; each is checked again when it is needed.
    pub(super) fn remember(&self, good: Vec<ProvenCertificate>) {
        self.cache().remember(good);
    }

    /// Takes the certificates from SNS that have verified their first message since the last call.
    pub(super) fn take_proven(&self) -> Vec<ProvenCertificate> {
        self.cache().take_proven()
    }

    /// What its certificates must chain to.
    pub(super) const fn trust(&self) -> &TrustStore {
        &self.trust
    }

    /// The key of the certificate `id` for messages of a topic.
    ///
    /// # Errors
    /// Refused if the certificate is not acceptable; transient if it is not available now.
    pub(super) async fn key(&self, topic: &TopicArn, id: &str, door: Door, now: Timestamp) -> KeyOutcome {
        if let Some(answer) = self.known(topic, id, door, now) {
            return answer;
        }
        let name = (topic.certificate_prefix(), id);
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(answer) = self.cache().get(name, door, now) {
            return answer;
        }
        let (answer, origin) = match self.pem_in_folder(id) {
            Some(pem) => (self.signing_key(&pem, topic), Origin::Elsewhere),
            // Not cached, because it says nothing about this certificate.
            None if !self.may_fetch(topic, id, door, now) => {
                return Err(Error::Transient(Outage::CertificateUnknown));
            }
            None => (self.fetched(topic, id, now).await, Origin::Sns),
        };
        self.cache().put(name, answer, origin, door, now)
    }

    /// The key of a certificate, or why there is none, if that is known without a request.
    pub(super) fn known(&self, topic: &TopicArn, id: &str, door: Door, now: Timestamp) -> Option<KeyOutcome> {
        self.restore_remembered(topic, id, now);
        self.cache().get((topic.certificate_prefix(), id), door, now)
    }

    /// Caches the key of a certificate that an earlier instance has proven.
    fn restore_remembered(&self, topic: &TopicArn, id: &str, now: Timestamp) {
        let name = (topic.certificate_prefix(), id);
        let Some(good) = self.cache().take_remembered(name) else { return };
        if let Ok(key) = self.signing_key(&good.pem, topic) {
            self.cache().put_good(name, key, good.fetched_at.min(now));
        }
    }

    /// Marks a certificate as proven: it has verified a message.
    pub(super) fn mark_proven(&self, topic: &TopicArn, id: &str) {
        self.cache().mark_proven((topic.certificate_prefix(), id));
    }

    fn may_fetch(&self, topic: &TopicArn, id: &str, door: Door, now: Timestamp) -> bool {
        let was_good = self.cache().is_good((topic.certificate_prefix(), id));
        was_good || self.budget().may_fetch(id, door, now)
    }

    async fn fetched(&self, topic: &TopicArn, id: &str, now: Timestamp) -> KeyOutcome {
        let url = format!("{}{id}.pem", topic.certificate_prefix());
        let body = self.fetcher.get(&url, MAX_PEM_BYTES).await.map_err(|why| match why {
            NotFetched::Denied => self.budget().denied(id, now),
            NotFetched::Failed => Error::Transient(Outage::CertificateFetch),
        })?;
        let pem = String::from_utf8(body).map_err(|_| Error::Unauthentic(Refusal::Certificate))?;
        self.signing_key(&pem, topic)
    }

    /// Whether SNS answers a request with 200, within all limits of the fetcher.
    pub(super) async fn responds_with_200(&self, url: &str) -> bool {
        self.fetcher.get(url, MAX_PEM_BYTES).await.is_ok()
    }

    fn pem_in_folder(&self, id: &str) -> Option<String> {
        let file = format!("SimpleNotificationService-{id}.pem");
        std::fs::read_to_string(self.folder.as_ref()?.join(file)).ok()
    }

    fn signing_key(&self, pem: &str, topic: &TopicArn) -> KeyOutcome {
        let key = self.trust.signing_key(pem, topic);
        key.map(Arc::new).ok_or(Error::Unauthentic(Refusal::Certificate))
    }

    fn budget(&self) -> std::sync::MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
