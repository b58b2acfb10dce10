//! Turns one SES event into one event per recipient.

use std::iter::repeat_n;

use super::identity::Identity;
use super::recipients::{Attributed, Attribution, attribute, distinct};
use super::rulings::{self, DeliveryStatus, strength};
use super::settings::{AUTOMATIC_TAGS, CONFIGURATION_SET, StreamTag};
use super::subscription::changes;
use super::wire::{Bounce, Complaint, Engagement, ReportedRecipient, Wire, flat_tag};
use crate::event::{Cause, Effect, EmailEvent, EventId, Kind, Provider, Recipient, Ruling, Stream, Tenant};
use crate::lenient::{List, Object, Text};
use crate::timestamp::Timestamp;

/// How long after the mail an event may happen; bounce times come from the clocks of other servers.
const MAX_DELAY_DAYS: u32 = 400;
/// Documented for bounces and complaints of mail that was sent for a tenant.
const TENANT: &str = "ses:tenant-name";
/// Set where Virtual Deliverability Manager is on.
const RECIPIENT_ISP: &str = "ses:recipient-isp";

/// What a report says about one recipient: the ruling, and diagnostic text.
type Assessment = (Ruling, Option<String>);

/// One SES event that is being normalized.
///
/// The event for each of many recipients is cut to its limits at once: together they may hold what the report holds
/// once.
pub(super) struct Report<'r> {
    wire: &'r Wire<'r>,
    id: Identity<'r>,
    /// When it was published: see [`Timestamp::usable_at`].
    reference: Timestamp,
    /// The tag whose value is the stream.
    stream_tag: Option<&'r StreamTag>,
}

impl<'r> Report<'r> {
    /// Creates a report from the name of its event, the id of its transport, the time that none of its times may much
    /// exceed, and the tag whose value is the stream.
    pub(super) fn new(
        wire: &'r Wire<'r>,
        event_name: &'r str,
        transport_id: &'r str,
        reference: Timestamp,
        stream_tag: Option<&'r StreamTag>,
    ) -> Self {
        let message_id = wire.mail.0.as_ref().and_then(|mail| mail.message_id.get());
        Self { wire, id: Identity { event_name, message_id, transport_id }, reference, stream_tag }
    }
}

