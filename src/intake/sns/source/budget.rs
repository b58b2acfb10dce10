//! How often SNS is asked for certificates that were never good: a stranger may name as many as he likes.

use std::collections::VecDeque;

use crate::error::{Error, Outage, Refusal};
use crate::intake::sns::Door;
use crate::timestamp::Timestamp;

/// How many certificates may be asked for in a minute, at each door; and as many again that came before.
const A_MINUTE: usize = 6;
/// The span of the budget, and how long after a denial the next one is final, in milliseconds.
const MINUTE_MS: i64 = 60 * 1000;
/// How long ids that were turned away or denied are remembered, in milliseconds: as long as SNS repeats over HTTPS.
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How many ids that were turned away are remembered at each door, 48 bytes each.
const WAITING: usize = 4096;
/// How many denied ids are remembered: more than can be asked for in ten minutes.
const DENIED: usize = 256;

/// The 32 hex digits of a certificate, as a number.
type Id = u128;

/// What was asked for lately, what waits, and what was denied.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// The doors do not share a purse: anybody can knock at the one, and only whom IAM lets in at the others.
    guarded: Purse,
    https: Purse,
    /// Ids with the time when they were first denied.
    denied: VecDeque<(Id, Timestamp)>,
}

#[derive(Debug, Default)]
struct Purse {
    asked: VecDeque<Timestamp>,
    asked_again: VecDeque<Timestamp>,
    waiting: VecDeque<Waiting>,
}

/// An id that was turned away.
#[derive(Debug)]
struct Waiting {
    id: Id,
    times: u32,
    last_at: Timestamp,
}

impl Budget {
    /// Whether a certificate that was never good may be asked for.
    ///
    /// Over budget, an id that came before goes ahead of new ones, and among those the one that came most often: made-up
    /// ids do not come again, while a genuine one is in every message and in every repetition of it.
    pub(super) fn may_fetch(&mut self, id: &str, door: Door, now: Timestamp) -> bool {
        let purse = match door {
            Door::Lambda | Door::Queue => &mut self.guarded,
            Door::Https => &mut self.https,
        };
        if spend(&mut purse.asked, now) {
            return true;
        }
        let id = number(id);
        let goes_ahead = purse.leads(id, now) && spend(&mut purse.asked_again, now);
        if goes_ahead {
            purse.waiting.retain(|waiting| waiting.id != id);
        }
        goes_ahead
    }

    /// What it means that SNS's host denies a certificate: it may not be everywhere yet, until it is denied again at least
    /// a minute later.
    pub(super) fn denied(&mut self, id: &str, now: Timestamp) -> Error {
        let id = number(id);
        self.denied.retain(|(_, at)| now.millis_since(*at) < HOUR_MS);
        match self.denied.iter().find(|(known, _)| *known == id) {
            Some((_, first_at)) if now.millis_since(*first_at) >= MINUTE_MS => Error::Unauthentic(Refusal::Certificate),
            Some(_) => Error::Transient(Outage::CertificateUnknown),
            None => {
                if self.denied.len() >= DENIED {
                    self.denied.pop_front();
                }
                self.denied.push_back((id, now));
                Error::Transient(Outage::CertificateUnknown)
            }
        }
    }
}

impl Purse {
    /// Counts an id that finds the budget spent; whether it came before, and no other that waits came more often.
    fn leads(&mut self, id: Id, now: Timestamp) -> bool {
        self.waiting.retain(|waiting| now.millis_since(waiting.last_at) < HOUR_MS);
        let most = self.waiting.iter().map(|waiting| waiting.times).max().unwrap_or_default();
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.id == id) {
            waiting.times = waiting.times.saturating_add(1);
            waiting.last_at = now;
            return waiting.times >= most;
        }
        if self.waiting.len() >= WAITING {
            let once = self.waiting.iter().position(|waiting| waiting.times == 1);
            self.waiting.remove(once.unwrap_or_default());
        }
        self.waiting.push_back(Waiting { id, times: 1, last_at: now });
        false
    }
}

/// Whether the minute has room for one more, which it then has no longer.
fn spend(asked: &mut VecDeque<Timestamp>, now: Timestamp) -> bool {
    asked.retain(|at| now.millis_since(*at) < MINUTE_MS);
    let has_room = asked.len() < A_MINUTE;
    if has_room {
        asked.push_back(now);
    }
    has_room
}

fn number(id: &str) -> Id {
    Id::from_str_radix(id, 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{A_MINUTE, Budget, DENIED, WAITING};
    use crate::intake::sns::Door;
    use crate::timestamp::Timestamp;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap_or(Timestamp::MAX)
    }

    #[test]
    fn many_ids_leave_no_more_than_the_bound() {
        let mut budget = Budget::default();
        let mut allowed = 0;
        for id in 0..6_000_i64 {
            let name = format!("{id:032x}");
            if budget.may_fetch(&name, Door::Https, at(id)) {
                allowed += 1;
            }
            budget.denied(&name, at(id));
        }
        assert_eq!(allowed, A_MINUTE, "six seconds are one minute's budget");
        assert!(budget.https.waiting.len() <= WAITING && budget.denied.len() <= DENIED);
        assert!(budget.guarded.asked.is_empty() && budget.guarded.waiting.is_empty());
    }

    /// Junk that does come again must come more often than the genuine id, for each of the few fetches there are.
    #[test]
    fn what_comes_most_often_goes_first() {
        let mut budget = Budget::default();
        let junk = |n: usize| format!("{n:032x}");
        for n in 0..A_MINUTE {
            assert!(budget.may_fetch(&junk(n), Door::Https, at(0)));
        }
        let mut ask = |id: &str| budget.may_fetch(id, Door::Https, at(1));
        let genuine = "f".repeat(32);
        assert!(!ask(&genuine));
        for n in 100..100 + WAITING - 1 {
            assert!(!ask(&junk(n)));
        }
        assert!(ask(&genuine), "it came before, and a flood of others has not displaced it");
        assert!(!ask(&genuine), "but once it was asked for it is one of many");
        let again = (100..200).filter(|n| ask(&junk(*n))).count();
        assert_eq!(again, A_MINUTE - 1, "what comes again has a budget, too");
    }
}
