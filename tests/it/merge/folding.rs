//! Reasons reported for too many scopes: the same facts give every check the same answer in any order.

use std::collections::BTreeSet;

use mail_feedback::event::Reason;
use mail_feedback::suppression::{Change, MAX_SCOPES, Scope, State, SuppressionRecord};
use proptest::prelude::*;

use super::{entry, merged, time};

/// A fact about one reason in one scope.
#[derive(Clone, Debug)]
struct Fact {
    /// 0: `*`.
    scope: usize,
    reason: Reason,
    lifted: bool,
    at: i64,
    until: Option<i64>,
}

impl Fact {
    fn scope(&self) -> Scope {
        scope(self.scope)
    }

    fn change(&self, nth: usize) -> Change {
        let state = if self.lifted { State::Lifted } else { State::Suppressed };
        let mut entry = entry(state, self.at, self.until.filter(|_| !self.lifted), &nth.to_string());
        entry.detail = Some(format!("detail of {nth}"));
        Change::Entry { scope: self.scope(), reason: self.reason, entry }
    }
}

fn scope(number: usize) -> Scope {
    if number == 0 { Scope::everything() } else { Scope::list("ses", &number.to_string()).unwrap() }
}

fn fact(scope: usize, reasons: &'static [Reason]) -> impl Strategy<Value = Fact> {
    let parts = (proptest::sample::select(reasons), any::<bool>(), 0_i64..8, proptest::option::of(0_i64..12));
    parts.prop_map(move |(reason, lifted, at, until)| {
        // The entry of `*` for soft bounces is derived.
        let reason = if scope == 0 && reason == Reason::SoftBounce { Reason::Manual } else { reason };
        Fact { scope, reason, lifted, at, until }
    })
}

/// One fact for each of about as many scopes as a record keeps apart, and some more for a few. In half of the sets, all
/// but the latter are lifts, so that each suppression is decisive, including one that was lifted before its reason
/// folds.
fn facts() -> impl Strategy<Value = Vec<Fact>> {
    const ONE: &[Reason] = &[Reason::Unsubscribe];
    const BY_HAND: &[Reason] = &[Reason::SoftBounce, Reason::Manual];
    const ALL: &[Reason] = &[Reason::Unsubscribe, Reason::SoftBounce, Reason::Manual];
    (MAX_SCOPES - 4..MAX_SCOPES + 6, any::<bool>(), any::<bool>()).prop_flat_map(|(scopes, by_hand, quiet)| {
        let reasons = if by_hand { BY_HAND } else { ONE };
        let lifted = move |fact: Fact| Fact { lifted: quiet || fact.lifted, ..fact };
        let flood: Vec<_> = (1..=scopes).map(|scope| fact(scope, reasons).prop_map(lifted)).collect();
        let more = proptest::collection::vec((0..4_usize).prop_flat_map(|scope| fact(scope, ALL)), 0..16);
        (flood, more).prop_map(|(flood, more)| [flood, more].concat())
    })
}

fn stored_as(reason: Reason) -> Reason {
    if reason == Reason::SoftBounce { Reason::Manual } else { reason }
}

/// Whether a reason blocks in a scope, computed from all facts at once.
fn blocks(facts: &[Fact], reason: Reason, scope: usize, now: i64) -> bool {
    let places = |held: Reason| -> BTreeSet<_> {
        let scoped = facts.iter().filter(|fact| fact.scope != 0 && stored_as(fact.reason) == held);
        scoped.map(|fact| (fact.scope, fact.reason)).collect()
    };
    if places(stored_as(reason)).len() > 100 {
        let concerned = facts.iter().filter(|fact| stored_as(fact.reason) == reason);
        let suppressed = concerned.clone().filter(|fact| !fact.lifted).map(|fact| fact.at).max();
        let lifted = concerned.filter(|fact| fact.lifted && fact.scope == 0).map(|fact| fact.at).max();
        return scope == 0 && suppressed.is_some_and(|at| lifted.is_none_or(|lifted| at >= lifted));
    }
    let concerned = facts.iter().filter(|fact| fact.scope == scope && fact.reason == reason);
    let latest = concerned.max_by_key(|fact| (fact.at, !fact.lifted, fact.until.unwrap_or(i64::MAX)));
    latest.is_some_and(|fact| !fact.lifted && fact.until.is_none_or(|until| until > now))
}

/// Whether only a person can have decided it: a lift for every send.
fn is_decision(fact: &Fact) -> bool {
    fact.lifted && fact.scope == 0
}

