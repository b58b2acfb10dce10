//! The normalized event.

use std::collections::BTreeMap;
use std::fmt;

use super::{Cause, Effect, EventId, Kind, Permanence, Provider, Ruling, Stream, Tenant, Transport};
use crate::address::{Address, addr_spec};
use crate::text::clip;
use crate::timestamp::Timestamp;

/// The longest diagnostic text kept, in bytes.
const DETAIL_BYTES: usize = 512;
/// The longest other text kept, in bytes; a longer fact is noise or an attack.
const TEXT_BYTES: usize = 256;
/// The longest link kept, in bytes.
const URL_BYTES: usize = 1024;
/// The longest raw element kept, in bytes.
const RAW_BYTES: usize = 16 * 1024;
/// The most tags kept per event.
const MAX_TAGS: usize = 16;

/// The recipient an event is about.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The normalized key; `None` if the reported text is not an address.
    pub address: Option<Address>,
    /// The address as reported; some provider APIs match it exactly.
    pub spelling: String,
}

impl Recipient {
    /// Reads a reported mailbox.
    #[must_use]
    pub fn parse(mailbox: &str) -> Self {
        Self { address: Address::parse(mailbox), spelling: clip(addr_spec(mailbox), TEXT_BYTES).to_owned() }
    }

    /// The address in an event id: the normalized key, or the reported text without one.
    #[must_use]
    pub fn key(&self) -> &str {
        self.address.as_ref().map_or(self.spelling.as_str(), Address::as_str)
    }
}

impl fmt::Debug for Recipient {
    /// Hides the address: a debug print may reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient").field("usable", &self.address.is_some()).finish_non_exhaustive()
    }
}

/// One fact that a provider reported about one message and one recipient.
///
/// It depends on the provider's report alone, so a redelivery equals the first delivery. The times of publication and
/// receipt only limit which reported times are plausible: see [`Timestamp::usable_at`].
#[derive(Clone, PartialEq, Eq)]
pub struct EmailEvent {
    /// The id, which is the same for every repetition of this fact.
    pub id: EventId,
    /// Who reported it.
    pub provider: Provider,
    /// What happened.
    pub kind: Kind,
    /// Whether a bounce is permanent.
    pub permanence: Option<Permanence>,
    /// Why.
    pub cause: Option<Cause>,
    /// The effects that the decision table demands; empty: none.
    pub effects: Vec<Effect>,
    /// Who it concerns; `None` if the report names nobody.
    pub recipient: Option<Recipient>,
    /// When it happened, according to the provider; `None` if the report has no usable time.
    pub occurred_at: Option<Timestamp>,
    /// When the notification was published, if the transport says so (SNS, EventBridge).
    pub published_at: Option<Timestamp>,
    /// The provider's id of the sent message: SES `messageId`, Tencent `bulkId`, Mailjet `MessageID`.
    pub message_id: Option<String>,
    /// The domain the message was sent from, in lower-case A-labels.
    pub sender_domain: Option<String>,
    /// The tenant on whose behalf the message was sent; of SES only.
    pub tenant: Option<Tenant>,
    /// The stream it belongs to, as the sender divides its mail.
    pub stream: Option<Stream>,
    /// The configuration set it was sent with; of SES only.
    pub configuration_set: Option<String>,
    /// The mailbox provider of the recipient, in the provider's word; of SES only.
    pub recipient_isp: Option<String>,
    /// The list, or `<list>/<topic>`.
    pub list: Option<String>,
    /// The campaign the message belongs to.
    pub campaign: Option<String>,
    /// The tags that the sender put on the message.
    pub tags: BTreeMap<String, String>,
    /// The provider's code: `Permanent/General`, `user unknown`, `hard_bounce`.
    pub code: Option<String>,
    /// Diagnostic text, at most 512 bytes.
    pub detail: Option<String>,
    /// The link that was clicked.
    pub url: Option<String>,
    /// The program that opened the message, clicked the link or sent the report.
    pub user_agent: Option<String>,
    /// The IP address of that program.
    pub ip: Option<String>,
    /// Whether the provider considers it a bot, in the provider's own terms.
    pub bot: Option<String>,
    /// How many recipients a complaint names, if several.
    pub candidates: Option<usize>,
    /// How it arrived; `None`: through a webhook.
    pub transport: Option<Transport>,
    /// The element itself if it could not be understood, cut at 16 KiB; never incoming mail that SES reported as JSON.
    pub raw: Option<String>,
}

