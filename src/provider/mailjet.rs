//! Mailjet: the event API (<https://dev.mailjet.com/email/guides/webhooks/>).
//!
//! Event id: mailjet, event, `MessageID` (absent, 0 or empty: `mj_campaign_id`, `mj_contact_id`), address, time, url,
//! error, `mj_list_id`; without message and time, the digest of the element, too. Mailjet sends no event id of its own and repeats a request on anything but 200.

use serde::Deserialize;

use super::salvage::salvaged;
use super::{WebhookContext, quarantined};
use crate::event::{
    Cause, Effect, EmailEvent, EventId, Kind, Provider, Reason, Recipient, Ruling, ScopeKind, digest_hex,
};
use crate::lenient::Text;
use crate::timestamp::Timestamp;

/// Mailjet itself refuses the address; after 30 days the refusal is assumed to be over [ours].
const BLOCK: &[Effect] = &[PROVIDER_BLOCK];
/// The bounce counts, and Mailjet itself will refuse the address.
const SOFT_AND_BLOCK: &[Effect] = &[Effect::SoftBounce, PROVIDER_BLOCK];
const PROVIDER_BLOCK: Effect = Effect::provider_block(Some(30));

/// One event, as documented; any field may be absent, empty or of another type.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    event: Text<'a>,
    #[serde(borrow, default)]
    time: Text<'a>,
    #[serde(borrow, default, rename = "MessageID")]
    message_id: Text<'a>,
    #[serde(borrow, default)]
    mj_message_id: Text<'a>,
    #[serde(borrow, default, rename = "Message_GUID")]
    message_guid: Text<'a>,
    #[serde(borrow, default)]
    email: Text<'a>,
    #[serde(borrow, default)]
    mj_campaign_id: Text<'a>,
    #[serde(borrow, default)]
    mj_contact_id: Text<'a>,
    #[serde(borrow, default)]
    customcampaign: Text<'a>,
    #[serde(borrow, default, rename = "CustomID")]
    custom_id: Text<'a>,
    #[serde(borrow, default, rename = "Payload")]
    payload: Text<'a>,
    #[serde(borrow, default)]
    smtp_reply: Text<'a>,
    #[serde(borrow, default)]
    ip: Text<'a>,
    #[serde(borrow, default)]
    geo: Text<'a>,
    #[serde(borrow, default)]
    agent: Text<'a>,
    #[serde(borrow, default)]
    url: Text<'a>,
    #[serde(borrow, default)]
    blocked: Text<'a>,
    #[serde(borrow, default)]
    hard_bounce: Text<'a>,
    #[serde(borrow, default)]
    error_related_to: Text<'a>,
    #[serde(borrow, default)]
    error: Text<'a>,
    #[serde(borrow, default)]
    comment: Text<'a>,
    #[serde(borrow, default)]
    source: Text<'a>,
    #[serde(borrow, default)]
    mj_list_id: Text<'a>,
    #[serde(borrow, default)]
    original_address: Text<'a>,
    #[serde(borrow, default)]
    new_address: Text<'a>,
}

/// The meaning of an error, in bounce and blocked events.
#[derive(Clone, Copy)]
enum ErrorClass {
    /// The address does not work.
    Address(Cause),
    /// The mailbox is full, whatever `hard_bounce` says.
    MailboxFull,
    /// The message or the sender is at fault (general rule 4).
    SenderFault(Cause),
    /// Mailjet keeps trying, unless it says that it gave up.
    Deferral(Cause),
    /// The message could not be generated.
    Template,
    /// The address is mistyped.
    Typo,
    /// Mailjet temporarily refuses the address.
    Preblocked,
    /// Mailjet permanently refuses the address.
    Blacklisted,
    /// The recipient reported spam before.
    SpamReporter,
    /// The recipient appears twice in the campaign.
    Duplicate,
}

