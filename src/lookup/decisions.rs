//! Decisions that only the suppression record still has.

use std::collections::BTreeSet;

use super::entries;
use super::item::{Item, text};
use crate::address::Address;
use crate::store::{Retention, to_manual_item};
use crate::suppression::{Change, ManualEvent, SuppressionRecord};

/// The decisions that the record has and the event table does not, as items of that table: made by a version that wrote
/// no events for them, or older than the retention of events.
pub(crate) fn unwritten_decisions<'i>(
    address: &Address,
    record: &SuppressionRecord,
    retention: Retention,
    known: impl Iterator<Item = &'i Item>,
) -> Vec<Item> {
    let decided = entries(record).filter(|(_, _, entry)| entry.actor.is_some());
    let entries =
        decided.map(|(scope, reason, entry)| Change::Entry { scope: scope.clone(), reason, entry: entry.clone() });
    let lift = record.soft_bounces.lifted().cloned().map(Change::LiftSoftBounces);
    let known: BTreeSet<_> = known.filter_map(|item| text(item, "event")).collect();
    let events = entries.chain(lift).filter_map(|change| ManualEvent::of(address, &change, None));
    let items = events.map(|event| to_manual_item(address, &event, retention));
    items.filter(|item| text(item, "event").is_none_or(|key| !known.contains(key))).collect()
}
