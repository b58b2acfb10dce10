//! Change events: of any two records exactly the differing entries, and any invocation is read or refused.
//!
//! Both halves of the input are changes that make a record, as in `merge`. The whole input is also an invocation.

use std::collections::BTreeSet;

use mail_feedback::changes::{ChangeEvent, MAX_CALL_BYTES, MAX_ENTRIES, Prepared, calls};
use mail_feedback::event::Reason;
use mail_feedback::store::{RecordChange, Streamed, read_stream};
use mail_feedback::suppression::{Scope, State, SuppressionRecord};
use mail_feedback::timestamp::Timestamp;

use super::merge;

/// Checks bytes as two records, and as an invocation.
pub fn run(input: &[u8]) {
    let (one, other) = input.split_at(input.len() / 2);
    let (before, after) = (merge::record(one), merge::record(other));
    let (address, updated_at, at) = ("a@example.com".to_owned(), String::new(), Timestamp::MAX);
    compare(&RecordChange { address, version: 2, updated_at, at, before, after });
    let Ok(records) = std::str::from_utf8(input).map_err(drop).and_then(|text| read_stream(text).map_err(drop)) else {
        return;
    };
    let mut prepared = Vec::new();
    for (place, record) in records.iter().enumerate() {
        if let Streamed::Change(change) = &record.streamed {
            assert!(record.sequence_number.is_some() && change.address.contains('@'));
            compare(change);
            prepared.extend(ChangeEvent::of(change).iter().filter_map(|event| Prepared::new(place, event)));
        }
    }
    let mut sent = Vec::new();
    for call in calls(&prepared) {
        assert!((1..=MAX_ENTRIES).contains(&call.len()));
        assert!(call.iter().map(|event| event.detail.len()).sum::<usize>() < MAX_CALL_BYTES);
        let shares = |one: &Prepared, other: &Prepared| one.record != other.record || one.state == other.state;
        assert!(call.iter().zip(call.iter().skip(1)).all(|(one, other)| shares(one, other)));
        sent.extend_from_slice(call);
    }
    assert!(sent == prepared, "all of them, in order");
}

/// The places of a record that forbid mail, each with its end.
fn standing(record: &SuppressionRecord) -> BTreeSet<(Scope, Reason, Option<Timestamp>)> {
    let entries = record.suppressions.iter().flat_map(|(scope, reasons)| {
        reasons.iter().map(move |(reason, entry)| {
            (entry.state == State::Suppressed).then(|| (scope.clone(), *reason, entry.until))
        })
    });
    entries.flatten().collect()
}

/// Whoever starts with what stood before and follows the events knows what stands after, and no event is idle.
fn compare(change: &RecordChange) {
    let mut known = standing(&change.before);
    let mut ids = BTreeSet::new();
    for event in ChangeEvent::of(change) {
        let held = known.clone();
        known.retain(|(scope, reason, _)| (scope, *reason) != (&event.scope, event.reason));
        if event.state == State::Suppressed {
            known.insert((event.scope.clone(), event.reason, event.until));
        }
        assert!(known != held, "an event without a change");
        assert!(ids.insert(event.id.clone()), "an id twice");
        assert!(serde_json::to_string(&event).is_ok());
    }
    assert!(known == standing(&change.after));
}
