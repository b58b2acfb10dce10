//! A manual decision as an item of the event table.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Retention;
use super::attribute::{Item, set};
use crate::address::Address;
use crate::event::Reason;
use crate::suppression::{ManualEvent, ManualKind};

/// The attribute `provider` of a decision.
pub const MANUAL: &str = "manual";

/// The item of a decision. It is kept as long as evidence, counted from the time of the decision.
#[must_use]
pub fn to_item(address: &Address, event: &ManualEvent, retention: Retention) -> Item {
    let ManualEvent { id, kind, at, decided_at, concerns, until, actor, note, code, recipient, effect } = event;
    let mut item = Item::new();
    let expires_at = decided_at.plus_days(retention.evidence_days).seconds();
    item.insert("expires_at".to_owned(), AttributeValue::N(expires_at.to_string()));
    set(&mut item, "address", Some(address.as_str()));
    set(&mut item, "event", Some(&format!("{at}#{id}")));
    set(&mut item, "event_id", Some(id.as_str()));
    set(&mut item, "provider", Some(MANUAL));
    set(&mut item, "kind", Some(kind.as_str()));
    set(&mut item, "occurred_at", Some(&at.to_string()));
    // Usually both are the same.
    set(&mut item, "decided_at", Some(decided_at).filter(|time| *time != at).map(ToString::to_string).as_deref());
    set(&mut item, "scope", concerns.as_ref().map(|(scope, _)| scope.as_str()));
    set(&mut item, "reason", concerns.as_ref().map(|(_, reason)| Reason::as_str(*reason)));
    set(&mut item, "until", until.map(|time| time.to_string()).as_deref());
    for (name, text) in [("actor", actor), ("note", note), ("code", code), ("recipient", recipient), ("effect", effect)]
    {
        set(&mut item, name, text.as_deref());
    }
    item
}

/// Whether an item is a decision.
#[must_use]
pub fn is_manual(item: &Item) -> bool {
    let has =
        |name: &str, value: &str| item.get(name).and_then(|text| text.as_s().ok()).is_some_and(|text| text == value);
    has("provider", MANUAL) && ManualKind::ALL.iter().any(|kind| has("kind", kind.as_str()))
}
