//! From one SES event to one event a recipient.

use super::bounce::{Dsn, complaint_ruling, delay_ruling, doubted, ruling as bounce_ruling};
use super::common::each;
use super::recipients::distinct;
use super::wire::{Bounce, Complaint, Engagement, ReportedRecipient, Wire, flat_tag};
use crate::dsn::Status;
use crate::event::{Effect, EmailEvent, Kind, Recipient, Ruling};
use crate::lenient::{Object, Text};
use crate::timestamp::Timestamp;

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
        let nothing = Bounce::default();
        let Some(bounce) = self.body_or(&self.wire.bounce, &nothing) else { return vec![self.unknown()] };
        let (kind, sub_type) = (bounce.bounce_type.key(), bounce.bounce_sub_type.key());
        let code = [bounce.bounce_type.get(), bounce.bounce_sub_type.get()];
        let code: Vec<_> = code.into_iter().flatten().collect();
        let mut common = self.common(Ruling::of(Kind::Bounced), bounce.timestamp.get());
        common.code = Some(code.join("/")).filter(|code| !code.is_empty());
        let id = |recipient: Option<&Recipient>| self.feedback_id(&bounce.feedback_id, &bounce.timestamp, recipient);
        let judge = |dsn: &ReportedRecipient<'_>, names_another: bool| {
            let ruling = bounce_ruling(&kind, &sub_type, &Dsn::of(dsn));
            let detail = dsn.diagnostic_code.owned().or_else(|| dsn.status.owned());
            (if names_another { doubted(ruling) } else { ruling }, detail)
        };
        self.with_one_unknown(self.per_reported(common, &bounce.bounced_recipients, id, judge))
    }

    /// A bounce of a type we do not know is one record, however many recipients it names.
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
        let ruling = complaint_ruling(&sub_type.key(), &feedback_type.key());
        let mut common = self.common(ruling, complaint.timestamp.get());
        common.code = sub_type.owned().or_else(|| feedback_type.owned());
        common.user_agent = complaint.user_agent.owned();
        common.candidates = Some(complaint.complained_recipients.0.len()).filter(|candidates| *candidates > 1);
        let id =
            |recipient: Option<&Recipient>| self.feedback_id(&complaint.feedback_id, &complaint.timestamp, recipient);
        self.per_reported(common, &complaint.complained_recipients, id, |_, _| (ruling, None))
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
        let mut common = self.common(ruling, delivery.timestamp.get());
        common.detail = delivery.smtp_response.owned();
        each(common, recipients, |event, recipient| {
            event.id = self.timed_id(recipient.as_ref(), &delivery.timestamp, None);
            event.recipient = recipient;
        })
    }

    /// Event id: ses, deliverydelay, messageId, address, timestamp, delayType.
    pub(super) fn delivery_delay(&self) -> Vec<EmailEvent> {
        let Some(delay) = &self.wire.delivery_delay.0 else { return self.only_destination(delay_ruling("")) };
        let named = delay.delayed_recipients.0.iter().filter_map(|known| known.0.as_ref());
        let mut reported: Vec<(Option<Recipient>, Option<&ReportedRecipient<'_>>)> = Vec::new();
        for dsn in named {
            let Some(recipient) = dsn.email_address.get().map(Recipient::parse) else { continue };
            let is_known =
                |(known, _): &(Option<Recipient>, _)| known.as_ref().is_some_and(|it| it.key() == recipient.key());
            if !reported.iter().any(is_known) {
                reported.push((Some(recipient), Some(dsn)));
            }
        }
        if reported.is_empty() {
            reported.push((self.sole_recipient(), None));
        }
        let mut common = self.common(delay_ruling(&delay.delay_type.key()), delay.timestamp.get());
        common.code = delay.delay_type.owned();
        each(common, reported, |event, (recipient, dsn)| {
            event.id = self.timed_id(recipient.as_ref(), &delay.timestamp, delay.delay_type.get());
            event.detail = dsn.and_then(|dsn| dsn.diagnostic_code.owned().or_else(|| dsn.status.owned()));
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
            let (message_id, timestamp) = (self.message_id(), body.timestamp.get());
            let address = recipient.map(Recipient::key);
            let (link, ip, user_agent) = (body.link.get(), body.ip_address.get(), body.user_agent.get());
            self.id(&[message_id, timestamp], &[message_id, address, timestamp, link, ip, user_agent])
        })
    }

    /// Sends, rejects and rendering failures have neither recipients nor a time of their own.
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
        self.per_destination(common, |recipient| self.plain_id(recipient))
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
