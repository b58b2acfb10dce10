//! The record that must result, computed from all facts at once: written independently from the design, without the code
//! under test.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use mail_feedback::event::Reason;
use mail_feedback::policy::{ComplaintScope, Policy};
use mail_feedback::suppression::{Entry, SoftBounceRules, State, SuppressionRecord};
use mail_feedback::timestamp::Timestamp;

use super::facts::{DAY, Fact, FactKind};

/// The entries by scope and reason.
type Entries = BTreeMap<(String, Reason), Entry>;
/// The times and ids of the soft bounces that count.
type Bounces = Vec<(i64, String)>;
/// For how many scopes other than `*` a record keeps a reason apart.
const SCOPES: usize = 100;

/// The relevant parts of a record.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The entries.
    pub entries: Entries,
    /// The reasons that were reported for too many scopes.
    pub folded: BTreeSet<Reason>,
    /// The soft bounces.
    pub bounces: Bounces,
    /// The time of a manual lift of soft bounces; there are none here.
    pub lifted_at: Option<Timestamp>,
}

/// What the store holds, in the same shape.
pub fn observed(record: &SuppressionRecord) -> Outcome {
    let entries = record.suppressions.iter().flat_map(|(scope, reasons)| {
        reasons.iter().map(move |(reason, entry)| ((scope.to_string(), *reason), entry.clone()))
    });
    let mut entries: Entries = entries.collect();
    for reason in &record.folded {
        entries.entry(("*".to_owned(), *reason)).and_modify(clear_texts);
    }
    let bounces = record.soft_bounces.bounces().iter().map(|bounce| (bounce.at.millis(), bounce.event_id.clone()));
    Outcome {
        entries,
        folded: record.folded.clone(),
        bounces: bounces.collect(),
        lifted_at: record.soft_bounces.lifted_at(),
    }
}

/// Removes what may depend on the order: the texts in a folded entry.
fn clear_texts(entry: &mut Entry) {
    entry.provider = String::new();
    entry.event_id = String::new();
    (entry.code, entry.recipient) = (None, None);
}

/// How far a complaint reaches.
fn complaint_scope(fact: &Fact, policy: Policy) -> String {
    let narrow = match policy.complaint_scope {
        ComplaintScope::Everything => None,
        ComplaintScope::Tenant => fact.tenant().map(|tenant| format!("tenant:{}:{tenant}", fact.provider)),
        ComplaintScope::Stream => fact.stream().map(|stream| format!("stream:{stream}")),
    };
    narrow.unwrap_or("*".to_owned())
}

/// The record that the facts about one address lead to.
pub fn expected(facts: &[&Fact], rules: SoftBounceRules, policy: Policy) -> Outcome {
    let mut candidates: BTreeMap<(String, Reason), Vec<Entry>> = BTreeMap::new();
    for fact in facts {
        let provider = format!("provider:{}", fact.provider);
        let candidate = match fact.kind {
            FactKind::Hard => {
                let days = Some(policy.hard_bounce_days).filter(|days| *days > 0);
                Some(("*".to_owned(), Reason::HardBounce, State::Suppressed, days))
            }
            FactKind::Complaint => Some((complaint_scope(fact, policy), Reason::Complaint, State::Suppressed, None)),
            FactKind::Block(days) => Some((provider, Reason::ProviderBlock, State::Suppressed, days)),
            FactKind::SoftAndBlock => Some((provider, Reason::ProviderBlock, State::Suppressed, Some(30))),
            FactKind::Unsubscribe => {
                let scope = match (fact.list, fact.stream(), fact.domain) {
                    (Some(list), _, _) => format!("list:{}:{list}", fact.provider),
                    (None, Some(stream), _) => format!("stream:{stream}"),
                    (None, None, Some(domain)) => format!("domain:{domain}"),
                    (None, None, None) => provider,
                };
                Some((scope, Reason::Unsubscribe, State::Suppressed, None))
            }
            FactKind::Lift => fact
                .list
                .map(|list| (format!("list:{}:{list}", fact.provider), Reason::Unsubscribe, State::Lifted, None)),
            FactKind::UnsubscribeAll(days) => Some(("*".to_owned(), Reason::Unsubscribe, State::Suppressed, days)),
            FactKind::Soft | FactKind::Delivered | FactKind::Opened => None,
        };
        if let Some((scope, reason, state, days)) = candidate {
            candidates.entry((scope, reason)).or_default().push(entry(fact, state, days));
        }
    }
    let folded = fold(&mut candidates);
    let mut entries: Entries =
        candidates.into_iter().map(|(place, candidates)| (place, latest_entry(&candidates))).collect();
    for reason in &folded {
        entries.entry(("*".to_owned(), *reason)).and_modify(clear_texts);
    }
    let bounces = counting_bounces(facts, rules);
    if let Some(entry) = soft_bounce_entry(&bounces, rules) {
        entries.insert(("*".to_owned(), Reason::SoftBounce), entry);
    }
    let bounces = bounces.into_iter().map(|fact| (fact.at, fact.id().to_string())).collect();
    Outcome { entries, folded, bounces, lifted_at: None }
}

