//! From one SES event to one event a recipient.

use super::bounce::{Dsn, complaint_ruling, delay_ruling, ruling as bounce_ruling};
use super::recipients::{Attribution, attribute, distinct};
use super::wire::{Engagement, ReportedRecipient, Wire, flat_tag};
use crate::dsn::Status;
use crate::event::{Cause, Effect, EmailEvent, EventId, Kind, Recipient, Ruling};
use crate::lenient::{List, Object, Text};
use crate::provider::Provider;
use crate::timestamp::Timestamp;

/// How long after the mail an event may lie; bounce times come from foreign clocks.
const MAX_DELAY_DAYS: u32 = 400;
/// Tags that SES sets itself; they say nothing about the message.
const AUTOMATIC_TAGS: &str = "ses:";

/// One SES event on its way to be normalized.
///
/// What it makes for each of many recipients is cut at once: together they may hold what the report holds once.
pub(super) struct Report<'r> {
    pub(super) wire: &'r Wire<'r>,
    /// The name of the event, as [`Wire::event_name`] gives it.
    pub(super) name: &'r str,
    /// The id of the SNS message or of the EventBridge event.
    pub(super) transport_id: &'r str,
    /// When it was published: see [`Timestamp::usable_at`].
    pub(super) reference: Timestamp,
}

