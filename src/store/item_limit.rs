//! Fits an item into the limit: DynamoDB refuses items above 400 KB, and then nothing about the address can be
//! recorded.
//!
//! The worst case within the limits of every door: six reasons for 100 scopes each, whose names have 280 bytes (491
//! bytes per entry without texts, 294,600 in total), 600 soft bounces (88 bytes each without texts, 52,800), seven
//! entries for `*` with all their texts (2,544 bytes each, 17,800), a lift of the soft bounces (1,325) and the rest of
//! the item (450). That is 367,000 of 409,600 bytes.

use super::attribute::{Item, attribute_bytes, item_bytes};
use super::record_item::{Stored, to_item};
use crate::address::Address;
use crate::suppression::{SoftBounceRules, SuppressionRecord, TrimmedTexts};
use crate::timestamp::Timestamp;

/// The size above which a record loses texts. It is well below the limit of DynamoDB: each write of an item is charged
/// for its whole size, and other writers need room, too.
const TEXT_BYTES: usize = 256 * 1024;
/// The largest item, with a margin to DynamoDB's 400 KiB because its own formula for numbers is approximate.
const ITEM_BYTES: usize = 396 * 1024;

/// Shortens a record so that it can be written, and creates the item that replaces the one that was read.
///
/// Attributes of other writers stay if they fit next to the record without the texts of soft bounces and single scopes;
/// otherwise the largest are removed. Only the limit itself removes the texts of `*`.
pub(super) fn fitted(
    address: &Address,
    record: &mut SuppressionRecord,
    read: &Stored,
    rules: SoftBounceRules,
    now: Timestamp,
) -> Item {
    let version = read.version.unwrap_or_default().saturating_add(1);
    let beside_others = ITEM_BYTES.saturating_sub(item_bytes(&read.other_attributes)).min(TEXT_BYTES);
    let mut item = to_item(address.as_str(), record, version, now);
    for (texts, room) in [(TrimmedTexts::OfSingleScopes, beside_others), (TrimmedTexts::All, ITEM_BYTES)] {
        loop {
            let surplus = item_bytes(&item).saturating_sub(room);
            if surplus == 0 || record.trim(texts, surplus, rules) == 0 {
                break;
            }
            item = to_item(address.as_str(), record, version, now);
        }
    }
    item.extend(fitting(&read.other_attributes, ITEM_BYTES.saturating_sub(item_bytes(&item))));
    item
}

/// The attributes of other writers, without the largest if they exceed the room.
fn fitting(other_attributes: &Item, room: usize) -> Item {
    let mut by_size: Vec<_> =
        other_attributes.iter().map(|(name, value)| (attribute_bytes(name, value), name, value)).collect();
    by_size.sort_by_key(|(bytes, name, _)| (*bytes, *name));
    let mut kept = Item::new();
    let mut taken = 0_usize;
    for (bytes, name, value) in by_size {
        taken = taken.saturating_add(bytes);
        if taken > room {
            break;
        }
        kept.insert(name.clone(), value.clone());
    }
    let dropped = other_attributes.len().saturating_sub(kept.len());
    if dropped > 0 {
        tracing::warn!(
            dropped,
            "attributes of other writers left no room for a suppression record; the largest were removed"
        );
    }
    kept
}
