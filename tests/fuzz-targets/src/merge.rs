//! The merge of suppression records: any order and any repetition give the same record, which survives the table.
//!
//! The first six bytes are the rules and the order; each six bytes after them are a change, or a flood of changes: one
//! for each of many scopes.

use mail_feedback::address::Address;
use mail_feedback::event::Reason;
use mail_feedback::store::Suppressions;
use mail_feedback::suppression::{
    Change, Entry, Scope, SoftBounce, SoftBounceLift, SoftBounceRules, State, SuppressionRecord,
};
use mail_feedback::timestamp::Timestamp;

use super::world::{NOW, World};

/// The most changes: more do not find more.
const MAX_CHANGES: usize = 60;
/// The lowest first byte that makes a change a flood, and the number of its scopes.
const FLOOD_FROM: u8 = 248;
const FLOOD: usize = 60;
/// The most floods: two are enough to fold a reason.
const MAX_FLOODS: usize = 3;
/// A quarter of a day, in milliseconds.
const STEP_MS: i64 = 6 * 3_600_000;

/// Checks bytes as a set of changes to one record.
pub fn run(input: &[u8]) {
    let Some((head, rest)) = input.split_at_checked(6) else { return };
    let rules = SoftBounceRules {
        threshold: u32::from(head[0] % 7),
        window_days: u32::from(head[1] % 40),
        min_days: u32::from(head[2] % 4),
        cooldown_days: u32::from(head[3] % 40),
    };
    let mut changes = decoded(rest);
    let deliveries = changes.extract_if(.., |change| matches!(change, Change::Delivered { .. })).collect::<Vec<_>>();
    limit_crowded_days(&mut changes, rules);

    let record = merged(&changes, rules);
    let mut twice: Vec<Change> = changes.iter().rev().chain(&changes).cloned().collect();
    shuffle(&mut twice, u16::from_be_bytes([head[4], head[5]]));
    assert_eq!(without_texts(&record), without_texts(&merged(&twice, rules)), "order and repetition");
    // Only sometimes: the round trip to the table takes far longer than everything else.
    if head[4] % 8 == 0 {
        survives_the_table(&changes, &record, rules);
    }
    for delivery in &deliveries {
        delivered(record.clone(), delivery, rules);
    }
}

/// The changes that bytes encode, six by six.
fn decoded(bytes: &[u8]) -> Vec<Change> {
    let mut floods = 0;
    let decoded = bytes.chunks_exact(6).take(MAX_CHANGES).flat_map(|bytes| {
        floods += usize::from(bytes[0] >= FLOOD_FROM);
        if bytes[0] < FLOOD_FROM || floods > MAX_FLOODS { vec![change(bytes)] } else { flood(bytes) }
    });
    decoded.collect()
}

/// The record that bytes encode as changes.
pub(crate) fn record(bytes: &[u8]) -> SuppressionRecord {
    merged(&decoded(bytes), SoftBounceRules::default())
}

/// A record without what may depend on the order: the texts of folded reasons.
fn without_texts(record: &SuppressionRecord) -> SuppressionRecord {
    let mut record = record.clone();
    let everything = record.suppressions.get_mut(&Scope::everything()).into_iter().flatten();
    for (_, entry) in everything.filter(|(reason, _)| record.folded.contains(reason)) {
        entry.event_id = String::new();
        entry.detail = None;
    }
    record
}

fn merged(changes: &[Change], rules: SoftBounceRules) -> SuppressionRecord {
    let mut record = SuppressionRecord::default();
    for change in changes {
        record.merge(change, rules);
    }
    record
}

/// One record, merged and written at once, is read back unchanged.
fn survives_the_table(changes: &[Change], record: &SuppressionRecord, rules: SoftBounceRules) {
    World::with(|world| {
        let suppressions = Suppressions::new(world.empty_dynamo(), "s".to_owned(), rules);
        let address = Address::parse("a@example.com").expect("an address");
        let applied = world.wait(suppressions.apply(&address, changes, *NOW)).expect("it is written");
        assert!(applied.is_empty() || !record.suppressions.is_empty());
        assert_eq!(world.wait(suppressions.get(&address)).as_ref(), Ok(record));
        assert_eq!(world.wait(suppressions.apply(&address, changes, *NOW)), Ok(vec![]), "nothing new");
    });
}

