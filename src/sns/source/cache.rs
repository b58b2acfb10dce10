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

/// Keys and failures by the URL of the certificate, the latest last.
#[derive(Debug, Default)]
pub(super) struct Cache {
    keys: VecDeque<(String, Arc<SigningKey>, Timestamp)>,
    failures: VecDeque<(String, Error, Timestamp)>,
    /// The doors do not share a budget: anybody can knock at the one, and only SNS at the other.
    lambda_attempts: VecDeque<Timestamp>,
    https_attempts: VecDeque<Timestamp>,
}

impl Cache {
    /// What is known of a certificate; `None`: nothing, or no longer.
    pub(super) fn get(&self, url: &str, now: Timestamp) -> Option<Answer> {
        let key = self.keys.iter().find(|(known, _, _)| known == url);
        let failure = self.failures.iter().find(|(known, _, at)| known == url && now.millis_since(*at) < MINUTE_MS);
        let failure = failure.map(|(_, error, _)| *error);
        match (key, failure) {
            (Some((_, key, at)), _) if now.millis_since(*at) < FRESH_MS => Some(Ok(Arc::clone(key))),
            (Some((_, key, at)), Some(_)) if now.millis_since(*at) < STALE_MS => Some(Ok(Arc::clone(key))),
            (_, failure) => failure.map(Err),
        }
    }

    /// Whether the budget allows a fetch; certificates that were good before do not count against it.
    pub(super) fn may_fetch(&mut self, url: &str, door: Door, now: Timestamp) -> bool {
        if self.keys.iter().any(|(known, _, _)| known == url) {
            return true;
        }
        let attempts = match door {
            Door::Lambda => &mut self.lambda_attempts,
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
    pub(super) fn put(&mut self, url: &str, answer: Answer, now: Timestamp) -> Answer {
        self.failures.retain(|(known, _, _)| known != url);
        match &answer {
            Ok(key) => {
                self.keys.retain(|(known, _, _)| known != url);
                push_bounded(&mut self.keys, (url.to_owned(), Arc::clone(key), now));
            }
            Err(error) => push_bounded(&mut self.failures, (url.to_owned(), *error, now)),
        }
        self.get(url, now).unwrap_or(answer)
    }
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
            let allowed = cache.may_fetch(&id.to_string(), Door::Https, now);
            assert!(allowed, "three a minute are within the budget");
            assert_eq!(cache.put(&id.to_string(), Err(unreachable), now).err(), Some(unreachable));
        }
        assert!(cache.failures.len() <= CAPACITY && cache.keys.len() <= CAPACITY);
        assert!(cache.https_attempts.len() <= 6 && cache.lambda_attempts.is_empty());
    }
}
