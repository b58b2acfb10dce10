//! Verifies the messages of a batch: each has its own outcome, and each certificate is looked up once.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::verifier::Checked;
use super::{Delivery, Door, SigningKey, TopicArn, VerifiedMessage, Verifier};
use crate::error::{Error, Outage};
use crate::timestamp::Timestamp;

/// A certificate that messages of a batch name.
struct Named<'v> {
    topic: &'v TopicArn,
    id: String,
    door: Door,
    /// How many messages name it.
    messages: usize,
    /// Its key, once it has been looked up.
    key: Option<Result<Arc<SigningKey>, Error>>,
    /// Whether it has verified a message of the batch.
    is_proven: bool,
}

impl Verifier {
    /// Verifies notifications from doors that IAM guards; returns their outcomes in the same order.
    ///
    /// Certificates that must be fetched are fetched until `fetch_until`; messages that name others are undecided. No
    /// message waits longer because of another that is malformed or forged.
    pub async fn verify_all<'a>(
        &self,
        deliveries: Vec<Delivery<'a>>,
        now: Timestamp,
        fetch_until: Instant,
    ) -> Vec<Result<VerifiedMessage<'a>, Error>> {
        let checked: Vec<Result<Checked<'_, 'a>, Error>> =
            deliveries.into_iter().map(|delivery| self.check(delivery.envelope, delivery.door, now)).collect();
        let (mut certificates, places) = named(&checked);
        self.look_up(&mut certificates, now, fetch_until).await;
        let verified = checked.into_iter().zip(places).map(|(checked, place)| {
            let certificate = place.and_then(|place| certificates.get_mut(place));
            self.verify_one(checked?, certificate, now)
        });
        verified.collect()
    }

    fn verify_one<'a>(
        &self,
        checked: Checked<'_, 'a>,
        certificate: Option<&mut Named<'_>>,
        now: Timestamp,
    ) -> Result<VerifiedMessage<'a>, Error> {
        let undecided = Error::Transient(Outage::Deadline);
        let certificate = certificate.ok_or(undecided)?;
        let key = certificate.key.clone().ok_or(undecided)??;
        let verified = self.verify_signature(checked, &key, now)?;
        if !certificate.is_proven {
            certificate.is_proven = true;
            self.certificates.mark_proven(certificate.topic, &certificate.id);
        }
        verified.notification()
    }

    /// Finds the keys of the certificates, as far as the time allows.
    ///
    /// First those in memory, which wait for nothing; then the certificate that most messages name, because a forger
    /// may name any number of others, and only so many are fetched per minute.
    async fn look_up(&self, certificates: &mut [Named<'_>], now: Timestamp, fetch_until: Instant) {
        for one in certificates.iter_mut() {
            one.key = self.certificates.known(one.topic, &one.id, one.door, now);
        }
        let mut unknown: Vec<&mut Named<'_>> = certificates.iter_mut().filter(|one| one.key.is_none()).collect();
        unknown.sort_by_key(|one| Reverse(one.messages));
        for one in unknown {
            // What is named again counts as requested again, as it would in messages that come one by one.
            for _ in 0..one.messages.min(2) {
                if Instant::now() >= fetch_until {
                    return;
                }
                let key = timeout_at(fetch_until, self.certificates.key(one.topic, &one.id, one.door, now)).await;
                let is_denied = matches!(key, Ok(Err(Error::Transient(Outage::CertificateUnknown))));
                one.key = key.ok();
                if !is_denied {
                    break;
                }
            }
        }
    }
}

/// The different certificates of messages, and for each message the place of its own.
fn named<'v>(checked: &[Result<Checked<'v, '_>, Error>]) -> (Vec<Named<'v>>, Vec<Option<usize>>) {
    let mut certificates: Vec<Named<'v>> = Vec::new();
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut places = Vec::with_capacity(checked.len());
    for checked in checked {
        let Ok(checked) = checked else {
            places.push(None);
            continue;
        };
        let place = *known.entry((checked.topic.certificate_prefix(), checked.certificate_id())).or_insert_with(|| {
            let (topic, id, door) = (checked.topic, checked.certificate_id().to_owned(), checked.door);
            certificates.push(Named { topic, id, door, messages: 0, key: None, is_proven: false });
            certificates.len().saturating_sub(1)
        });
        if let Some(certificate) = certificates.get_mut(place) {
            certificate.messages = certificate.messages.saturating_add(1);
        }
        places.push(Some(place));
    }
    (certificates, places)
}