/// A delivery removes the soft bounces before it, and nothing else.
fn delivered(mut record: SuppressionRecord, delivery: &Change, rules: SoftBounceRules) {
    let Change::Delivered { at } = delivery else { panic!("a delivery") };
    let others = |record: &SuppressionRecord| {
        let mut all: Vec<_> = Vec::new();
        for (scope, reasons) in &record.suppressions {
            all.extend(reasons.iter().map(|(reason, entry)| (scope.clone(), *reason, entry.clone())));
        }
        all.retain(|(_, reason, _)| *reason != Reason::SoftBounce);
        all
    };
    let before = others(&record);
    record.merge(delivery, rules);
    assert!(!record.soft_bounces.any_at_or_before(*at) && others(&record) == before);
    let once = record.clone();
    record.merge(delivery, rules);
    assert_eq!(once, record);
}

/// If a day has more bounces than a record keeps, a lift in its middle may leave different ones: that is a known
/// limitation.
fn limit_crowded_days(changes: &mut Vec<Change>, rules: SoftBounceRules) {
    let keep = usize::try_from(rules.threshold.max(1)).expect("small") * 2;
    let mut of_day = std::collections::BTreeMap::new();
    changes.retain(|change| match change {
        Change::SoftBounce(bounce) => {
            let known: &mut std::collections::BTreeSet<String> = of_day.entry(bounce.at.day()).or_default();
            known.insert(bounce.event_id.clone());
            known.len() <= keep
        }
        _ => true,
    });
}

/// A permutation chosen by a number.
fn shuffle(changes: &mut [Change], seed: u16) {
    let mut state = u64::from(seed) + 1;
    for last in (1..changes.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from(state >> 33).expect("31 bits") % (last + 1);
        changes.swap(last, place);
    }
}

fn time(step: u16) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + i64::from(step) * STEP_MS).expect("in range")
}

/// The flood that six bytes encode: one entry for each of many scopes.
fn flood(bytes: &[u8]) -> Vec<Change> {
    let scopes = usize::from(bytes[3])..usize::from(bytes[3]) + FLOOD;
    let flood = scopes.zip(0_u8..).filter_map(|(scope, nth)| {
        let step = u16::from_be_bytes([bytes[1], bytes[2]]).wrapping_add(u16::from(nth)) % 16;
        let scope = Scope::list("ses", &scope.to_string())?;
        match entry(step, bytes[3], bytes[4].wrapping_add(nth % 2), bytes[5] | 1) {
            Change::Entry { reason, entry, .. } => Some(Change::Entry { scope, reason, entry }),
            _ => None,
        }
    });
    flood.collect()
}

/// The change that six bytes encode.
fn change(bytes: &[u8]) -> Change {
    let step = u16::from_be_bytes([bytes[1], bytes[2]]) % 480;
    let [who, more, last] = [bytes[3], bytes[4], bytes[5]];
    match bytes[0] % 8 {
        0..=2 => entry(step % 16, who, more, last),
        3..=5 => Change::SoftBounce(SoftBounce {
            at: time(step),
            event_id: format!("{step}-{}", who % 8),
            provider: "ses".to_owned(),
            code: (more % 2 == 0).then(|| more.to_string()),
            detail: (last % 2 == 0).then(|| last.to_string()),
            recipient: None,
        }),
        6 => {
            let note = (more % 2 == 0).then(|| last.to_string());
            Change::LiftSoftBounces(SoftBounceLift { at: time(step), actor: Some(who.to_string()), note })
        }
        _ => Change::Delivered { at: time(step) },
    }
}

/// An entry for a reason. The report of an untimed event is always the same.
fn entry(step: u16, who: u8, more: u8, last: u8) -> Change {
    let timed = !last.is_multiple_of(4);
    let scopes = ["*", "provider:ses", "domain:example.com", "list:ses:a/b"];
    let reasons = [Reason::HardBounce, Reason::Complaint, Reason::Unsubscribe, Reason::Manual];
    let state = if timed && more % 2 == 1 { State::Lifted } else { State::Suppressed };
    let suppressed = state == State::Suppressed;
    let until = (timed && suppressed && who >= 128).then(|| time(u16::from(who)));
    let entry = Entry {
        state,
        at: time(step),
        first_at: suppressed.then(|| time(step)),
        suppressed_at: None,
        lifted_event: None,
        until,
        provider: "ses".to_owned(),
        event_id: if timed { format!("{step} {}", who % 4) } else { format!("untimed {step}") },
        code: None,
        detail: timed.then(|| format!("{step} {who} {more} {last}")),
        recipient: None,
        actor: None,
        note: None,
    };
    let scope = Scope::from_text(scopes[usize::from(more / 2 % 4)]);
    Change::Entry { scope, reason: reasons[usize::from(more / 8 % 4)], entry }
}