impl Report<'_> {
    /// Event id: ses, bounce, feedbackId (without one: messageId, timestamp), address.
    pub(super) fn bounce(&self) -> Vec<EmailEvent> {
        let Some(bounce) = &self.wire.bounce.0 else { return vec![self.unknown(Ruling::of(Kind::Unknown))] };
        let (kind, sub_type) = (bounce.bounce_type.key(), bounce.bounce_sub_type.key());
        let code = [bounce.bounce_type.get(), bounce.bounce_sub_type.get()];
        let code: Vec<_> = code.into_iter().flatten().collect();
        let events = self.per_reported(&bounce.bounced_recipients, &bounce.timestamp, |recipient, dsn| {
            let id = self.feedback_id(&bounce.feedback_id, &bounce.timestamp, recipient);
            let ruling = bounce_ruling(&kind, &sub_type, &Dsn::of(dsn));
            let mut event = self.event(id, ruling, bounce.timestamp.get());
            event.code = Some(code.join("/")).filter(|code| !code.is_empty());
            event.detail = dsn.diagnostic_code.owned().or_else(|| dsn.status.owned());
            event
        });
        self.with_one_unknown(events)
    }

    /// A bounce of a type we do not know is one record, however many recipients it names.
    fn with_one_unknown(&self, mut events: Vec<EmailEvent>) -> Vec<EmailEvent> {
        let is_unknown = |event: &EmailEvent| event.kind == Kind::Unknown && event.cause.is_none();
        if events.iter().filter(|event| is_unknown(event)).count() > 1 {
            events.retain(|event| !is_unknown(event));
            events.push(self.unknown(Ruling::of(Kind::Unknown)));
        }
        events
    }

    /// Event id: ses, complaint, feedbackId (without one: messageId, timestamp), address.
    pub(super) fn complaint(&self) -> Vec<EmailEvent> {
        let Some(complaint) = &self.wire.complaint.0 else { return vec![self.unknown(Ruling::of(Kind::Unknown))] };
        let sub_type = &complaint.complaint_sub_type;
        let feedback_type = &complaint.complaint_feedback_type;
        let ruling = complaint_ruling(&sub_type.key(), &feedback_type.key());
        let mut events = self.per_reported(&complaint.complained_recipients, &complaint.timestamp, |recipient, _| {
            let id = self.feedback_id(&complaint.feedback_id, &complaint.timestamp, recipient);
            let mut event = self.event(id, ruling, complaint.timestamp.get());
            event.code = sub_type.owned().or_else(|| feedback_type.owned());
            event.user_agent = complaint.user_agent.owned();
            event
        });
        let candidates = complaint.complained_recipients.0.len();
        if candidates > 1 {
            for event in &mut events {
                event.candidates = Some(candidates);
            }
        }
        events
    }

    /// Event id: ses, delivery, messageId, address, timestamp, no delay type.
    pub(super) fn delivery(&self) -> Vec<EmailEvent> {
        let ruling = Ruling::of(Kind::Delivered).with(Effect::Delivered);
        let Some(delivery) = &self.wire.delivery.0 else { return self.only_destination(ruling) };
        let reported: Vec<_> = delivery.recipients.0.iter().filter_map(Text::get).collect();
        let mut recipients: Vec<_> = distinct(&reported).into_iter().map(Some).collect();
        if recipients.is_empty() {
            recipients.push(self.sole_recipient());
        }
        recipients
            .into_iter()
            .map(|recipient| {
                let id = self.timed_id(recipient.as_ref(), &delivery.timestamp, None);
                let mut event = self.event(id, ruling, delivery.timestamp.get());
                event.detail = delivery.smtp_response.owned();
                event.recipient = recipient;
                event.clipped()
            })
            .collect()
    }

    /// Event id: ses, deliverydelay, messageId, address, timestamp, delayType.
    pub(super) fn delivery_delay(&self) -> Vec<EmailEvent> {
        let Some(delay) = &self.wire.delivery_delay.0 else { return self.only_destination(delay_ruling("")) };
        let ruling = delay_ruling(&delay.delay_type.key());
        let named = delay.delayed_recipients.0.iter().filter_map(|known| known.0.as_ref());
        let mut reported: Vec<_> =
            named.filter_map(|dsn| Some((Some(Recipient::parse(dsn.email_address.get()?)), Some(dsn)))).collect();
        if reported.is_empty() {
            reported.push((self.sole_recipient(), None));
        }
        let mut events: Vec<EmailEvent> = Vec::new();
        for (recipient, dsn) in reported {
            let id = self.timed_id(recipient.as_ref(), &delay.timestamp, delay.delay_type.get());
            if events.iter().any(|event| event.id == id) {
                continue;
            }
            let mut event = self.event(id, ruling, delay.timestamp.get());
            event.code = delay.delay_type.owned();
            event.detail = dsn.and_then(|dsn| dsn.diagnostic_code.owned().or_else(|| dsn.status.owned()));
            event.recipient = recipient;
            events.push(event.clipped());
        }
        events
    }

    /// Event id: ses, event, messageId, address, timestamp, link, ip, userAgent.
    pub(super) fn engagement(&self, body: &Object<Engagement<'_>>, kind: Kind) -> Vec<EmailEvent> {
        let Some(body) = &body.0 else { return self.of_destinations(Ruling::of(kind)) };
        self.per_destination(|recipient| {
            let id = EventId::of(&[
                Some(Provider::Ses.as_str()),
                Some(self.name),
                self.message_id(),
                recipient.map(Recipient::key),
                body.timestamp.get(),
                body.link.get(),
                body.ip_address.get(),
                body.user_agent.get(),
            ]);
            let mut event = self.event(id, Ruling::of(kind), body.timestamp.get());
            event.url = body.link.owned();
            event.ip = body.ip_address.owned();
            event.user_agent = body.user_agent.owned();
            event.bot = body.is_bot_event.owned();
            let link_tags = body.link_tags.0.iter().flatten().map(flat_tag);
            event.tags.extend(link_tags.map(|(name, value)| (format!("link:{name}"), value)));
            event
        })
    }

    /// Sends, rejects and rendering failures have neither recipients nor a time of their own.
    ///
    /// Event id: ses, event, messageId, address.
    pub(super) fn of_destinations(&self, ruling: Ruling) -> Vec<EmailEvent> {
        self.per_destination(|recipient| {
            let mut event = self.event(self.plain_id(recipient), ruling, None);
            if let Some(reject) = &self.wire.reject.0 {
                event.code = reject.reason.owned();
            }
            if let Some(failure) = &self.wire.failure.0 {
                event.code = failure.template_name.owned();
                event.detail = failure.error_message.owned();
            }
            event
        })
    }

    /// An event with what all events have in common.
    ///
    /// Its time is clamped to the life of the mail. A time from the future is none: that of the mail stands then.
    pub(super) fn event(&self, id: EventId, ruling: Ruling, timestamp: Option<&str>) -> EmailEvent {
        let mut event = EmailEvent::new(Provider::Ses, id, ruling);
        let usable = |text: &str| Timestamp::parse(text)?.usable_at(self.reference);
        let reported = timestamp.and_then(usable);
        let Some(mail) = &self.wire.mail.0 else {
            event.occurred_at = reported;
            return event;
        };
        let sent = mail.timestamp.get().and_then(usable);
        event.occurred_at = match (reported, sent) {
            (Some(at), Some(sent)) => Some(at.clamp(sent, sent.plus_days(MAX_DELAY_DAYS))),
            (at, sent) => at.or(sent),
        };
        event.message_id = mail.message_id.owned();
        event.sender_domain = mail.sender_domain();
        let tags = mail.tags.0.iter().flatten().filter(|(name, _)| !name.starts_with(AUTOMATIC_TAGS));
        event.tags = tags.map(flat_tag).collect();
        event
    }

    /// One event a recipient that general rule 3 admits, one for all that it does not, and one for all elements of the
    /// list that name nobody beside others that do. Of several reports about one recipient, the first of those with the
    /// strongest effect counts.
    fn per_reported(
        &self,
        reported: &List<Object<ReportedRecipient<'_>>>,
        timestamp: &Text<'_>,
        make: impl Fn(Option<&Recipient>, &ReportedRecipient<'_>) -> EmailEvent,
    ) -> Vec<EmailEvent> {
        let elements = reported.0.len();
        let reported: Vec<_> = reported.0.iter().filter_map(|known| known.0.as_ref()).collect();
        let naming = reported.iter().filter(|dsn| dsn.email_address.get().is_some()).count();
        match attribute(&self.destinations(), &reported) {
            Attribution::Nobody => vec![make(None, &ReportedRecipient::default())],
            Attribution::To { admitted, mismatch } => {
                let mut events: Vec<EmailEvent> = Vec::new();
                for (recipient, reports) in admitted {
                    let events_of_one = reports.into_iter().map(|dsn| make(Some(&recipient), dsn).clipped());
                    let strongest =
                        events_of_one.reduce(|one, other| if weight(&other) > weight(&one) { other } else { one });
                    events.extend(strongest.map(|mut event| {
                        event.recipient = Some(recipient);
                        event
                    }));
                }
                // Both have the id of what brought the report, and the same raw text: one of them is enough.
                if mismatch {
                    events.push(self.mismatch(timestamp));
                } else if (1..elements).contains(&naming) {
                    events.push(self.unknown(Ruling::of(Kind::Unknown)));
                }
                events
            }
        }
    }

    /// A report about addresses that the message was not sent to; kept without an address and without effect.
    fn mismatch(&self, timestamp: &Text<'_>) -> EmailEvent {
        let ruling = Ruling::because(Kind::Unknown, Cause::RecipientMismatch);
        self.event(self.message_scoped_id(), ruling, timestamp.get())
    }

    fn per_destination(&self, make: impl Fn(Option<&Recipient>) -> EmailEvent) -> Vec<EmailEvent> {
        let recipients = distinct(&self.destinations());
        if recipients.is_empty() {
            return vec![make(None)];
        }
        let attributed = recipients.into_iter().map(|recipient| {
            let mut event = make(Some(&recipient)).clipped();
            event.recipient = Some(recipient);
            event
        });
        attributed.collect()
    }

    /// One event for the only destination, or for nobody where there are several: the report does not say which.
    pub(super) fn only_destination(&self, ruling: Ruling) -> Vec<EmailEvent> {
        let recipient = self.sole_recipient();
        let mut event = self.event(self.plain_id(recipient.as_ref()), ruling, None);
        event.recipient = recipient;
        vec![event]
    }

    /// The recipient of a message that has one.
    pub(super) fn sole_recipient(&self) -> Option<Recipient> {
        match distinct(&self.destinations()).as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    fn destinations(&self) -> Vec<&str> {
        let mail = self.wire.mail.0.as_ref();
        mail.map(|mail| mail.destination.0.iter().filter_map(Text::get).collect()).unwrap_or_default()
    }

    pub(super) fn message_id(&self) -> Option<&str> {
        self.wire.mail.0.as_ref()?.message_id.get()
    }

    fn feedback_id(&self, feedback: &Text<'_>, timestamp: &Text<'_>, recipient: Option<&Recipient>) -> EventId {
        let (ses, name, address) = (Some(Provider::Ses.as_str()), Some(self.name), recipient.map(Recipient::key));
        match feedback.get() {
            Some(feedback) => EventId::of(&[ses, name, Some(feedback), address]),
            None => EventId::of(&[ses, name, self.message_id(), timestamp.get(), address]),
        }
    }

    fn timed_id(&self, recipient: Option<&Recipient>, timestamp: &Text<'_>, delay_type: Option<&str>) -> EventId {
        let (ses, name, address) = (Some(Provider::Ses.as_str()), Some(self.name), recipient.map(Recipient::key));
        EventId::of(&[ses, name, self.message_id(), address, timestamp.get(), delay_type])
    }

    fn plain_id(&self, recipient: Option<&Recipient>) -> EventId {
        EventId::of(&[Some(Provider::Ses.as_str()), Some(self.name), self.message_id(), recipient.map(Recipient::key)])
    }
}

/// How much an event weighs among reports about one recipient.
fn weight(event: &EmailEvent) -> u8 {
    match event.effects.first() {
        Some(Effect::Suppress { .. }) => 2,
        Some(Effect::Soft) => 1,
        Some(Effect::Lift { .. } | Effect::Delivered) | None => 0,
    }
}

impl Dsn {
    fn of(recipient: &ReportedRecipient<'_>) -> Self {
        Self {
            action: recipient.action.key(),
            status: recipient.status.get().and_then(Status::parse),
            reported: [&recipient.action, &recipient.status, &recipient.diagnostic_code]
                .iter()
                .any(|field| field.get().is_some()),
        }
    }
}
