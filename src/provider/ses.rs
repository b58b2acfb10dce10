//! Amazon SES: event publishing and identity notifications, through SNS and EventBridge.
//!
//! Sources: <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html> and
//! <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html>. The parser does not rely on key order, the
//! spelling of the event name (`Rendering Failure`, `RenderingFailure`) or the presence of any field.

mod identity;
mod recipients;
mod report;
mod rulings;
mod settings;
mod subscription;
mod wire;

pub use settings::{SesSettings, StreamTag};
use wire::Wire;

use super::quarantined;
use super::salvage::salvaged;
use crate::error::{Error, Refusal};
use crate::event::{Cause, EmailEvent, Kind, Provider, Ruling, Transport};
use crate::intake::event_bridge::AuthorizedEvent;
use crate::intake::sns::VerifiedMessage;
use crate::timestamp::Timestamp;
use report::Report;

/// What SES publishes to an SNS topic when it becomes an event destination.
const TOPIC_TEST: &str = "Successfully validated SNS topic for Amazon SES event publishing.";
/// The `notificationType` that SES publishes when a topic is set for identity notifications.
const IDENTITY_TEST: &str = "amazonsnssubscriptionsucceeded";

/// What SES has published, with the metadata from the transport.
pub(super) struct Published<'a> {
    text: &'a str,
    transport: Transport<&'a str>,
    published_at: Option<Timestamp>,
    /// The time of publication, or else of receipt: no report can have a much later time.
    reference: Timestamp,
}

impl<'a> Published<'a> {
    pub(super) fn by_sns(message: &'a VerifiedMessage<'_>) -> Self {
        let transport = Transport::Sns(message.message_id());
        let reference = message.published_at();
        Self { text: message.text(), transport, published_at: Some(reference), reference }
    }

    /// EventBridge events are not signed, so their own time is checked against the receipt.
    pub(super) fn by_event_bridge(event: &'a AuthorizedEvent<'_>, received_at: Timestamp) -> Self {
        let transport = Transport::EventBridge(event.id());
        let published_at = event.published_at().and_then(|at| at.usable_at(received_at));
        Self { text: event.text(), transport, published_at, reference: published_at.unwrap_or(received_at) }
    }
}

/// Parses what was published; test messages give no event, text that is not JSON gives an unknown one.
pub(super) fn parse(published: &Published<'_>, settings: &SesSettings) -> Result<Vec<EmailEvent>, Error> {
    let text = published.text;
    if text.trim() == TOPIC_TEST {
        return Ok(Vec::new());
    }
    let events = match serde_json::from_str::<Wire<'_>>(text) {
        Ok(wire) => read(&wire.unwrapped(), published, settings)?,
        Err(_) => match salvaged(text).as_deref().map(serde_json::from_str::<Wire<'_>>) {
            Some(Ok(wire)) => read(&wire.unwrapped(), published, settings)?,
            _ => vec![quarantined(Provider::Ses, text)],
        },
    };
    Ok(events.into_iter().map(|event| with_transport(event, published).clipped()).collect())
}

/// The events of a message that is JSON; an identity's test message gives none.
fn read(wire: &Wire<'_>, published: &Published<'_>, settings: &SesSettings) -> Result<Vec<EmailEvent>, Error> {
    if wire.event_name() == IDENTITY_TEST {
        return Ok(Vec::new());
    }
    let events = normalize(wire, published, settings.stream_tag.as_ref());
    wire.check_account(&settings.accounts, &events)?;
    Ok(events)
}

fn normalize(wire: &Wire<'_>, published: &Published<'_>, stream_tag: Option<&StreamTag>) -> Vec<EmailEvent> {
    let name = wire.event_name();
    let report = Report::new(wire, &name, published.transport.id(), published.reference, stream_tag);
    match name.as_str() {
        "received" => vec![report.misrouted()],
        _ if wire.names_too_many() => vec![report.unknown()],
        "" => vec![quarantined(Provider::Ses, published.text)],
        "bounce" => report.bounce(),
        "complaint" => report.complaint(),
        "delivery" => report.delivery(),
        "send" => report.of_destinations(Ruling::of(Kind::Sent)),
        "reject" => report.of_destinations(Ruling::rejected(Cause::Content, &[])),
        "open" => report.engagement(&wire.open, Kind::Opened),
        "click" => report.engagement(&wire.click, Kind::Clicked),
        "rendering failure" => report.of_destinations(Ruling::with_cause(Kind::Failed, Cause::Template)),
        "deliverydelay" => report.delivery_delay(),
        "subscription" => report.subscription(),
        _ => vec![report.unknown()],
    }
}

/// The event with the metadata from the transport.
fn with_transport(mut event: EmailEvent, published: &Published<'_>) -> EmailEvent {
    event.transport = Some(published.transport.into_owned());
    event.published_at = published.published_at;
    // Incoming mail is not ours to keep.
    if event.kind == Kind::Unknown && event.raw.is_none() && event.cause != Some(Cause::Misrouted) {
        event.raw = Some(published.text.to_owned());
    }
    event
}

impl Wire<'_> {
    /// Refuses reports without an accepted sending account; other messages, such as inbound mail, name none.
    fn check_account(&self, accounts: &[String], events: &[EmailEvent]) -> Result<(), Error> {
        let account = self.mail.0.as_ref().and_then(|mail| mail.sending_account_id.get());
        let accepted = account.is_some_and(|id| accounts.iter().any(|known| known == id));
        let is_report = events.iter().any(|event| event.kind != Kind::Unknown);
        if accounts.is_empty() || accepted || (account.is_none() && !is_report) {
            Ok(())
        } else {
            Err(Error::Unauthentic(Refusal::Account))
        }
    }
}
