//! Mailjet: the event API (<https://dev.mailjet.com/email/guides/webhooks/>).
//!
//! Event id: mailjet, event, `MessageID` (absent, 0 or empty: `mj_campaign_id`, `mj_contact_id`), address, time, url,
//! error, `mj_list_id`; without message and time, the digest of the element, too. Mailjet sends no event id of its own and repeats a request on anything but 200.

use serde::Deserialize;

use super::salvage::salvaged;
use super::{Posted, quarantined};
use crate::event::{
    Breadth, Cause, Effect, EmailEvent, EventId, Kind, Provider, Reason, Recipient, Ruling, digest_hex,
};
use crate::lenient::Text;
use crate::timestamp::Timestamp;

/// How long an address that Mailjet itself refuses is left alone [ours].
const BLOCK_DAYS: u32 = 30;

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

/// What an error says, in bounce and blocked events.
#[derive(Clone, Copy)]
enum Fault {
    /// The address does not work.
    Address(Cause),
    /// The mailbox is full, whatever `hard_bounce` says.
    Full,
    /// The message or the sender is at fault (general rule 4).
    Blameless(Cause),
    /// Mailjet goes on trying, unless it says that it gave up.
    Deferral(Cause),
    /// The message could not be made.
    Template,
    /// The address is mistyped.
    Typo,
    /// Mailjet refuses the address for a while.
    Preblocked,
    /// Mailjet refuses the address for good.
    Blacklisted,
    /// The recipient reported spam before.
    SpamReporter,
    /// The recipient stands twice in the campaign.
    Duplicate,
}

/// The documented values of `error`, and what each says.
const FAULTS: &[(&str, Fault)] = &[
    ("user unknown", Fault::Address(Cause::UnknownMailbox)),
    ("mailbox inactive", Fault::Address(Cause::MailboxInactive)),
    ("quota exceeded", Fault::Full),
    ("blacklisted", Fault::Blacklisted),
    ("spam reporter", Fault::SpamReporter),
    ("invalid domain", Fault::Address(Cause::InvalidDomain)),
    ("no mail host", Fault::Address(Cause::NoMailHost)),
    ("relay/access denied", Fault::Blameless(Cause::RelayDenied)),
    ("greylisted", Fault::Deferral(Cause::Greylisted)),
    ("typofix", Fault::Typo),
    ("bad or empty template", Fault::Template),
    ("error in template language", Fault::Template),
    ("sender blocked", Fault::Blameless(Cause::SenderBlocked)),
    ("content blocked", Fault::Blameless(Cause::Content)),
    ("policy issue", Fault::Blameless(Cause::SenderBlocked)),
    ("system issue", Fault::Deferral(Cause::System)),
    ("protocol issue", Fault::Deferral(Cause::System)),
    ("connection issue", Fault::Deferral(Cause::System)),
    ("preblocked", Fault::Preblocked),
    ("duplicate in campaign", Fault::Duplicate),
];

/// Errors that were seen in `error_related_to` beside an empty `error` [wild].
const MISPLACED: &[&str] = &["sender blocked", "content blocked", "policy issue"];

/// Reads one event; its sender domain comes from the path of the webhook, since Mailjet's events name no sender.
pub(super) fn parse(element: &str, posted: Posted<'_>) -> EmailEvent {
    if let Ok(wire) = serde_json::from_str(element) {
        return normalize(&wire, element, posted);
    }
    match salvaged(element).as_deref().map(serde_json::from_str) {
        Some(Ok(wire)) => normalize(&wire, element, posted),
        _ => quarantined(Provider::Mailjet, element),
    }
}