/// Makes the suppressions of a reason reported for too many scopes count for every send without expiry, and its lifts
/// not at all; returns the reasons.
fn fold(candidates: &mut BTreeMap<(String, Reason), Vec<Entry>>) -> BTreeSet<Reason> {
    let scopes = |reason: Reason| candidates.keys().filter(|(scope, known)| *known == reason && scope != "*").count();
    let folded: BTreeSet<Reason> = Reason::ALL.iter().copied().filter(|reason| scopes(*reason) > SCOPES).collect();
    for reason in &folded {
        let mut of_all = Vec::new();
        for (_, found) in candidates.extract_if(.., |(_, known), _| known == reason) {
            of_all.extend(found.into_iter().filter(|candidate| candidate.state == State::Suppressed));
        }
        for candidate in &mut of_all {
            candidate.until = None;
        }
        if !of_all.is_empty() {
            candidates.insert(("*".to_owned(), *reason), of_all);
        }
    }
    folded
}

fn entry(fact: &Fact, state: State, days: Option<u32>) -> Entry {
    let at = Timestamp::from_millis(fact.at).unwrap();
    Entry {
        state,
        at,
        first_at: (state == State::Suppressed).then_some(at),
        suppressed_at: None,
        lifted_event: None,
        until: days.and_then(|days| Timestamp::from_millis(fact.at + i64::from(days) * DAY)),
        provider: fact.provider.to_string(),
        event_id: fact.id().to_string(),
        code: Some(fact.code()),
        detail: None,
        recipient: Some(fact.address.clone()),
        actor: None,
        note: None,
    }
}

/// The newest entry; at the same time `suppressed`, then the later expiry, then the greater id.
fn latest_entry(candidates: &[Entry]) -> Entry {
    let newest = candidates.iter().max_by_key(|candidate| {
        let end = candidate.until.map_or(i64::MAX, Timestamp::millis);
        (candidate.at, candidate.state == State::Suppressed, end, candidate.event_id.clone())
    });
    let suppressed =
        || candidates.iter().filter(|candidate| candidate.state == State::Suppressed).map(|candidate| candidate.at);
    let newest = newest.unwrap().clone();
    let suppressed_at = suppressed().max().filter(|_| newest.state == State::Lifted);
    Entry { first_at: suppressed().min(), suppressed_at, ..newest }
}

/// The soft bounces after the latest delivery, without those that are too old or exceed the need of a day, oldest
/// first.
fn counting_bounces<'f>(facts: &[&'f Fact], rules: SoftBounceRules) -> Vec<&'f Fact> {
    let timed = || facts.iter().copied().filter(|fact| !fact.untimed);
    let delivered = timed().filter(|fact| fact.kind == FactKind::Delivered).map(|fact| fact.at).max();
    let mut bounces: Vec<&Fact> = timed()
        .filter(|fact| matches!(fact.kind, FactKind::Soft | FactKind::SoftAndBlock))
        .filter(|fact| delivered.is_none_or(|delivered| fact.at > delivered))
        .collect();
    bounces.sort_by_key(|fact| (fact.at, fact.id()));
    let Some(latest) = bounces.last().map(|fact| fact.at) else { return bounces };
    let horizon = latest - i64::from(rules.window_days + rules.cooldown_days) * DAY;
    bounces.retain(|fact| fact.at / DAY >= horizon / DAY);
    let keep = usize::try_from(rules.threshold.max(1)).unwrap();
    let of_day = |fact: &Fact| -> Vec<i64> {
        let same = bounces.iter().filter(|other| other.at / DAY == fact.at / DAY);
        same.map(|other| i64::try_from(other.serial).unwrap()).collect()
    };
    let needed = |fact: &&Fact| {
        let day = of_day(fact);
        let place = day.iter().position(|serial| usize::try_from(*serial) == Ok(fact.serial)).unwrap();
        place < keep || place + keep >= day.len()
    };
    bounces.iter().copied().filter(needed).collect()
}

/// The entry derived from the bounces.
fn soft_bounce_entry(bounces: &[&Fact], rules: SoftBounceRules) -> Option<Entry> {
    if rules.threshold == 0 {
        return None;
    }
    let latest = bounces.last()?.at;
    let closes = |end: &&&Fact| {
        let window: Vec<_> = bounces
            .iter()
            .filter(|fact| fact.at <= end.at && fact.at >= end.at - i64::from(rules.window_days) * DAY)
            .collect();
        let days: BTreeSet<i64> = window.iter().map(|fact| fact.at / DAY).collect();
        window.len() >= usize::try_from(rules.threshold).unwrap()
            && days.len() >= usize::try_from(rules.min_days).unwrap()
            && end.at >= latest - i64::from(rules.cooldown_days) * DAY
    };
    let closing: Vec<_> = bounces.iter().filter(closes).collect();
    let newest = closing.iter().max_by_key(|fact| (fact.at, fact.id()))?;
    let first = closing.iter().min_by_key(|fact| (fact.at, Reverse(fact.id())))?;
    let first_at = Timestamp::from_millis(first.at);
    Some(Entry { first_at, ..entry(newest, State::Suppressed, Some(rules.cooldown_days)) })
}
