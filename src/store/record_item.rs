//! A suppression record as an item of the suppression table, and back.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;

use super::attribute::{Item, map, set, text};
use crate::event::Reason;
use crate::suppression::{Entry, Scope, SoftBounce, SoftBounceLift, SoftBounces, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// A record as it was read, with the version that a write must replace.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub(super) record: SuppressionRecord,
    /// `None`: the address has no item yet.
    pub(super) version: Option<u64>,
    /// Attributes of other writers; they are kept.
    pub(super) other_attributes: Item,
}

/// The attributes of a record.
const RECORD_ATTRIBUTES: [&str; 6] = ["address", "updated_at", "version", "suppressions", "folded", "soft_bounces"];

/// Writes a record as an item.
pub(super) fn to_item(address: &str, record: &SuppressionRecord, version: u64, updated_at: Timestamp) -> Item {
    let mut item = Item::new();
    set(&mut item, "address", Some(address));
    set(&mut item, "updated_at", Some(&updated_at.to_string()));
    item.insert("version".to_owned(), AttributeValue::N(version.to_string()));
    let scopes = record.suppressions.iter().map(|(scope, reasons)| {
        let reasons =
            reasons.iter().map(|(reason, entry)| (reason.as_str().to_owned(), AttributeValue::M(entry_to_map(entry))));
        (scope.as_str().to_owned(), AttributeValue::M(reasons.collect()))
    });
    item.insert("suppressions".to_owned(), AttributeValue::M(scopes.collect()));
    if !record.folded.is_empty() {
        let reasons = record.folded.iter().map(|reason| reason.as_str().to_owned());
        item.insert("folded".to_owned(), AttributeValue::Ss(reasons.collect()));
    }
    item.insert("soft_bounces".to_owned(), AttributeValue::M(soft_bounces_to_map(&record.soft_bounces)));
    item
}

/// Reads an item; `None` if it is not a record as [`to_item`] writes it.
pub(super) fn from_item(item: &Item) -> Option<Stored> {
    let version = item.get("version")?.as_n().ok()?.parse().ok()?;
    let mut suppressions = BTreeMap::new();
    for (scope, reasons) in map(item, "suppressions")? {
        let reasons = reasons.as_m().ok()?.iter();
        let reasons =
            reasons.map(|(reason, entry)| Some((Reason::from_label(reason)?, entry_from_map(entry.as_m().ok()?)?)));
        suppressions.insert(Scope::from_text(scope), reasons.collect::<Option<_>>()?);
    }
    let soft_bounces = soft_bounces_from_map(map(item, "soft_bounces")?)?;
    let folded = match item.get("folded") {
        Some(reasons) => {
            reasons.as_ss().ok()?.iter().map(|reason| Reason::from_label(reason)).collect::<Option<_>>()?
        }
        None => BTreeSet::new(),
    };
    let others = item.iter().filter(|(name, _)| !RECORD_ATTRIBUTES.contains(&name.as_str()));
    let other_attributes = others.map(|(name, value)| (name.clone(), value.clone())).collect();
    Some(Stored {
        record: SuppressionRecord { suppressions, folded, soft_bounces },
        version: Some(version),
        other_attributes,
    })
}

fn entry_to_map(entry: &Entry) -> Item {
    let mut fields = Item::new();
    set(&mut fields, "state", Some(entry.state.as_str()));
    set(&mut fields, "at", Some(&entry.at.to_string()));
    set(&mut fields, "first_at", entry.first_at.map(|at| at.to_string()).as_deref());
    // Usually the suppression was the only one; if the time is missing, it is that of the first.
    let suppressed_at = entry.suppressed_at.filter(|at| Some(*at) != entry.first_at);
    set(&mut fields, "suppressed_at", suppressed_at.map(|at| at.to_string()).as_deref());
    set(&mut fields, "lifted_event", entry.lifted_event.as_deref());
    set(&mut fields, "until", entry.until.map(|at| at.to_string()).as_deref());
    set(&mut fields, "provider", Some(&entry.provider));
    set(&mut fields, "event_id", Some(&entry.event_id));
    set(&mut fields, "code", entry.code.as_deref());
    set(&mut fields, "detail", entry.detail.as_deref());
    set(&mut fields, "recipient", entry.recipient.as_deref());
    set(&mut fields, "actor", entry.actor.as_deref());
    set(&mut fields, "note", entry.note.as_deref());
    fields
}

fn entry_from_map(fields: &Item) -> Option<Entry> {
    let state = State::from_label(text(fields, "state")?)?;
    let first_at = optional_time(fields, "first_at").ok()?;
    let suppressed_at = optional_time(fields, "suppressed_at").ok()?.or(first_at);
    Some(Entry {
        state,
        at: Timestamp::parse(text(fields, "at")?)?,
        first_at,
        suppressed_at: suppressed_at.filter(|_| state == State::Lifted),
        lifted_event: text(fields, "lifted_event").map(str::to_owned),
        until: optional_time(fields, "until").ok()?,
        // Empty texts are not stored.
        provider: text(fields, "provider").unwrap_or_default().to_owned(),
        event_id: text(fields, "event_id").unwrap_or_default().to_owned(),
        code: text(fields, "code").map(str::to_owned),
        detail: text(fields, "detail").map(str::to_owned),
        recipient: text(fields, "recipient").map(str::to_owned),
        actor: text(fields, "actor").map(str::to_owned),
        note: text(fields, "note").map(str::to_owned),
    })
}

fn soft_bounces_to_map(soft: &SoftBounces) -> Item {
    let bounces = soft.bounces().iter().map(|bounce| {
        let mut fields = Item::new();
        set(&mut fields, "at", Some(&bounce.at.to_string()));
        set(&mut fields, "event_id", Some(&bounce.event_id));
        set(&mut fields, "provider", Some(&bounce.provider));
        set(&mut fields, "code", bounce.code.as_deref());
        set(&mut fields, "detail", bounce.detail.as_deref());
        set(&mut fields, "recipient", bounce.recipient.as_deref());
        AttributeValue::M(fields)
    });
    let mut fields = Item::new();
    fields.insert("bounces".to_owned(), AttributeValue::L(bounces.collect()));
    if let Some(lift) = soft.lifted() {
        set(&mut fields, "lifted_at", Some(&lift.at.to_string()));
        set(&mut fields, "actor", lift.actor.as_deref());
        set(&mut fields, "note", lift.note.as_deref());
    }
    fields
}

fn soft_bounces_from_map(fields: &Item) -> Option<SoftBounces> {
    let bounces = fields.get("bounces")?.as_l().ok()?.iter().map(|bounce| {
        let fields = bounce.as_m().ok()?;
        Some(SoftBounce {
            at: Timestamp::parse(text(fields, "at")?)?,
            event_id: text(fields, "event_id")?.to_owned(),
            provider: text(fields, "provider")?.to_owned(),
            code: text(fields, "code").map(str::to_owned),
            detail: text(fields, "detail").map(str::to_owned),
            recipient: text(fields, "recipient").map(str::to_owned),
        })
    });
    let lifted = optional_time(fields, "lifted_at").ok()?.map(|at| SoftBounceLift {
        at,
        actor: text(fields, "actor").map(str::to_owned),
        note: text(fields, "note").map(str::to_owned),
    });
    Some(SoftBounces::new(bounces.collect::<Option<_>>()?, lifted))
}

/// A time that may be missing.
///
/// # Errors
/// The text is not a time.
fn optional_time(fields: &Item, name: &str) -> Result<Option<Timestamp>, ()> {
    text(fields, name).map(|text| Timestamp::parse(text).ok_or(())).transpose()
}