impl EmailEvent {
    /// An event with nothing but its ruling.
    #[must_use]
    pub fn new(provider: Provider, id: EventId, ruling: Ruling) -> Self {
        Self {
            id,
            provider,
            kind: ruling.kind,
            permanence: ruling.permanence,
            cause: ruling.cause,
            effects: ruling.effects.to_vec(),
            recipient: None,
            occurred_at: None,
            published_at: None,
            message_id: None,
            sender_domain: None,
            tenant: None,
            stream: None,
            configuration_set: None,
            recipient_isp: None,
            list: None,
            campaign: None,
            tags: BTreeMap::new(),
            code: None,
            detail: None,
            url: None,
            user_agent: None,
            ip: None,
            bot: None,
            candidates: None,
            transport: None,
            raw: None,
        }
    }

    /// Takes over the fields of a ruling.
    pub(crate) fn apply(&mut self, ruling: Ruling) {
        self.kind = ruling.kind;
        self.permanence = ruling.permanence;
        self.cause = ruling.cause;
        self.effects = ruling.effects.to_vec();
    }

    /// An element that could not be understood, kept for people to inspect.
    #[must_use]
    pub fn unknown(provider: Provider, id: EventId, raw: &str) -> Self {
        let mut event = Self::new(provider, id, Ruling::of(Kind::Unknown));
        event.raw = Some(raw.to_owned());
        event
    }

    /// The normalized address, if the event names a usable one.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        self.recipient.as_ref()?.address.as_ref()
    }

    /// [`Self::occurred_at`], or else the time of publication, or else of receipt.
    #[must_use]
    pub fn effective_at(&self, received_at: Timestamp) -> Timestamp {
        self.occurred_at.or(self.published_at).unwrap_or(received_at)
    }

    /// The same event with every text cut to its limit, so that its record always fits.
    #[must_use]
    pub fn clipped(mut self) -> Self {
        shorten(self.detail.as_mut(), DETAIL_BYTES);
        shorten(self.url.as_mut(), URL_BYTES);
        shorten(self.raw.as_mut(), RAW_BYTES);
        let transport_id = self.transport.as_mut().map(|transport| match transport {
            Transport::Sns(id) | Transport::EventBridge(id) => id,
        });
        for text in [
            self.message_id.as_mut(),
            self.sender_domain.as_mut(),
            self.configuration_set.as_mut(),
            self.recipient_isp.as_mut(),
            self.list.as_mut(),
            self.campaign.as_mut(),
            self.code.as_mut(),
            self.user_agent.as_mut(),
            self.ip.as_mut(),
            self.bot.as_mut(),
            transport_id,
        ] {
            shorten(text, TEXT_BYTES);
        }
        // DynamoDB rejects an attribute without a name.
        let fits =
            |(name, value): (&String, &String)| (1..=TEXT_BYTES).contains(&name.len()) && value.len() <= TEXT_BYTES;
        if self.tags.len() > MAX_TAGS || !self.tags.iter().all(fits) {
            let named = std::mem::take(&mut self.tags).into_iter().filter(|(name, _)| !name.is_empty());
            let short = |text: String| clip(&text, TEXT_BYTES).to_owned();
            self.tags = named.take(MAX_TAGS).map(|(name, value)| (short(name), short(value))).collect();
        }
        self
    }
}

impl fmt::Debug for EmailEvent {
    /// Shows only what may appear in a log, nothing personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EmailEvent");
        shown.field("id", &self.id).field("provider", &self.provider).field("kind", &self.kind);
        shown.field("cause", &self.cause).field("effects", &self.effects).finish_non_exhaustive()
    }
}

fn shorten(text: Option<&mut String>, limit: usize) {
    // A copy: truncating would keep the whole text's memory.
    if let Some(long) = text.filter(|text| text.len() > limit) {
        *long = clip(long, limit).to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, EmailEvent, Recipient};
    use crate::event::{EventId, Kind, Provider, Ruling};

    #[test]
    fn a_recipient_keeps_its_spelling_beside_the_key() {
        let recipient = Recipient::parse("Jane <Jane@Example.com>");
        assert_eq!(recipient.spelling, "Jane@Example.com");
        assert_eq!(recipient.address.as_ref().map(Address::as_str), Some("jane@example.com"));
        assert_eq!(Recipient::parse("nobody").address, None);
    }

    #[test]
    fn texts_are_cut_to_their_limits() {
        let mut event = EmailEvent::new(Provider::Ses, EventId::of(&[]), Ruling::of(Kind::Clicked));
        event.detail = Some("é".repeat(400));
        event.tags = (0..40).map(|n| (n.to_string(), "v".repeat(9000))).collect();
        event.tags.insert(String::new(), "no name".to_owned());
        event.raw = Some("x".repeat(500_000));
        let event = event.clipped();
        assert_eq!(event.raw.map(|text| text.len()), Some(16 * 1024));
        assert_eq!(event.detail.map(|text| text.len()), Some(512));
        assert_eq!(event.tags.len(), 16);
        assert!(event.tags.values().all(|value| value.len() == 256));
    }
}
