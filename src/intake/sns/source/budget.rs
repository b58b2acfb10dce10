//! Limits how often SNS is asked for unproven certificates, because a stranger can name any number of them.

use std::collections::VecDeque;

use crate::error::{Error, Outage, Refusal};
use crate::intake::sns::Door;
use crate::timestamp::Timestamp;

/// How many certificates may be fetched per minute and door, plus the same number that were requested before.
const FETCHES_PER_MINUTE: usize = 6;
/// The period of the budget, and how long after a denial the next one is final, in milliseconds.
const MINUTE_MS: i64 = 60 * 1000;
/// How long rejected and denied ids are remembered, in milliseconds: as long as SNS retries over HTTPS.
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How many rejected ids are remembered per door, 48 bytes each.
const MAX_WAITING: usize = 4096;
/// How many denied ids are remembered: more than can be fetched in ten minutes.
const MAX_DENIED: usize = 256;

/// The 32 hex digits of a certificate, as a number.
type Id = u128;

/// Recent fetches, rejected ids, and denied ids.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// The doors have separate budgets: anybody can reach the HTTPS one, and only principals that IAM allows reach the
    /// others.
    guarded: DoorBudget,
    https: DoorBudget,
    /// Ids with the time of their first denial.
    denied: VecDeque<(Id, Timestamp)>,
}

#[derive(Debug, Default)]
struct DoorBudget {
    asked: VecDeque<Timestamp>,
    asked_again: VecDeque<Timestamp>,
    waiting: VecDeque<Waiting>,
}

/// An id that was rejected for lack of budget.
#[derive(Debug)]
struct Waiting {
    id: Id,
    times: u32,
    last_at: Timestamp,
}

impl Budget {
    /// Whether an unproven certificate may be fetched.
    ///
    /// Over budget, an id that was rejected before takes precedence over new ones, the most frequent first. Made-up ids
    /// are not repeated, while a genuine one is in every message and in every retry of it.
    pub(super) fn may_fetch(&mut self, id: &str, door: Door, now: Timestamp) -> bool {
        let budget = match door {
            Door::Lambda | Door::Queue => &mut self.guarded,
            Door::Https => &mut self.https,
        };
        if spend(&mut budget.asked, now) {
            return true;
        }
        let id = number(id);
        let goes_ahead = budget.goes_first(id, now) && spend(&mut budget.asked_again, now);
        if goes_ahead {
            budget.waiting.retain(|waiting| waiting.id != id);
        }
        goes_ahead
    }

    /// The error for a certificate that the SNS host denies.
    ///
    /// A new one may not have reached every server yet, so the denial is final only if it is repeated at least a minute
    /// later.
    pub(super) fn denied(&mut self, id: &str, now: Timestamp) -> Error {
        let id = number(id);
        self.denied.retain(|(_, at)| now.millis_since(*at) < HOUR_MS);
        match self.denied.iter().find(|(known, _)| *known == id) {
            Some((_, first_at)) if now.millis_since(*first_at) >= MINUTE_MS => Error::Unauthentic(Refusal::Certificate),
            Some(_) => Error::Transient(Outage::CertificateUnknown),
            None => {
                if self.denied.len() >= MAX_DENIED {
                    self.denied.pop_front();
                }
                self.denied.push_back((id, now));
                Error::Transient(Outage::CertificateUnknown)
            }
        }
    }
}

impl DoorBudget {
    /// Counts an id that exceeds the budget; returns whether it was seen before, and no other waiting id more often.
    fn goes_first(&mut self, id: Id, now: Timestamp) -> bool {
        self.waiting.retain(|waiting| now.millis_since(waiting.last_at) < HOUR_MS);
        let most = self.waiting.iter().map(|waiting| waiting.times).max().unwrap_or_default();
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.id == id) {
            waiting.times = waiting.times.saturating_add(1);
            waiting.last_at = now;
            return waiting.times >= most;
        }
        if self.waiting.len() >= MAX_WAITING {
            let once = self.waiting.iter().position(|waiting| waiting.times == 1);
            self.waiting.remove(once.unwrap_or_default());
        }
        self.waiting.push_back(Waiting { id, times: 1, last_at: now });
        false
    }
}

/// Spends one fetch of the current minute; `false` if none is left.
fn spend(asked: &mut VecDeque<Timestamp>, now: Timestamp) -> bool {
    asked.retain(|at| now.millis_since(*at) < MINUTE_MS);
    let has_room = asked.len() < FETCHES_PER_MINUTE;
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
    use super::{Budget, FETCHES_PER_MINUTE, MAX_DENIED, MAX_WAITING};
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
        assert_eq!(allowed, FETCHES_PER_MINUTE, "six seconds are one minute's budget");
        assert!(budget.https.waiting.len() <= MAX_WAITING && budget.denied.len() <= MAX_DENIED);
        assert!(budget.guarded.asked.is_empty() && budget.guarded.waiting.is_empty());
    }

    /// Repeated junk must be more frequent than the genuine id for each of the few available fetches.
    #[test]
    fn what_comes_most_often_goes_first() {
        let mut budget = Budget::default();
        let junk = |n: usize| format!("{n:032x}");
        for n in 0..FETCHES_PER_MINUTE {
            assert!(budget.may_fetch(&junk(n), Door::Https, at(0)));
        }
        let mut ask = |id: &str| budget.may_fetch(id, Door::Https, at(1));
        let genuine = "f".repeat(32);
        assert!(!ask(&genuine));
        for n in 100..100 + MAX_WAITING - 1 {
            assert!(!ask(&junk(n)));
        }
        assert!(ask(&genuine), "it came before, and a flood of others has not displaced it");
        assert!(!ask(&genuine), "but once it was asked for it is one of many");
        let again = (100..200).filter(|n| ask(&junk(*n))).count();
        assert_eq!(again, FETCHES_PER_MINUTE - 1, "what comes again has a budget, too");
    }
}
