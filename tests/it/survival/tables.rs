//! The difference between two states of both tables.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use support::database::Item;
use support::samples::Snapshot;

/// The differences, by the keys of the items.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Missing items.
    pub lost: Vec<String>,
    /// Extra items.
    pub doubled: Vec<String>,
    /// Changed items, in both versions.
    pub changed: Vec<String>,
}

/// Compares both tables, item by item.
pub fn difference(expected: &Snapshot, found: &Snapshot) -> Difference {
    let mut difference = Difference::default();
    let tables = [
        (&expected.events, &found.events, comparable_event as fn(&Item) -> Item),
        (&expected.suppressions, &found.suppressions, comparable_record),
    ];
    for (expected, found, comparable) in tables {
        let missing = |from: &BTreeMap<String, Item>, key: &&String| !from.contains_key(*key);
        difference.lost.extend(expected.keys().filter(|key| missing(found, key)).cloned());
        difference.doubled.extend(found.keys().filter(|key| missing(expected, key)).cloned());
        for (key, expected) in expected {
            let both = found.get(key).map(|found| (comparable(expected), comparable(found)));
            if let Some((expected, found)) = both
                && expected != found
            {
                difference.changed.push(format!("{key}\nexpected {expected:#?}\nfound {found:#?}"));
            }
        }
    }
    difference
}

/// SES publishes some facts in both of its forms, with two SNS messages, and the event names the one that was recorded
/// last: either is right. Their ids differ only in the last digit here, and no other ids do.
fn comparable_event(item: &Item) -> Item {
    let mut item = item.clone();
    if let Some(AttributeValue::S(id)) = item.get_mut("sns_message_id") {
        id.pop();
    }
    item
}

/// How often a record was written, and when, depends on the order of events.
fn comparable_record(item: &Item) -> Item {
    let mut item = item.clone();
    item.remove("version").expect("a version");
    item.remove("updated_at").expect("a time");
    item
}
