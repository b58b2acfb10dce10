//! Tencent Cloud SES: the event callback (<https://www.tencentcloud.com/document/product/1084/39492>).
//!
//! All protocol versions since 2020 are read alike: fields are optional, `bulkId` may be spelled `bulkid`, and a hard
//! bounce is `hard` or `hard_bounce`. Event id: tencent, event, bulkId, messageId, address, timestamp, link,
//! bounceType; without message and time, the digest of the element, too.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::salvage::salvaged;
use super::status_code::{self, StatusCode};
use super::{WebhookContext, quarantined};
use crate::address::{domain_of, normalize_domain};
use crate::event::{
    Cause, Effect, EmailEvent, EventId, Kind, Provider, Reason, Recipient, Ruling, ScopeKind, digest_hex,
};
use crate::lenient::{Str, Text};
use crate::timestamp::Timestamp;

/// Tencent returns SMTP headers with this prefix as top-level keys.
const ECHOED_HEADERS: &str = "x-tencentcloudses-cb-";

/// One callback, as documented in any version.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    event: Text<'a>,
    #[serde(borrow, default, rename = "eventid")]
    event_number: Text<'a>,
    #[serde(borrow, default)]
    email: Text<'a>,
    #[serde(borrow, default)]
    link: Text<'a>,
    #[serde(borrow, default, rename = "bulkId")]
    bulk_id: Text<'a>,
    #[serde(borrow, default, rename = "bulkid")]
    bulk_id_lower: Text<'a>,
    #[serde(borrow, default)]
    timestamp: Text<'a>,
    #[serde(borrow, default)]
    reason: Text<'a>,
    #[serde(borrow, default, rename = "bounceType")]
    bounce_type: Text<'a>,
    #[serde(borrow, default)]
    from: Text<'a>,
    #[serde(borrow, default, rename = "fromDomain")]
    from_domain: Text<'a>,
    #[serde(borrow, default, rename = "templateId")]
    template_id: Text<'a>,
    #[serde(borrow, default)]
    useragent: Text<'a>,
    #[serde(borrow, default, rename = "messageId")]
    message_id: Text<'a>,
    #[serde(borrow, default, rename = "taskId")]
    task_id: Text<'a>,
    #[serde(skip)]
    echoed: Echoed<'a>,
}

/// The values of the keys that begin with [`ECHOED_HEADERS`] in any case.
///
/// Read in a separate pass: `flatten` would keep every unknown key, in up to 32 bytes per byte of text.
#[derive(Default)]
struct Echoed<'a>(BTreeMap<Cow<'a, str>, Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Echoed<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EchoedVisitor)
    }
}

struct EchoedVisitor;

impl<'de> Visitor<'de> for EchoedVisitor {
    type Value = Echoed<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut echoed = BTreeMap::new();
        while let Some(Str(name)) = map.next_key()? {
            let start = name.get(..ECHOED_HEADERS.len());
            if start.is_some_and(|start| start.eq_ignore_ascii_case(ECHOED_HEADERS)) {
                echoed.insert(name, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Echoed(echoed))
    }
}

/// The meaning of the numbers in `eventid`.
const EVENT_NUMBERS: &[(&str, &str)] = &[
    ("1", "delivered"),
    ("2", "dropped"),
    ("3", "bounce"),
    ("4", "open"),
    ("5", "click"),
    ("6", "spamreport"),
    ("7", "unsubscribe"),
    ("8", "deferred"),
];

/// The rulings on a `dropped` event by the words in its `reason`; the first match counts.
///
/// The words were observed, or Tencent's API uses them for the same cause; Tencent does not enumerate its texts.
const DROPPED: &[(&[&str], Ruling)] = &[
    (&["blacklist", "blocklist", "suppress", "黑名单"], ON_BLOCKLIST),
    (&["unsubscribe", "退订"], Ruling::rejected(Cause::Unsubscribed, UNSUBSCRIBE)),
    (&["address format", "format of the address", "invalid address", "地址格式"], INVALID_ADDRESS),
];
/// An address stays on Tencent's shared blocklist for 14 days [doc].
const ON_BLOCKLIST: Ruling = Ruling::rejected(Cause::ProviderList, &[Effect::provider_block(Some(14))]);
const INVALID_ADDRESS: Ruling = Ruling::rejected(Cause::InvalidAddress, &[Effect::suppress(Reason::InvalidAddress)]);
const UNSUBSCRIBE: &[Effect] = &[Effect::unsubscribe(ScopeKind::Sender)];

/// Parses one callback, which names its sender domain.
pub(super) fn parse(element: &str, context: WebhookContext<'_>) -> EmailEvent {
    if let Some(wire) = Wire::read(element) {
        return normalize(&wire, element, context);
    }
    match salvaged(element).as_deref().and_then(Wire::read) {
        Some(wire) => normalize(&wire, element, context),
        None => quarantined(Provider::Tencent, element),
    }
}

fn normalize(wire: &Wire<'_>, element: &str, context: WebhookContext<'_>) -> EmailEvent {
    let event_name = wire.event_name();
    if wire.event.get().is_none() && event_name.is_empty() {
        return quarantined(Provider::Tencent, element);
    }
    let recipient = wire.email.get().map(Recipient::parse);

    let id = wire.id(&event_name, recipient.as_ref(), element);
    let mut event = EmailEvent::new(Provider::Tencent, id, wire.ruling(&event_name));
    if event.kind == Kind::Unknown {
        event.raw = Some(element.to_owned());
    }
    event.recipient = recipient;
    event.occurred_at =
        wire.timestamp.get().and_then(Timestamp::from_unix).and_then(|at| at.usable_at(context.received_at));
    event.message_id = wire.bulk_id().map(str::to_owned);
    event.sender_domain =
        wire.from_domain.get().and_then(normalize_domain).or_else(|| wire.from.get().and_then(domain_of));
    event.campaign = wire.task_id.owned().filter(|id| id != "0");
    event.tags = wire.tags();
    event.code = wire.bounce_type.owned();
    event.detail = wire.reason.owned();
    event.url = wire.link.owned();
    event.user_agent = wire.useragent.owned();
    event
}

impl<'a> Wire<'a> {
    fn read(json: &'a str) -> Option<Self> {
        let wire: Self = serde_json::from_str(json).ok()?;
        Some(Self { echoed: serde_json::from_str(json).ok()?, ..wire })
    }
}

impl Wire<'_> {
    fn bulk_id(&self) -> Option<&str> {
        self.bulk_id.get().or(self.bulk_id_lower.get())
    }