impl Report<'_> {
    /// Event id: ses, bounce, feedbackId (without one: messageId, timestamp), address.
    pub(super) fn bounce(&self) -> Vec<EmailEvent> {
        let nothing = Bounce::default();
        let Some(bounce) = self.body_or(&self.wire.bounce, &nothing) else { return vec![self.unknown()] };
        let (bounce_type, sub_type) = (bounce.bounce_type.key(), bounce.bounce_sub_type.key());
        let code = [bounce.bounce_type.get(), bounce.bounce_sub_type.get()];
        let code: Vec<_> = code.into_iter().flatten().collect();
        let mut common = self.common(Ruling::of(Kind::Bounced), bounce.timestamp.get());
        common.code = Some(code.join("/")).filter(|code| !code.is_empty());
        let id = |recipient: Option<&Recipient>| self.id.of_feedback(&bounce.feedback_id, &bounce.timestamp, recipient);
        let assess = |reported: &ReportedRecipient<'_>, names_another: bool| {
            let status = DeliveryStatus::of(reported);
            (rulings::bounce(&bounce_type, &sub_type, &status, names_another), reported.detail())
        };
        self.with_one_unknown(self.per_reported(common, &bounce.bounced_recipients, id, assess))
    }

    /// A bounce of an unknown type is one record, however many recipients it names.
    fn with_one_unknown(&self, mut events: Vec<EmailEvent>) -> Vec<EmailEvent> {
        let is_unknown = |event: &EmailEvent| event.kind == Kind::Unknown && event.cause.is_none();
        if events.iter().filter(|event| is_unknown(event)).count() > 1 {
            events.retain(|event| !is_unknown(event));
            events.push(self.unknown());
        }
        events
    }

    /// Event id: ses, complaint, feedbackId (without one: messageId, timestamp), address.
    pub(super) fn complaint(&self) -> Vec<EmailEvent> {
        let nothing = Complaint::default();
        let Some(complaint) = self.body_or(&self.wire.complaint, &nothing) else { return vec![self.unknown()] };
        let sub_type = &complaint.complaint_sub_type;
        let feedback_type = &complaint.complaint_feedback_type;
        let ruling = rulings::complaint(&sub_type.key(), &feedback_type.key());
        let mut common = self.common(ruling, complaint.timestamp.get());
        common.code = sub_type.owned().or_else(|| feedback_type.owned());
        common.user_agent = complaint.user_agent.owned();
        common.candidates = Some(complaint.complained_recipients.0.len()).filter(|candidates| *candidates > 1);
        let id = |recipient: Option<&Recipient>| {
            self.id.of_feedback(&complaint.feedback_id, &complaint.timestamp, recipient)
        };
        self.per_reported(common, &complaint.complained_recipients, id, |_, _| (ruling, None))
    }

    /// Event id: ses, delivery, messageId, address, timestamp, no delay type.
    pub(super) fn delivery(&self) -> Vec<EmailEvent> {
        let ruling = Ruling::of(Kind::Delivered).with(&[Effect::Delivered]);
        let Some(delivery) = &self.wire.delivery.0 else { return self.only_destination(ruling) };
        let reported: Vec<_> = delivery.recipients.0.iter().filter_map(Text::get).collect();
        let mut recipients: Vec<_> = distinct(&reported).into_iter().map(Some).collect();
        if recipients.is_empty() {
            recipients.push(self.only_recipient());
        }
        let mut common = self.common(ruling, delivery.timestamp.get());
        common.detail = delivery.smtp_response.owned();
        fan_out(common, recipients, |event, recipient| {
            event.id = self.id.of_attempt(recipient.as_ref(), &delivery.timestamp, None);
            event.recipient = recipient;
        })
    }

    /// Event id: ses, deliverydelay, messageId, address, timestamp, delayType.
    pub(super) fn delivery_delay(&self) -> Vec<EmailEvent> {
        let Some(delay) = &self.wire.delivery_delay.0 else { return self.only_destination(rulings::delay("")) };
        let mut delayed: Vec<(Option<Recipient>, Option<&ReportedRecipient<'_>>)> = Vec::new();
        for reported in delay.delayed_recipients.0.iter().filter_map(|known| known.0.as_ref()) {
            let Some(recipient) = reported.email_address.get().map(Recipient::parse) else { continue };
            let is_known =
                |(known, _): &(Option<Recipient>, _)| known.as_ref().is_some_and(|it| it.key() == recipient.key());
            if !delayed.iter().any(is_known) {
                delayed.push((Some(recipient), Some(reported)));
            }
        }
        if delayed.is_empty() {
            delayed.push((self.only_recipient(), None));
        }
        let mut common = self.common(rulings::delay(&delay.delay_type.key()), delay.timestamp.get());
        common.code = delay.delay_type.owned();
        fan_out(common, delayed, |event, (recipient, reported)| {
            event.id = self.id.of_attempt(recipient.as_ref(), &delay.timestamp, delay.delay_type.get());
            event.detail = reported.and_then(ReportedRecipient::detail);
            event.recipient = recipient;
        })
    }

    /// Event id: ses, event, messageId, address, timestamp, link, ip, userAgent.
    pub(super) fn engagement(&self, body: &Object<Engagement<'_>>, kind: Kind) -> Vec<EmailEvent> {
        let Some(body) = &body.0 else { return self.of_destinations(Ruling::of(kind)) };
        let mut common = self.common(Ruling::of(kind), body.timestamp.get());
        common.url = body.link.owned();
        common.ip = body.ip_address.owned();
        common.user_agent = body.user_agent.owned();
        common.bot = body.is_bot_event.owned();
        let link_tags = body.link_tags.0.iter().flatten().map(flat_tag);
        common.tags.extend(link_tags.map(|(name, value)| (format!("link:{name}"), value)));
        self.per_destination(common, |recipient| {
            let (message_id, timestamp) = (self.id.message_id, body.timestamp.get());
            let address = recipient.map(Recipient::key);
            let (link, ip, user_agent) = (body.link.get(), body.ip_address.get(), body.user_agent.get());
            self.id.of(&[message_id, timestamp], &[message_id, address, timestamp, link, ip, user_agent])
        })
    }

    /// One event per change of preferences; the report names no recipient, so the message must have been sent to just
    /// one.
    ///
    /// Event id: ses, subscription, messageId, contactList, topic, timestamp, address.
    pub(super) fn subscription(&self) -> Vec<EmailEvent> {
        let Some(subscription) = &self.wire.subscription.0 else {
            return self.only_destination(Ruling::of(Kind::Unknown));
        };
        let mut common = self.common(Ruling::of(Kind::Unsubscribed), subscription.timestamp.get());
        common.code = subscription.source.owned();
        common.recipient = self.only_recipient();
        let (message_id, timestamp) = (self.id.message_id, subscription.timestamp.get());
        let list = subscription.contact_list.get();
        fan_out(common, changes(subscription), |event, change| {
            let address = event.recipient.as_ref().map(Recipient::key);
            event.id = self.id.of(&[message_id, timestamp], &[message_id, list, change.topic, timestamp, address]);
            event.apply(change.ruling);
            event.list = list.map(str::trim).map(|list| match change.topic {
                Some(topic) => format!("{list}/{}", topic.trim()),
                None => list.to_owned(),
            });
        })
    }

    /// The events of sends, rejects and rendering failures, which have neither recipients nor a time of their own.
    ///
    /// Event id: ses, event, messageId, address.
    pub(super) fn of_destinations(&self, ruling: Ruling) -> Vec<EmailEvent> {
        let mut common = self.common(ruling, None);
        if let Some(reject) = &self.wire.reject.0 {
            common.code = reject.reason.owned();
        }
        if let Some(failure) = &self.wire.failure.0 {
            common.code = failure.template_name.owned();
            common.detail = failure.error_message.owned();
        }
        self.per_destination(common, |recipient| self.id.of_message(recipient))
    }

    /// The event for a message that is not understood: one record, under the address if it names exactly one.
    pub(super) fn unknown(&self) -> EmailEvent {
        self.of_transport(Ruling::of(Kind::Unknown))
    }

    /// The event for incoming mail, which is not a report: its identifiers are kept, but none of its headers and text.
    pub(super) fn misrouted(&self) -> EmailEvent {
        let ruling = Ruling::with_cause(Kind::Unknown, Cause::Misrouted);
        EmailEvent { sender_domain: None, ..self.of_transport(ruling) }
    }

    /// An event without an identity other than the SNS message or EventBridge event that carried it.
    fn of_transport(&self, ruling: Ruling) -> EmailEvent {
        let only = self.wire.mail.0.as_ref().and_then(|mail| match mail.destination.0.as_slice() {
            [only] => only.get(),
            _ => None,
        });
        let recipient = only.map(Recipient::parse);
        EmailEvent { id: self.id.of_transport(), recipient, ..self.common(ruling, None) }
    }

    /// What all events of the report have in common; each still needs its id.
    ///
    /// The time is clamped to the lifetime of the mail. A time in the future is invalid: the time of the mail replaces
    /// it.
    fn common(&self, ruling: Ruling, timestamp: Option<&str>) -> EmailEvent {
        let mut event = EmailEvent::new(Provider::Ses, EventId::pending(), ruling);
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
        event.tenant = mail.tag(TENANT).and_then(Tenant::parse);
        event.stream = self.stream_tag.and_then(|tag| mail.tag(tag.name())).and_then(Stream::parse);
        event.configuration_set = mail.tag(CONFIGURATION_SET).map(str::to_owned);
        event.recipient_isp = mail.tag(RECIPIENT_ISP).map(str::to_owned);
        // Those that are no attribute say nothing about the message.
        let tags = mail.tags.0.iter().flatten().filter(|(name, _)| !name.starts_with(AUTOMATIC_TAGS));
        event.tags = tags.map(flat_tag).collect();
        event
    }

    /// The body of a report, or an empty one that concerns the only destination; otherwise `None`.
    fn body_or<'b, T>(&self, body: &'b Object<T>, empty: &'b T) -> Option<&'b T> {
        body.0.as_ref().or_else(|| self.only_recipient().map(|_| empty))
    }

    /// One event per recipient that general rule 3 admits, one for all that it does not, and one for all list elements
    /// that name nobody if others do. Of several reports about one recipient, the first of those with the strongest
    /// effect counts.
    ///
    /// `assess` is told whether the report names another recipient than the one it is attributed to.
    fn per_reported(
        &self,
        mut common: EmailEvent,
        list: &List<Object<ReportedRecipient<'_>>>,
        id: impl Fn(Option<&Recipient>) -> EventId,
        assess: impl Fn(&ReportedRecipient<'_>, bool) -> Assessment,
    ) -> Vec<EmailEvent> {
        let reported: Vec<_> = list.0.iter().filter_map(|known| known.0.as_ref()).collect();
        let naming = reported.iter().filter(|recipient| recipient.email_address.get().is_some()).count();
        let (admitted, mismatch) = match attribute(&self.destinations(), &reported) {
            Attribution::To { admitted, mismatch } => (admitted, mismatch),
            Attribution::Nobody => {
                let (ruling, detail) = assess(&ReportedRecipient::default(), false);
                common.detail = detail;
                common.apply(ruling);
                common.id = id(None);
                return vec![common];
            }
        };
        // Both have the id of the transport and the same raw text, so one of them is enough.
        let beside = if mismatch {
            let ruling = Ruling::with_cause(Kind::Unknown, Cause::RecipientMismatch);
            let (occurred_at, candidates) = (common.occurred_at, common.candidates);
            Some(EmailEvent { occurred_at, candidates, recipient: None, ..self.of_transport(ruling) })
        } else if (1..list.0.len()).contains(&naming) {
            Some(EmailEvent { candidates: common.candidates, ..self.unknown() })
        } else {
            None
        };
        let attributed = fan_out(common, admitted, |event, Attributed { recipient, reports, names_another }| {
            let assessed = reports.into_iter().map(|reported| assess(reported, names_another));
            let strongest = assessed.reduce(|one, other| if strength(other.0) > strength(one.0) { other } else { one });
            let (ruling, detail) = strongest.unwrap_or_else(|| assess(&ReportedRecipient::default(), false));
            event.apply(ruling);
            event.detail = detail;
            event.id = id(Some(&recipient));
            event.recipient = Some(recipient);
        });
        attributed.into_iter().chain(beside).collect()
    }

    /// One event per destination, or one for nobody without a destination.
    fn per_destination(&self, mut common: EmailEvent, id: impl Fn(Option<&Recipient>) -> EventId) -> Vec<EmailEvent> {
        let recipients = distinct(&self.destinations());
        if recipients.is_empty() {
            common.id = id(None);
            return vec![common];
        }
        fan_out(common, recipients, |event, recipient| {
            event.id = id(Some(&recipient));
            event.recipient = Some(recipient);
        })
    }

    /// One event for the only destination, or for nobody if there are several: the report does not say which.
    fn only_destination(&self, ruling: Ruling) -> Vec<EmailEvent> {
        let recipient = self.only_recipient();
        let id = self.id.of_message(recipient.as_ref());
        vec![EmailEvent { id, recipient, ..self.common(ruling, None) }]
    }

    /// The recipient of a message that has just one.
    fn only_recipient(&self) -> Option<Recipient> {
        let mut recipients = distinct(&self.destinations());
        if recipients.len() == 1 { recipients.pop() } else { None }
    }

    fn destinations(&self) -> Vec<&str> {
        let mail = self.wire.mail.0.as_ref();
        mail.map(|mail| mail.destination.0.iter().filter_map(Text::get).collect()).unwrap_or_default()
    }
}

/// One event per part, each with the common fields, which are cut to their limits before they are copied.
fn fan_out<T>(common: EmailEvent, parts: Vec<T>, complete: impl Fn(&mut EmailEvent, T)) -> Vec<EmailEvent> {
    let copies = repeat_n(common.clipped(), parts.len());
    let completed = copies.zip(parts).map(|(mut event, part)| {
        complete(&mut event, part);
        event.clipped()
    });
    completed.collect()
}