/// The documented values of `error`, and what each means.
const ERRORS: &[(&str, ErrorClass)] = &[
    ("user unknown", ErrorClass::Address(Cause::UnknownMailbox)),
    ("mailbox inactive", ErrorClass::Address(Cause::MailboxInactive)),
    ("quota exceeded", ErrorClass::MailboxFull),
    ("blacklisted", ErrorClass::Blacklisted),
    ("spam reporter", ErrorClass::SpamReporter),
    ("invalid domain", ErrorClass::Address(Cause::InvalidDomain)),
    ("no mail host", ErrorClass::Address(Cause::NoMailHost)),
    ("relay/access denied", ErrorClass::SenderFault(Cause::RelayDenied)),
    ("greylisted", ErrorClass::Deferral(Cause::Greylisted)),
    ("typofix", ErrorClass::Typo),
    ("bad or empty template", ErrorClass::Template),
    ("error in template language", ErrorClass::Template),
    ("sender blocked", ErrorClass::SenderFault(Cause::SenderBlocked)),
    ("content blocked", ErrorClass::SenderFault(Cause::Content)),
    ("policy issue", ErrorClass::SenderFault(Cause::SenderBlocked)),
    ("system issue", ErrorClass::Deferral(Cause::System)),
    ("protocol issue", ErrorClass::Deferral(Cause::System)),
    ("connection issue", ErrorClass::Deferral(Cause::System)),
    ("preblocked", ErrorClass::Preblocked),
    ("duplicate in campaign", ErrorClass::Duplicate),
];

/// Errors that were seen in `error_related_to` next to an empty `error` [wild].
const ERRORS_IN_RELATED_TO: &[&str] = &["sender blocked", "content blocked", "policy issue"];

/// Parses one event; sender domain and stream come from the path of the webhook, since Mailjet's events name no sender.
pub(super) fn parse(element: &str, context: WebhookContext<'_>) -> EmailEvent {
    if let Ok(wire) = serde_json::from_str(element) {
        return normalize(&wire, element, context);
    }
    match salvaged(element).as_deref().map(serde_json::from_str) {
        Some(Ok(wire)) => normalize(&wire, element, context),
        _ => quarantined(Provider::Mailjet, element),
    }
}

fn normalize(wire: &Wire<'_>, element: &str, context: WebhookContext<'_>) -> EmailEvent {
    if wire.event.get().is_none() {
        return quarantined(Provider::Mailjet, element);
    }
    let event_name = wire.event.key();
    let reported = if event_name == "typofix" { &wire.original_address } else { &wire.email };
    let recipient = reported.get().map(Recipient::parse);

    let id = wire.id(&event_name, recipient.as_ref(), element);
    let mut event = EmailEvent::new(Provider::Mailjet, id, wire.ruling(&event_name));
    if event.kind == Kind::Unknown {
        event.raw = Some(element.to_owned());
    }
    event.recipient = recipient;
    event.occurred_at = wire.time.get().and_then(Timestamp::from_unix).and_then(|at| at.usable_at(context.received_at));
    event.message_id = number(&wire.message_id).or_else(|| number(&wire.mj_message_id)).map(str::to_owned);
    event.sender_domain = context.sender_domain.map(str::to_owned);
    event.stream = context.stream.cloned();
    event.list = wire.list_id().map(str::to_owned);
    event.campaign = wire.customcampaign.owned().or_else(|| number(&wire.mj_campaign_id).map(str::to_owned));
    event.tags = [
        ("CustomID", &wire.custom_id),
        ("Message_GUID", &wire.message_guid),
        ("Payload", &wire.payload),
        ("error_related_to", &wire.error_related_to),
        ("geo", &wire.geo),
        ("source", &wire.source),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value.owned()?)))
    .collect();
    event.code = wire.error.owned().or_else(|| wire.error_related_to.owned());
    event.detail = wire.comment.owned().or_else(|| wire.smtp_reply.owned()).or_else(|| wire.new_address.owned());
    event.url = wire.url.owned();
    event.user_agent = wire.agent.owned();
    event.ip = wire.ip.owned();
    event
}

/// A number that identifies something: neither missing nor zero.
fn number<'a>(text: &'a Text<'_>) -> Option<&'a str> {
    text.get().map(str::trim).filter(|text| !text.is_empty() && *text != "0")
}