    /// The name of the event, or of its number if the name is missing or unknown.
    fn event_name(&self) -> String {
        let name = self.event.key();
        if self.ruling(&name).kind != Kind::Unknown {
            return name;
        }
        let number = self.event_number.key();
        EVENT_NUMBERS.iter().find(|(known, _)| *known == number).map_or(name, |(_, event)| (*event).to_owned())
    }

    /// If neither message nor time distinguishes two facts, the element itself does.
    fn id(&self, event_name: &str, recipient: Option<&Recipient>, element: &str) -> EventId {
        let identity = [self.bulk_id(), self.message_id.get(), self.timestamp.get()];
        let digest = identity.iter().all(Option::is_none).then(|| digest_hex(element.as_bytes()));
        let facts = [
            Some(Provider::Tencent.as_str()),
            Some(event_name),
            self.bulk_id(),
            self.message_id.get(),
            recipient.map(Recipient::key),
            self.timestamp.get(),
            self.link.get(),
            self.bounce_type.get(),
        ];
        EventId::of_elements(facts.into_iter().chain(digest.as_deref().map(Some)))
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let known = [("messageId", &self.message_id), ("templateId", &self.template_id)];
        let echoed = self.echoed.0.iter().map(|(name, value)| (name.as_ref(), value));
        known.into_iter().chain(echoed).filter_map(|(name, value)| Some((name.to_owned(), value.owned()?))).collect()
    }

    fn ruling(&self, event_name: &str) -> Ruling {
        match event_name {
            "processed" => Ruling::of(Kind::Queued),
            "deferred" => Ruling::of(Kind::Deferred),
            "delivered" => Ruling::of(Kind::Delivered).with(&[Effect::Delivered]),
            "dropped" => dropped(&self.reason.key()),
            "bounce" => bounce(&self.bounce_type.key(), self.reason.get().and_then(StatusCode::find)),
            "open" => Ruling::of(Kind::Opened),
            "click" => Ruling::of(Kind::Clicked),
            "spamreport" => Ruling::of(Kind::Complained).with(const { &[Effect::suppress(Reason::Complaint)] }),
            "unsubscribe" => Ruling::of(Kind::Unsubscribed).with(UNSUBSCRIBE),
            _ => Ruling::of(Kind::Unknown),
        }
    }
}

fn dropped(reason: &str) -> Ruling {
    let named = DROPPED.iter().find(|(words, _)| words.iter().any(|word| reason.contains(word)));
    named.map_or(Ruling::rejected(Cause::Undetermined, &[]), |(_, ruling)| *ruling)
}

fn bounce(bounce_type: &str, status: Option<StatusCode>) -> Ruling {
    match bounce_type {
        "hard_bounce" | "hard" => hard(status),
        "soft_bounce" | "soft" => soft(status),
        _ if status.is_some_and(StatusCode::blames_address) => hard(status),
        _ if status.is_some() => soft(status),
        _ => Ruling::undetermined(),
    }
}

/// A permanent verdict, unless the status code says otherwise (general rule 7).
fn hard(status: Option<StatusCode>) -> Ruling {
    match (status_code::overrule_permanent(status), status) {
        (Some(ruling), _) => ruling,
        (None, Some(status)) if status.class == 4 => Ruling::soft(status_code::transient_cause(status)),
        (None, _) => Ruling::hard(status_code::hard_bounce_cause(status)),
    }
}

/// A temporary verdict; a refusal of the message or the sender does not count (general rule 4).
fn soft(status: Option<StatusCode>) -> Ruling {
    match status.map(StatusCode::parts) {
        Some((_, 2, 2)) => Ruling::soft(Cause::MailboxFull),
        Some((_, 2, 3) | (5, 3, 4)) => Ruling::sender_fault(Cause::MessageTooLarge),
        Some((_, 6, _)) => Ruling::sender_fault(Cause::Content),
        Some((_, 7, _)) => Ruling::sender_fault(Cause::SenderBlocked),
        _ => Ruling::soft(Cause::Undetermined),
    }
}