fn normalize(wire: &Wire<'_>, element: &str, posted: Posted<'_>) -> EmailEvent {
    if wire.event.get().is_none() {
        return quarantined(Provider::Mailjet, element);
    }
    let event_name = wire.event.key();
    let reported = if event_name == "typofix" { &wire.original_address } else { &wire.email };
    let recipient = reported.get().map(Recipient::parse);
    let ruling = wire.ruling(&event_name);

    let mut event = EmailEvent::new(Provider::Mailjet, wire.id(&event_name, recipient.as_ref(), element), ruling);
    if event_name == "bounce" && wire.blocked.is_true() && matches!(ruling.effect, None | Some(Effect::Soft)) {
        event.effects.push(Effect::provider_block(Some(BLOCK_DAYS)));
    }
    if event.kind == Kind::Unknown {
        event.raw = Some(element.to_owned());
    }
    event.recipient = recipient;
    event.occurred_at = wire.time.get().and_then(Timestamp::from_unix).and_then(|at| at.usable_at(posted.received_at));
    event.message_id = number(&wire.message_id).or_else(|| number(&wire.mj_message_id)).map(str::to_owned);
    event.sender_domain = posted.sender_domain.map(str::to_owned);
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

/// A number that identifies something: neither absent nor zero.
fn number<'a>(text: &'a Text<'_>) -> Option<&'a str> {
    text.get().map(str::trim).filter(|text| !text.is_empty() && *text != "0")
}

impl Wire<'_> {
    /// Where no message and no time tells two facts apart, the element itself does.
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
        EventId::over(head.iter().chain(message).chain(&[address]).chain(&facts).copied().chain(tail))
    }

    /// The list, unless it is 0, absent or no number.
    fn list_id(&self) -> Option<&str> {
        number(&self.mj_list_id).filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn ruling(&self, event_name: &str) -> Ruling {
        match event_name {
            "sent" => Ruling::of(Kind::Delivered).with(Effect::Delivered),
            "open" => Ruling::of(Kind::Opened),
            "click" => Ruling::of(Kind::Clicked),
            "bounce" => bounce(self.fault(), self.hard_bounce.is_true()),
            "blocked" => blocked(self.fault()),
            "spam" => Ruling::of(Kind::Complained).with(Effect::suppress(Reason::Complaint)),
            "unsub" => Ruling::of(Kind::Unsubscribed).with(Effect::unsubscribe(match self.list_id() {
                Some(_) => Breadth::List,
                None => Breadth::SenderDomain,
            })),
            "typofix" => Ruling::of(Kind::Corrected),
            _ => Ruling::of(Kind::Unknown),
        }
    }

    fn fault(&self) -> Option<Fault> {
        let error = self.error.key();
        let related = self.error_related_to.key();
        let name = if error.is_empty() && MISPLACED.contains(&related.as_str()) { related } else { error };
        FAULTS.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault)
    }
}

/// The ruling on a `bounce` event.
const fn bounce(fault: Option<Fault>, hard: bool) -> Ruling {
    match fault {
        Some(Fault::Address(cause)) if hard => Ruling::hard(cause),
        Some(Fault::Address(cause)) => Ruling::soft(cause),
        Some(Fault::Full) => Ruling::soft(Cause::MailboxFull),
        Some(Fault::Blameless(cause)) => Ruling::blameless(cause),
        Some(Fault::Deferral(cause)) if hard => Ruling::soft(cause),
        Some(Fault::Deferral(cause)) => Ruling::because(Kind::Deferred, cause),
        Some(Fault::Template) => Ruling::because(Kind::Failed, Cause::Template),
        Some(Fault::Typo | Fault::Preblocked | Fault::Blacklisted | Fault::SpamReporter | Fault::Duplicate) => {
            blocked(fault)
        }
        None if hard => Ruling::hard(Cause::Undetermined),
        None => Ruling::soft(Cause::Undetermined),
    }
}

/// The ruling on a `blocked` event: Mailjet did not even try.
const fn blocked(fault: Option<Fault>) -> Ruling {
    let (cause, effect) = match fault {
        Some(Fault::Address(cause)) => (cause, Some(Effect::provider_block(Some(BLOCK_DAYS)))),
        Some(Fault::Preblocked) => (Cause::ProviderList, Some(Effect::provider_block(Some(BLOCK_DAYS)))),
        Some(Fault::Blacklisted) => (Cause::ProviderList, Some(Effect::provider_block(None))),
        Some(Fault::SpamReporter) => (Cause::ProviderList, Some(Effect::suppress(Reason::Complaint))),
        Some(Fault::Typo) => (Cause::InvalidAddress, Some(Effect::suppress(Reason::InvalidAddress))),
        Some(Fault::Duplicate) => (Cause::Duplicate, None),
        Some(Fault::Template) => (Cause::Template, None),
        Some(Fault::Full) => (Cause::MailboxFull, None),
        Some(Fault::Blameless(cause) | Fault::Deferral(cause)) => (cause, None),
        None => (Cause::Undetermined, None),
    };
    Ruling::rejected(cause, effect)
}
