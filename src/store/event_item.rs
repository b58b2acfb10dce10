//! An event as an item of the event table.

use aws_sdk_dynamodb::types::AttributeValue;

use super::attribute::{Item, set};
use crate::event::{Cause, EmailEvent, Kind, Permanence, Stream, Tenant, Transport};
use crate::timestamp::Timestamp;

/// How many days an event record is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Events that decisions are based on, and that people look up.
    pub evidence_days: u32,
    /// Sends, deliveries and delays.
    pub delivery_days: u32,
    /// Opens and clicks.
    pub engagement_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { evidence_days: 400, delivery_days: 90, engagement_days: 30 }
    }
}

impl Retention {
    /// The days for a kind of event.
    #[must_use]
    pub const fn days(self, kind: Kind) -> u32 {
        match kind {
            Kind::Queued | Kind::Sent | Kind::Delivered | Kind::Deferred => self.delivery_days,
            Kind::Opened | Kind::Clicked => self.engagement_days,
            Kind::Bounced
            | Kind::Rejected
            | Kind::Failed
            | Kind::Complained
            | Kind::Feedback
            | Kind::Autoresponded
            | Kind::Unsubscribed
            | Kind::Subscribed
            | Kind::Corrected
            | Kind::Unknown => self.evidence_days,
        }
    }
}

/// The partition key: the address, or one of 256 partitions for events without a usable one.
pub(super) fn partition_key(event: &EmailEvent) -> String {
    match event.address() {
        Some(address) => address.as_str().to_owned(),
        None => format!("unattributed#{}", event.id.shard()),
    }
}

/// The sort key: `<occurred_at>#<event id>`, or `-#<event id>` without a time.
pub(super) fn sort_key(event: &EmailEvent) -> String {
    match event.occurred_at {
        Some(at) => format!("{at}#{}", event.id),
        None => format!("-#{}", event.id),
    }
}

/// The whole item, including the text of the event's consequences ([`effect_text`](crate::suppression::effect_text)).
///
/// It depends on the event alone (`received_at` counts only if the event has no time), so that writing it twice changes
/// nothing.
#[must_use]
pub fn to_item(event: &EmailEvent, effect: Option<&str>, retention: Retention, received_at: Timestamp) -> Item {
    let mut item = Item::new();
    let expires_at = event.effective_at(received_at).plus_days(retention.days(event.kind)).seconds();
    item.insert("expires_at".to_owned(), AttributeValue::N(expires_at.to_string()));
    set(&mut item, "address", Some(&partition_key(event)));
    set(&mut item, "event", Some(&sort_key(event)));
    set(&mut item, "event_id", Some(event.id.as_str()));
    set(&mut item, "provider", Some(event.provider.as_str()));
    set(&mut item, "kind", Some(event.kind.as_str()));
    set(&mut item, "permanence", event.permanence.map(Permanence::as_str));
    set(&mut item, "cause", event.cause.map(Cause::as_str));
    set(&mut item, "recipient", event.recipient.as_ref().map(|recipient| recipient.spelling.as_str()));
    set(&mut item, "occurred_at", event.occurred_at.map(|at| at.to_string()).as_deref());
    if let Some(id) = event.message_id.as_deref().filter(|id| !id.is_empty()) {
        set(&mut item, "message", Some(&format!("{}:{id}", event.provider)));
        set(&mut item, "message_id", Some(id));
    }
    set(&mut item, "tenant", event.tenant.as_ref().map(Tenant::as_str));
    set(&mut item, "stream", event.stream.as_ref().map(Stream::as_str));
    for (name, text) in [
        ("sender_domain", &event.sender_domain),
        ("configuration_set", &event.configuration_set),
        ("recipient_isp", &event.recipient_isp),
        ("list", &event.list),
        ("campaign", &event.campaign),
        ("code", &event.code),
        ("detail", &event.detail),
        ("url", &event.url),
        ("user_agent", &event.user_agent),
        ("ip", &event.ip),
        ("bot", &event.bot),
        ("raw", &event.raw),
    ] {
        set(&mut item, name, text.as_deref());
    }
    match &event.transport {
        Some(Transport::Sns(id)) => set(&mut item, "sns_message_id", Some(id)),
        Some(Transport::EventBridge(id)) => set(&mut item, "event_bridge_id", Some(id)),
        None => {}
    }
    set(&mut item, "effect", effect);
    if let Some(candidates) = event.candidates {
        item.insert("candidates".to_owned(), AttributeValue::N(candidates.to_string()));
    }
    if !event.tags.is_empty() {
        let tags = event.tags.iter().map(|(name, value)| (name.clone(), AttributeValue::S(value.clone())));
        item.insert("tags".to_owned(), AttributeValue::M(tags.collect()));
    }
    item
}
