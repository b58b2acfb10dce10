//! The event ids of SES reports.

use crate::event::{EventId, Provider, Recipient};
use crate::lenient::Text;

/// The parts of a report's event ids.
#[derive(Clone, Copy)]
pub(super) struct Identity<'r> {
    /// The name of the event, in the one spelling that ids use.
    pub(super) event_name: &'r str,
    /// The id of the sent message.
    pub(super) message_id: Option<&'r str>,
    /// The id of the SNS message or EventBridge event that carried the report.
    pub(super) transport_id: &'r str,
}

impl Identity<'_> {
    /// Event id: ses, event, the facts; without any `identity`, the id of the transport, too.
    ///
    /// Two such reports may be two facts, and nothing else distinguishes them.
    pub(super) fn of(&self, identity: &[Option<&str>], facts: &[Option<&str>]) -> EventId {
        let head = [Some(Provider::Ses.as_str()), Some(self.event_name)];
        let transport = [Some(self.transport_id)];
        let tail = if identity.iter().any(Option::is_some) { &[][..] } else { &transport[..] };
        EventId::of_elements(head.iter().chain(facts).chain(tail).copied())
    }

    /// Event id: ses, event, feedbackId (without one: messageId, timestamp), address.
    pub(super) fn of_feedback(
        &self,
        feedback: &Text<'_>,
        timestamp: &Text<'_>,
        recipient: Option<&Recipient>,
    ) -> EventId {
        let (timestamp, address) = (timestamp.get(), recipient.map(Recipient::key));
        match feedback.get() {
            Some(feedback) => self.of(&[Some(feedback)], &[Some(feedback), address]),
            None => self.of(&[self.message_id, timestamp], &[self.message_id, timestamp, address]),
        }
    }

    /// Event id: ses, event, messageId, address, timestamp, delayType.
    pub(super) fn of_attempt(
        &self,
        recipient: Option<&Recipient>,
        timestamp: &Text<'_>,
        delay_type: Option<&str>,
    ) -> EventId {
        let timestamp = timestamp.get();
        let facts = [self.message_id, recipient.map(Recipient::key), timestamp, delay_type];
        self.of(&[self.message_id, timestamp], &facts)
    }

    /// Event id: ses, event, messageId, address.
    pub(super) fn of_message(&self, recipient: Option<&Recipient>) -> EventId {
        self.of(&[self.message_id], &[self.message_id, recipient.map(Recipient::key)])
    }

    /// The event id of a report without any other identity: ses, event, the id of the transport.
    pub(super) fn of_transport(&self) -> EventId {
        EventId::of(&[Some(Provider::Ses.as_str()), Some(self.event_name), Some(self.transport_id)])
    }
}
