//! Messages of an SQS queue.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Invocation;
use crate::error::{Error, Malformed};
use crate::intake::event_bridge::{EventBridgeEvent, Origin, SOURCE};
use crate::intake::sns::{Delivery, Envelope, Fields};
use crate::lenient::{Object, Str};

/// One message of a queue.
pub struct QueuedMessage<'a> {
    /// The id under which a failure is reported back.
    pub id: Cow<'a, str>,
    /// The ARN of the queue, as Lambda gives it; empty if missing.
    pub queue_arn: Cow<'a, str>,
    /// The text.
    pub body: Cow<'a, str>,
}

/// What a queued message holds.
pub enum Queued<'a> {
    /// An SNS message: the queue is subscribed, or is the dead-letter queue of a subscription.
    Sns(Delivery<'a>),
    /// The SNS event of a failed invocation, from the record that Lambda wrote about it.
    Failed(Vec<Result<Delivery<'a>, Error>>),
    /// An EventBridge event: its rule could not deliver it, the invocation failed, or the queue is the rule's target.
    EventBridge(EventBridgeEvent<'a>),
}

/// The keys that distinguish Lambda's record of a failed invocation, an EventBridge event and an envelope, in a message
/// that cannot be read as any of them.
#[derive(Deserialize)]
struct RecordProbe<'a> {
    #[serde(borrow, default, rename = "requestPayload")]
    request_payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    source: Option<Str<'a>>,
}

impl QueuedMessage<'_> {
    /// What the message holds.
    ///
    /// The shape of the record: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
    ///
    /// # Errors
    /// As [`Delivery::queued`]; malformed if the text is not JSON, or the failed invocation was neither an SNS nor an
    /// SES event.
    pub fn open(&self) -> Result<Queued<'_>, Error> {
        // Nearly every message is an envelope, so one pass reads its fields and those that distinguish the rest.
        if let Ok(Object(Some(mut fields))) = serde_json::from_str::<Object<Fields<'_>>>(&self.body) {
            let (payload, source) = (fields.request_payload.take(), fields.source.take());
            let source = source.and_then(|source| serde_json::from_str::<Str<'_>>(source.get()).ok());
            return match self.invocation(payload, source.as_deref()) {
                Some(event) => self.failed(event),
                None => Envelope::of(fields).map(Delivery::of_queue).map(Queued::Sns),
            };
        }
        let probe: RecordProbe<'_> =
            serde_json::from_str(&self.body).map_err(|_| Error::Malformed(Malformed::Envelope))?;
        match self.invocation(probe.request_payload, probe.source.as_deref()) {
            Some(event) => self.failed(event),
            None => Delivery::queued(&self.body).map(Queued::Sns),
        }
    }

    /// The invocation that the message holds or is; `None` if it is neither.
    fn invocation<'a>(&'a self, payload: Option<&'a RawValue>, source: Option<&str>) -> Option<&'a str> {
        match (payload, source) {
            (Some(payload), _) => Some(payload.get()),
            (None, Some(SOURCE)) => Some(&self.body),
            (None, _) => None,
        }
    }

    fn failed<'a>(&'a self, event: &'a str) -> Result<Queued<'a>, Error> {
        match Invocation::detect(event)? {
            Invocation::Sns(deliveries) => {
                let failed = deliveries.into_iter().map(|delivery| delivery.map(Delivery::failed));
                Ok(Queued::Failed(failed.collect()))
            }
            Invocation::EventBridge(event) => {
                Ok(Queued::EventBridge(EventBridgeEvent { origin: Origin::Queue(&self.queue_arn), ..event }))
            }
            Invocation::Queue(_) | Invocation::Http(_) => Err(Error::Malformed(Malformed::Invocation)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Queued, QueuedMessage};
    use crate::error::{Error, Malformed, Refusal};

    const ENVELOPE: &str = r#"{"Type":"Notification","MessageId":"165545c9-2a5c-472c-8df2-7ff2be2b3b1b","TopicArn":"t",
        "Message":"m","Timestamp":"2026-01-01T00:00:00.000Z","SignatureVersion":"2","Signature":"s","SigningCertURL":"u"}"#;

    fn open(body: &str) -> Result<String, Error> {
        let message = QueuedMessage { id: "m-1".into(), queue_arn: "".into(), body: body.into() };
        match message.open()? {
            Queued::Sns(_) => Ok("a delivery".to_owned()),
            Queued::Failed(deliveries) => {
                let deliveries: Vec<_> = deliveries.into_iter().collect::<Result<_, _>>()?;
                Ok(format!("{} that failed", deliveries.len()))
            }
            Queued::EventBridge(event) => Ok(event.id.into_owned()),
        }
    }

    #[test]
    fn a_record_of_a_failure_holds_the_event_that_failed() {
        let failed = |subscription: &str| {
            let record =
                format!(r#"{{"EventSource":"aws:sns","EventSubscriptionArn":"{subscription}","Sns":{ENVELOPE}}}"#);
            open(&format!(r#"{{"version":"1.0","requestPayload":{{"Records":[{record}]}},"responsePayload":null}}"#))
        };
        assert_eq!(failed("t:1").as_deref(), Ok("1 that failed"));
        assert_eq!(failed("u:1"), Err(Error::Unauthentic(Refusal::Subscription)));
        assert_eq!(open(ENVELOPE).as_deref(), Ok("a delivery"));
    }

    #[test]
    fn an_ses_event_is_distinguished_from_an_envelope_plain_or_in_a_failure_record() {
        let event = r#"{"version":"0","id":"e-1","source":"aws.ses","account":"123456789012","detail":{"mail":{}}}"#;
        assert_eq!(open(event).as_deref(), Ok("e-1"));
        assert_eq!(open(&format!(r#"{{"requestPayload":{event}}}"#)).as_deref(), Ok("e-1"));
        let of_others = event.replace("aws.ses", "aws.events");
        assert_eq!(open(&of_others), Err(Error::Unauthentic(Refusal::RawDelivery)), "nor is it an envelope");
    }

    #[test]
    fn nothing_else_can_be_opened() {
        assert_eq!(open("raw text"), Err(Error::Malformed(Malformed::Envelope)));
        assert_eq!(open("5"), Err(Error::Malformed(Malformed::Envelope)));
        let http = r#"{"requestPayload":{"httpMethod":"POST","path":"/webhooks/sns"}}"#;
        let nested = r#"{"requestPayload":{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"{}"}]}}"#;
        for body in [http, nested, r#"{"requestPayload":{}}"#, r#"{"requestPayload":5}"#, r#"{"source":"aws.ses"}"#] {
            assert_eq!(open(body), Err(Error::Malformed(Malformed::Invocation)), "{body}");
        }
    }
}
