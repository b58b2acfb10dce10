//! The bounded memory of certificates: good ones for a day, failures for a minute.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::error::Error;
use crate::sns::{Door, SigningKey};
use crate::timestamp::Timestamp;

/// How many keys, and how many failures, are kept.
const CAPACITY: usize = 8;
/// How long a key is used before its certificate is asked for again, in milliseconds.
const FRESH_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a key may be used while asking for its certificate again fails, in milliseconds.
const STALE_MS: i64 = 48 * 60 * 60 * 1000;
/// How long a failure answers in place of another attempt, and the span of the budget, in milliseconds.
const MINUTE_MS: i64 = 60 * 1000;
/// How many certificates that were never good may be asked for in a minute, at each door.
const BUDGET: usize = 6;

/// The key of a certificate, or why there is none.
pub(super) type Answer = Result<Arc<SigningKey>, Error>;

/// A certificate: the beginning of its URL, and its 32 hex digits.
type Name<'n> = (&'n str, &'n str);

/// The same, remembered.
type OwnName = (String, String);

/// Keys and failures by the name of the certificate, the latest last.
#[derive(Debug, Default)]
pub(super) struct Cache {
    keys: VecDeque<(OwnName, Arc<SigningKey>, Timestamp)>,
    failures: VecDeque<(OwnName, Error, Timestamp)>,
    /// The doors do not share a budget: anybody can knock at the one, and only AWS at the others.
    lambda_attempts: VecDeque<Timestamp>,
    https_attempts: VecDeque<Timestamp>,
}

impl Cache {
    /// What is known of a certificate; `None`: nothing, or no longer.
    pub(super) fn get(&self, name: Name<'_>, now: Timestamp) -> Option<Answer> {
        let key = self.keys.iter().find(|(known, _, _)| is(known, name));
        let failure = self.failures.iter().find(|(known, _, at)| is(known, name) && now.millis_since(*at) < MINUTE_MS);
        let failure = failure.map(|(_, error, _)| *error);
        match (key, failure) {
            (Some((_, key, at)), _) if now.millis_since(*at) < FRESH_MS => Some(Ok(Arc::clone(key))),
            (Some((_, key, at)), Some(_)) if now.millis_since(*at) < STALE_MS => Some(Ok(Arc::clone(key))),
            (_, failure) => failure.map(Err),
        }
    }

    /// Whether the budget allows a fetch; certificates that were good before do not count against it.
    pub(super) fn may_fetch(&mut self, name: Name<'_>, door: Door, now: Timestamp) -> bool {
        if self.keys.iter().any(|(known, _, _)| is(known, name)) {
            return true;
        }
        let attempts = match door {
            Door::Lambda | Door::Queue => &mut self.lambda_attempts,
            Door::Https => &mut self.https_attempts,
        };
        attempts.retain(|at| now.millis_since(*at) < MINUTE_MS);
        let allowed = attempts.len() < BUDGET;
        if allowed {
            attempts.push_back(now);
        }
        allowed
    }

    /// Keeps an answer and returns the one that holds: a good certificate outlives a failure to ask for it again.
    pub(super) fn put(&mut self, name: Name<'_>, answer: Answer, now: Timestamp) -> Answer {
        self.failures.retain(|(known, _, _)| !is(known, name));
        match &answer {
            Ok(key) => {
                self.keys.retain(|(known, _, _)| !is(known, name));
                push_bounded(&mut self.keys, (own(name), Arc::clone(key), now));
            }
            Err(error) => push_bounded(&mut self.failures, (own(name), *error, now)),
        }
        self.get(name, now).unwrap_or(answer)
    }
}

fn is(known: &OwnName, name: Name<'_>) -> bool {
    known.0 == name.0 && known.1 == name.1
}

fn own(name: Name<'_>) -> OwnName {
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
    use super::{CAPACITY, Cache};
    use crate::error::{Error, Outage};
    use crate::sns::Door;
    use crate::timestamp::Timestamp;

    #[test]
    fn ten_thousand_ids_leave_no_more_than_the_bound() {
        let mut cache = Cache::default();
        let unreachable = Error::Transient(Outage::CertificateFetch);
        for id in 0..10_000_i64 {
            let now = Timestamp::from_millis(id * 20_000).expect("a time");
            let id = id.to_string();
            let allowed = cache.may_fetch(("https://", &id), Door::Https, now);
            assert!(allowed, "three a minute are within the budget");
            assert_eq!(cache.put(("https://", &id), Err(unreachable), now).err(), Some(unreachable));
        }
        assert!(cache.failures.len() <= CAPACITY && cache.keys.len() <= CAPACITY);
        assert!(cache.https_attempts.len() <= 6 && cache.lambda_attempts.is_empty());
    }
}
