//! What is different between two states of both tables.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use support::database::Item;
use support::samples::Snapshot;

/// What differs, by the keys of the items.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Items that should be there.
    pub lost: Vec<String>,
    /// Items that should not.
    pub doubled: Vec<String>,
    /// Items that are not what they should be, with both.
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

/// A fact that SES publishes in both of its forms comes by two SNS messages, and the event names the one that was
/// recorded last: either is right. Their ids differ in the last digit here, and only theirs do.
fn comparable_event(item: &Item) -> Item {
    let mut item = item.clone();
    if let Some(AttributeValue::S(id)) = item.get_mut("sns_message_id") {
        id.pop();
    }
    item
}

/// How often a record was written, and when, depends on the way that led to it.
fn comparable_record(item: &Item) -> Item {
    let mut item = item.clone();
    item.remove("version").expect("a version");
    item.remove("updated_at").expect("a time");
    item
}