impl Wire<'_> {
    /// If neither message nor time distinguishes two facts, the element itself does.
    fn id(&self, event_name: &str, recipient: Option<&Recipient>, element: &str) -> EventId {
        let address = recipient.map(Recipient::key);
        let facts = [self.time.get(), self.url.get(), self.error.get(), self.mj_list_id.get()];
        let message: &[Option<&str>] = match number(&self.message_id) {
            Some(id) => &[Some(id)],
            None => &[self.mj_campaign_id.get(), self.mj_contact_id.get()],
        };
        let head = [Some(Provider::Mailjet.as_str()), Some(event_name)];
        let is_known = message.iter().chain(&[self.time.get()]).any(Option::is_some);
        let digest = (!is_known).then(|| digest_hex(element.as_bytes()));
        let tail = digest.as_deref().map(Some);
        EventId::of_elements(head.iter().chain(message).chain(&[address]).chain(&facts).copied().chain(tail))
    }

    /// The list, unless it is 0, missing or not a number.
    fn list_id(&self) -> Option<&str> {
        number(&self.mj_list_id).filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn ruling(&self, event_name: &str) -> Ruling {
        match event_name {
            "sent" => Ruling::of(Kind::Delivered).with(&[Effect::Delivered]),
            "open" => Ruling::of(Kind::Opened),
            "click" => Ruling::of(Kind::Clicked),
            "bounce" => bounce(self.error_class(), self.hard_bounce.is_true(), self.blocked.is_true()),
            "blocked" => rejected(self.error_class()),
            "spam" => Ruling::of(Kind::Complained).with(const { &[Effect::suppress(Reason::Complaint)] }),
            "unsub" => Ruling::of(Kind::Unsubscribed).with(match self.list_id() {
                Some(_) => const { &[Effect::unsubscribe(ScopeKind::List)] },
                None => const { &[Effect::unsubscribe(ScopeKind::Sender)] },
            }),
            "typofix" => Ruling::of(Kind::Corrected),
            _ => Ruling::of(Kind::Unknown),
        }
    }

    fn error_class(&self) -> Option<ErrorClass> {
        let error = self.error.key();
        let related = self.error_related_to.key();
        let name = if error.is_empty() && ERRORS_IN_RELATED_TO.contains(&related.as_str()) { related } else { error };
        ERRORS.iter().find(|(known, _)| *known == name).map(|(_, class)| *class)
    }
}

/// The ruling on a `bounce` event. `blocked` says that Mailjet will refuse the address from now on, which adds a
/// provider block unless the bounce suppresses the address anyway.
const fn bounce(class: Option<ErrorClass>, hard: bool, blocked: bool) -> Ruling {
    let ruling = bounce_by_error(class, hard);
    match ruling.effects {
        [] if blocked => ruling.with(BLOCK),
        [Effect::SoftBounce] if blocked => ruling.with(SOFT_AND_BLOCK),
        _ => ruling,
    }
}

const fn bounce_by_error(class: Option<ErrorClass>, hard: bool) -> Ruling {
    match class {
        Some(ErrorClass::Address(cause)) if hard => Ruling::hard(cause),
        Some(ErrorClass::Address(cause)) => Ruling::soft(cause),
        Some(ErrorClass::MailboxFull) => Ruling::soft(Cause::MailboxFull),
        Some(ErrorClass::SenderFault(cause)) => Ruling::sender_fault(cause),
        Some(ErrorClass::Deferral(cause)) if hard => Ruling::soft(cause),
        Some(ErrorClass::Deferral(cause)) => Ruling::with_cause(Kind::Deferred, cause),
        Some(ErrorClass::Template) => Ruling::with_cause(Kind::Failed, Cause::Template),
        Some(
            ErrorClass::Typo
            | ErrorClass::Preblocked
            | ErrorClass::Blacklisted
            | ErrorClass::SpamReporter
            | ErrorClass::Duplicate,
        ) => rejected(class),
        None if hard => Ruling::hard(Cause::Undetermined),
        None => Ruling::soft(Cause::Undetermined),
    }
}

/// The ruling on a `blocked` event: Mailjet did not attempt delivery.
const fn rejected(class: Option<ErrorClass>) -> Ruling {
    match class {
        Some(ErrorClass::Address(cause)) => Ruling::rejected(cause, BLOCK),
        Some(ErrorClass::Preblocked) => Ruling::rejected(Cause::ProviderList, BLOCK),
        Some(ErrorClass::Blacklisted) => {
            Ruling::rejected(Cause::ProviderList, const { &[Effect::provider_block(None)] })
        }
        Some(ErrorClass::SpamReporter) => {
            Ruling::rejected(Cause::ProviderList, const { &[Effect::suppress(Reason::Complaint)] })
        }
        Some(ErrorClass::Typo) => {
            Ruling::rejected(Cause::InvalidAddress, const { &[Effect::suppress(Reason::InvalidAddress)] })
        }
        Some(ErrorClass::Duplicate) => Ruling::rejected(Cause::Duplicate, &[]),
        Some(ErrorClass::Template) => Ruling::rejected(Cause::Template, &[]),
        Some(ErrorClass::MailboxFull) => Ruling::rejected(Cause::MailboxFull, &[]),
        Some(ErrorClass::SenderFault(cause) | ErrorClass::Deferral(cause)) => Ruling::rejected(cause, &[]),
        None => Ruling::rejected(Cause::Undetermined, &[]),
    }
}
