//! What the events of one report share: their common fields, made once, and how each gets recipient and id.

use std::iter::repeat_n;

use super::bounce::weight;
use super::recipients::{Attribution, Reported, attribute, distinct};
use super::report::Report;
use super::wire::{ReportedRecipient, flat_tag};
use crate::event::{Cause, EmailEvent, EventId, Kind, Provider, Recipient, Ruling};
use crate::lenient::{List, Object, Text};
use crate::timestamp::Timestamp;

/// How long after the mail an event may lie; bounce times come from foreign clocks.
const MAX_DELAY_DAYS: u32 = 400;
/// Tags that SES sets itself; they say nothing about the message.
const AUTOMATIC_TAGS: &str = "ses:";

/// What a report says of one recipient: the ruling, and diagnostic text.
pub(super) type Judgement = (Ruling, Option<String>);

impl Report<'_> {
    /// What all events of the report have in common; each still needs its id.
    ///
    /// The time is clamped to the life of the mail. A time from the future is none: that of the mail stands then.
    pub(super) fn common(&self, ruling: Ruling, timestamp: Option<&str>) -> EmailEvent {
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
        let tags = mail.tags.0.iter().flatten().filter(|(name, _)| !name.starts_with(AUTOMATIC_TAGS));
        event.tags = tags.map(flat_tag).collect();
        event
    }

    /// The body of a report, or an empty one that concerns the only destination; neither: `None`.
    pub(super) fn body_or<'b, T>(&self, body: &'b Object<T>, empty: &'b T) -> Option<&'b T> {
        body.0.as_ref().or_else(|| self.sole_recipient().map(|_| empty))
    }

    /// One event a recipient that general rule 3 admits, one for all that it does not, and one for all elements of the
    /// list that name nobody beside others that do. Of several reports about one recipient, the first of those with the
    /// strongest effect counts.
    ///
    /// `judge` also hears whether the report names another than the recipient to whom it is attributed.
    pub(super) fn per_reported(
        &self,
        mut common: EmailEvent,
        list: &List<Object<ReportedRecipient<'_>>>,
        id: impl Fn(Option<&Recipient>) -> EventId,
        judge: impl Fn(&ReportedRecipient<'_>, bool) -> Judgement,
    ) -> Vec<EmailEvent> {
        let reported: Vec<_> = list.0.iter().filter_map(|known| known.0.as_ref()).collect();
        let naming = reported.iter().filter(|dsn| dsn.email_address.get().is_some()).count();
        let (admitted, mismatch) = match attribute(&self.destinations(), &reported) {
            Attribution::To { admitted, mismatch } => (admitted, mismatch),
            Attribution::Nobody => {
                let (ruling, detail) = judge(&ReportedRecipient::default(), false);
                common.detail = detail;
                common.rule(ruling);
                common.id = id(None);
                return vec![common];
            }
        };
        // Both have the id of what brought the report, and the same raw text: one of them is enough.
        let beside = if mismatch {
            let ruling = Ruling::because(Kind::Unknown, Cause::RecipientMismatch);
            let (occurred_at, candidates) = (common.occurred_at, common.candidates);
            Some(EmailEvent { occurred_at, candidates, recipient: None, ..self.message_scoped(ruling) })
        } else if (1..list.0.len()).contains(&naming) {
            Some(EmailEvent { candidates: common.candidates, ..self.unknown() })
        } else {
            None
        };
        let attributed = each(common, admitted, |event, Reported { recipient, reports, names_another }| {
            let judged = reports.into_iter().map(|dsn| judge(dsn, names_another));
            let strongest = judged.reduce(|one, other| if weight(other.0) > weight(one.0) { other } else { one });
            let (ruling, detail) = strongest.unwrap_or_else(|| judge(&ReportedRecipient::default(), false));
            event.rule(ruling);
            event.detail = detail;
            event.id = id(Some(&recipient));
            event.recipient = Some(recipient);
        });
        attributed.into_iter().chain(beside).collect()
    }

    /// One event a destination, or one for nobody where there is none.
    pub(super) fn per_destination(
        &self,
        mut common: EmailEvent,
        id: impl Fn(Option<&Recipient>) -> EventId,
    ) -> Vec<EmailEvent> {
        let recipients = distinct(&self.destinations());
        if recipients.is_empty() {
            common.id = id(None);
            return vec![common];
        }
        each(common, recipients, |event, recipient| {
            event.id = id(Some(&recipient));
            event.recipient = Some(recipient);
        })
    }

    /// One event for the only destination, or for nobody where there are several: the report does not say which.
    pub(super) fn only_destination(&self, ruling: Ruling) -> Vec<EmailEvent> {
        let recipient = self.sole_recipient();
        let id = self.plain_id(recipient.as_ref());
        vec![EmailEvent { id, recipient, ..self.common(ruling, None) }]
    }

    /// A message that is not understood: one record, under the address if it names exactly one.
    pub(super) fn unknown(&self) -> EmailEvent {
        self.message_scoped(Ruling::of(Kind::Unknown))
    }

    /// Mail that came in is no report. What identifies it is kept, and nothing of its headers and its text.
    pub(super) fn misrouted(&self) -> EmailEvent {
        let ruling = Ruling::because(Kind::Unknown, Cause::Misrouted);
        EmailEvent { sender_domain: None, ..self.message_scoped(ruling) }
    }

    /// An event that has no identity but that of the SNS message or EventBridge event which brought it: ses, event, its id.
    fn message_scoped(&self, ruling: Ruling) -> EmailEvent {
        let id = EventId::of(&[Some(Provider::Ses.as_str()), Some(self.name), Some(self.transport_id)]);
        let only = self.wire.mail.0.as_ref().and_then(|mail| match mail.destination.0.as_slice() {
            [only] => only.get(),
            _ => None,
        });
        EmailEvent { id, recipient: only.map(Recipient::parse), ..self.common(ruling, None) }
    }

    /// The recipient of a message that has one.
    pub(super) fn sole_recipient(&self) -> Option<Recipient> {
        let mut recipients = distinct(&self.destinations());
        if recipients.len() == 1 { recipients.pop() } else { None }
    }

    fn destinations(&self) -> Vec<&str> {
        let mail = self.wire.mail.0.as_ref();
        mail.map(|mail| mail.destination.0.iter().filter_map(Text::get).collect()).unwrap_or_default()
    }

    pub(super) fn message_id(&self) -> Option<&str> {
        self.wire.mail.0.as_ref()?.message_id.get()
    }

    /// Event id: ses, event, the facts; where none of `identity` is there, the id of what brought it, too. Two such
    /// reports may be two facts, and nothing else tells them apart.
    pub(super) fn id(&self, identity: &[Option<&str>], facts: &[Option<&str>]) -> EventId {
        let head = [Some(Provider::Ses.as_str()), Some(self.name)];
        let brought_by = [Some(self.transport_id)];
        let tail = if identity.iter().any(Option::is_some) { &[][..] } else { &brought_by[..] };
        EventId::over(head.iter().chain(facts).chain(tail).copied())
    }

    pub(super) fn feedback_id(
        &self,
        feedback: &Text<'_>,
        timestamp: &Text<'_>,
        recipient: Option<&Recipient>,
    ) -> EventId {
        let (message_id, timestamp, address) = (self.message_id(), timestamp.get(), recipient.map(Recipient::key));
        match feedback.get() {
            Some(feedback) => self.id(&[Some(feedback)], &[Some(feedback), address]),
            None => self.id(&[message_id, timestamp], &[message_id, timestamp, address]),
        }
    }

    pub(super) fn timed_id(
        &self,
        recipient: Option<&Recipient>,
        timestamp: &Text<'_>,
        delay_type: Option<&str>,
    ) -> EventId {
        let (message_id, timestamp) = (self.message_id(), timestamp.get());
        self.id(&[message_id, timestamp], &[message_id, recipient.map(Recipient::key), timestamp, delay_type])
    }

    pub(super) fn plain_id(&self, recipient: Option<&Recipient>) -> EventId {
        let message_id = self.message_id();
        self.id(&[message_id], &[message_id, recipient.map(Recipient::key)])
    }
}

/// The common fields once for each of several, cut to their limits before they are copied.
pub(super) fn each<T>(common: EmailEvent, parts: Vec<T>, complete: impl Fn(&mut EmailEvent, T)) -> Vec<EmailEvent> {
    let copies = repeat_n(common.clipped(), parts.len());
    let completed = copies.zip(parts).map(|(mut event, part)| {
        complete(&mut event, part);
        event.clipped()
    });
    completed.collect()
}