/// Facts in an order, but with decisions after all reports, since people decide on what they see; then all reports
/// again.
fn decided_last(facts: &[Fact], order: &[usize]) -> Vec<usize> {
    let (decisions, reports): (Vec<_>, Vec<_>) = order.iter().copied().partition(|nth| is_decision(&facts[*nth]));
    [&reports[..], &decisions[..], &reports[..]].concat()
}

fn changes(facts: &[Fact]) -> Vec<Change> {
    facts.iter().enumerate().map(|(nth, fact)| fact.change(nth)).collect()
}

/// The record without what may depend on the order: the texts of a folded entry.
fn without_texts(mut record: SuppressionRecord) -> SuppressionRecord {
    let folded = record.folded.clone();
    for (reason, entry) in record.suppressions.entry(Scope::everything()).or_default() {
        if folded.contains(reason) {
            entry.event_id = String::new();
            entry.detail = None;
        }
    }
    record
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_check_has_the_answer_of_all_facts(
        (facts, order) in facts().prop_flat_map(|facts| {
            let twice: Vec<_> = (0..facts.len()).chain(0..facts.len()).collect();
            (Just(facts), Just(twice).prop_shuffle())
        })
    ) {
        let changes = changes(&facts);
        let record = merged(decided_last(&facts, &order).iter().map(|nth| &changes[*nth]));
        for reason in [Reason::Unsubscribe, Reason::SoftBounce, Reason::Manual] {
            for place in 0..=MAX_SCOPES + 6 {
                for now in [0, 5, 10, 20] {
                    let stands = record.entry(&scope(place), reason).is_some_and(|entry| entry.is_active(time(now)));
                    prop_assert_eq!(stands, blocks(&facts, reason, place, now), "{} {} at {}", reason, scope(place), now);
                }
            }
        }
        let natural: Vec<_> = (0..facts.len()).collect();
        let other = merged(decided_last(&facts, &natural).iter().map(|nth| &changes[*nth]));
        prop_assert_eq!(without_texts(record), without_texts(other));
    }
}

/// 101 scopes, the first of them lifted for good.
fn flood(lifted: impl Fn(usize) -> bool) -> Vec<Change> {
    let fact = |scope: usize| Fact {
        scope,
        reason: Reason::Unsubscribe,
        lifted: lifted(scope),
        at: i64::try_from(scope).unwrap(),
        until: Some(200),
    };
    changes(&(1..=MAX_SCOPES + 1).map(fact).collect::<Vec<_>>())
}

#[test]
fn a_hundred_scopes_are_kept_apart_and_one_more_is_not() {
    let list = flood(|_| false);
    let record = merged(&list[1..]);
    assert!(!record.is_folded(Reason::Unsubscribe));
    assert_eq!(record.suppressions.len(), MAX_SCOPES);

    let record = merged(&list);
    assert!(record.is_folded(Reason::Unsubscribe));
    assert_eq!(record.suppressions.keys().collect::<Vec<_>>(), [&Scope::everything()]);
    let entry = record.entry(&Scope::everything(), Reason::Unsubscribe).unwrap();
    assert_eq!((entry.at, entry.first_at, entry.until), (time(101), Some(time(1)), None));
}

#[test]
fn lifts_alone_suppress_nothing_and_a_report_after_them_does() {
    let mut record = merged(&flood(|_| true));
    assert!(record.is_folded(Reason::Unsubscribe) && record.suppressions.is_empty());
    let report = Fact { scope: 7, reason: Reason::Unsubscribe, lifted: false, at: 1, until: None };
    record.merge(&report.change(500), mail_feedback::suppression::SoftBounceRules::default());
    assert!(record.entry(&Scope::everything(), Reason::Unsubscribe).is_some_and(|entry| entry.is_active(time(900))));
}

#[test]
fn scopes_of_forbidden_length_count_by_their_bytes() {
    let named = |bytes: usize| {
        let fact = Fact { scope: 1, reason: Reason::Manual, lifted: false, at: 1, until: None };
        (0..3).map(move |nth| match fact.change(nth) {
            Change::Entry { reason, entry, .. } => {
                let scope = Scope::list("tencent", &format!("{nth}{}", "x".repeat(bytes))).unwrap();
                Change::Entry { scope, reason, entry }
            }
            other => other,
        })
    };
    assert!(!merged(&named(9_000).collect::<Vec<_>>()).is_folded(Reason::Manual));
    assert!(merged(&named(9_400).collect::<Vec<_>>()).is_folded(Reason::Manual));
}
