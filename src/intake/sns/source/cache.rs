//! The bounded cache of certificates: proven ones, unproven ones, and failures for a minute.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::error::Error;
use crate::intake::sns::{Door, MAX_PROVEN, ProvenCertificate, SigningKey};
use crate::timestamp::Timestamp;

/// How many proven keys, unproven keys and failures are kept, each.
const CAPACITY: usize = 8;
/// How long a key is used over HTTPS before its certificate is fetched again, in milliseconds.
const FRESH_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a proven key is used over HTTPS while its certificate cannot be fetched again, in milliseconds.
const STALE_MS: i64 = 48 * 60 * 60 * 1000;
/// How long a failure is cached before another attempt, in milliseconds.
const MINUTE_MS: i64 = 60 * 1000;

/// The key of a certificate, or why there is none.
pub(super) type KeyOutcome = Result<Arc<SigningKey>, Error>;

/// Identifies a certificate by the beginning of its URL and its 32 hex digits.
pub(super) type Name<'n> = (&'n str, &'n str);

/// The same, owned.
type OwnName = (String, String);

/// The key of a certificate, and when it was fetched.
#[derive(Clone, Debug)]
struct Known {
    name: OwnName,
    key: Arc<SigningKey>,
    at: Timestamp,
    /// Where it came from.
    origin: Origin,
}

/// Where a certificate came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Fetched from SNS: once it has verified a message, it is stored for later instances.
    Sns,
    /// From elsewhere, so later instances have it anyway.
    Elsewhere,
}

/// Keys and failures by certificate name, the latest last.
///
/// A key is good, or proven, once it has verified a message. Unproven keys do not displace good ones, because any
/// caller chooses which certificate on the SNS host is fetched.
#[derive(Debug, Default)]
pub(super) struct Cache {
    good: VecDeque<Known>,
    unproven: VecDeque<Known>,
    failures: VecDeque<(OwnName, Error, Timestamp)>,
    /// Proven by earlier instances, and not needed by this one yet.
    remembered: Vec<ProvenCertificate>,
    /// Proven by this instance, and not stored yet.
    proven: VecDeque<ProvenCertificate>,
}

impl Cache {
    /// Remembers certificates that earlier instances have proven.
    pub(super) fn remember(&mut self, mut good: Vec<ProvenCertificate>) {
        good.truncate(MAX_PROVEN);
        self.remembered = good;
    }

    /// Takes a certificate that an earlier instance has proven; each is returned once.
    pub(super) fn take_remembered(&mut self, name: Name<'_>) -> Option<ProvenCertificate> {
        let place = self.remembered.iter().position(|good| (good.prefix.as_str(), good.id.as_str()) == name)?;
        Some(self.remembered.swap_remove(place))
    }

    /// Takes the certificates that this instance has proven since the last call.
    pub(super) fn take_proven(&mut self) -> Vec<ProvenCertificate> {
        self.proven.drain(..).collect()
    }

    /// Caches a key as good that an earlier instance has proven.
    pub(super) fn put_good(&mut self, name: Name<'_>, key: Arc<SigningKey>, fetched_at: Timestamp) {
        push_bounded(&mut self.good, Known { name: to_own(name), key, at: fetched_at, origin: Origin::Elsewhere });
    }

    /// The cached key of a certificate, or the cached failure; `None` if it must be fetched.
    ///
    /// Over HTTPS a certificate is fetched again each day, since SNS may have withdrawn it. If IAM guards the door, a
    /// good key never expires here: messages there may be older than the certificates that SNS still serves.
    pub(super) fn get(&self, name: Name<'_>, door: Door, now: Timestamp) -> Option<KeyOutcome> {
        let failure =
            self.failures.iter().find(|(known, _, at)| is_named(known, name) && now.millis_since(*at) < MINUTE_MS);
        let failure = failure.map(|(_, error, _)| *error);
        let known = find(&self.good, name).filter(|good| match door {
            Door::Lambda | Door::Queue => true,
            Door::Https => now.millis_since(good.at) < if failure.is_some() { STALE_MS } else { FRESH_MS },
        });
        let known = known.or_else(|| find(&self.unproven, name).filter(|key| now.millis_since(key.at) < FRESH_MS));
        known.map(|known| Ok(Arc::clone(&known.key))).or_else(|| failure.map(Err))
    }

    /// Whether a certificate is proven.
    pub(super) fn is_good(&self, name: Name<'_>) -> bool {
        find(&self.good, name).is_some()
    }

    /// Caches the outcome of a fetch and returns the one to use: a good key outlives a failure to fetch it again.
    pub(super) fn put(
        &mut self,
        name: Name<'_>,
        answer: KeyOutcome,
        origin: Origin,
        door: Door,
        now: Timestamp,
    ) -> KeyOutcome {
        self.failures.retain(|(known, _, _)| !is_named(known, name));
        match &answer {
            Ok(key) => {
                let known = Known { name: to_own(name), key: Arc::clone(key), at: now, origin };
                match self.good.iter_mut().find(|good| is_named(&good.name, name)) {
                    Some(good) => *good = known,
                    None => push_bounded(&mut self.unproven, known),
                }
            }
            Err(error) => push_bounded(&mut self.failures, (to_own(name), *error, now)),
        }
        self.get(name, door, now).unwrap_or(answer)
    }

    /// Marks a key as good: it has verified a message.
    pub(super) fn mark_proven(&mut self, name: Name<'_>) {
        let unproven = self.unproven.iter().position(|known| is_named(&known.name, name));
        if let Some(proven) = unproven.and_then(|place| self.unproven.remove(place)) {
            push_bounded(&mut self.good, proven);
        }
        if let Some(good) = self.good.iter_mut().find(|good| is_named(&good.name, name) && good.origin == Origin::Sns) {
            good.origin = Origin::Elsewhere;
            let ((prefix, id), key) = (good.name.clone(), &good.key);
            let (pem, expires_at) = (key.pem(), key.expires_at());
            push_bounded(&mut self.proven, ProvenCertificate { prefix, id, pem, fetched_at: good.at, expires_at });
        }
    }
}

fn find<'k>(known: &'k VecDeque<Known>, name: Name<'_>) -> Option<&'k Known> {
    known.iter().find(|known| is_named(&known.name, name))
}

fn is_named(known: &OwnName, name: Name<'_>) -> bool {
    known.0 == name.0 && known.1 == name.1
}

fn to_own(name: Name<'_>) -> OwnName {
    (name.0.to_owned(), name.1.to_owned())
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() >= CAPACITY {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, Cache, Origin};
    use crate::error::{Error, Outage};
    use crate::intake::sns::Door;
    use crate::timestamp::Timestamp;

    #[test]
    fn ten_thousand_ids_leave_no_more_than_the_bound() {
        let mut cache = Cache::default();
        let unreachable = Error::Transient(Outage::CertificateFetch);
        for id in 0..10_000_i64 {
            let now = Timestamp::from_millis(id * 20_000).expect("a time");
            let id = id.to_string();
            assert_eq!(
                cache.put(("https://", &id), Err(unreachable), Origin::Sns, Door::Https, now).err(),
                Some(unreachable)
            );
        }
        assert!(cache.failures.len() <= CAPACITY && cache.unproven.is_empty() && cache.good.is_empty());
    }
}
