//! A delivered message that has passed the checks specific to its transport.
//!
//! [`super::Verifier`] accepts nothing else, so no envelope is verified without these checks.

use std::borrow::Cow;

use super::Envelope;
use crate::error::{Error, Refusal};
use crate::intake::HttpRequest;

/// The headers of an HTTPS delivery that repeat signed fields.
const REPEATED_HEADERS: [&str; 3] = ["x-amz-sns-message-type", "x-amz-sns-topic-arn", "x-amz-sns-message-id"];

/// How a message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// SNS invoked the function. There the label says version 1 even if the signature is of version 2.
    Lambda,
    /// A queue held it: SNS delivered it there, or it failed at another door and has the labels of that door.
    Queue,
    /// SNS posted to the HTTPS endpoint.
    Https,
}

/// A message from a door that IAM guards; nothing in it is authenticated yet.
pub struct Delivery<'a> {
    pub(super) envelope: Envelope<'a>,
    pub(super) door: Door,
}

/// A request to the HTTPS endpoint that looks like one from SNS; nothing in it is authenticated yet.
pub struct Post<'a> {
    body: Cow<'a, str>,
    repeated: [Option<&'a str>; 3],
}

impl<'a> Delivery<'a> {
    /// A record of the event with which SNS invokes the function.
    ///
    /// # Errors
    /// Refused if the subscription, which is not signed, does not belong to the message's topic.
    pub(in crate::intake) fn invoked(envelope: Envelope<'a>, subscription_arn: &str) -> Result<Self, Error> {
        if !envelope.is_of_subscription(subscription_arn) {
            return Err(Error::Unauthentic(Refusal::Subscription));
        }
        Ok(Self { envelope, door: Door::Lambda })
    }

    /// The text of a queued message.
    ///
    /// # Errors
    /// As [`Envelope::parse`].
    pub fn queued(text: &'a str) -> Result<Self, Error> {
        Envelope::parse(text).map(Self::of_queue)
    }

    /// A queued message that has been read.
    pub(in crate::intake) const fn of_queue(envelope: Envelope<'a>) -> Self {
        Self { envelope, door: Door::Queue }
    }

    /// The same message, read from a queue that holds the record of its failed invocation.
    pub(in crate::intake) fn failed(self) -> Self {
        Self { door: Door::Queue, ..self }
    }
}

impl<'a> Post<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// Refused if it declares that its body is not an envelope (raw delivery); malformed if the body is not valid
    /// base64 or UTF-8.
    pub fn read(request: &'a HttpRequest<'_>) -> Result<Self, Error> {
        if request.header("x-amz-sns-rawdelivery").is_some_and(|raw| raw.eq_ignore_ascii_case("true")) {
            return Err(Error::Unauthentic(Refusal::RawDelivery));
        }
        Ok(Self { body: request.body()?, repeated: REPEATED_HEADERS.map(|name| request.header(name)) })
    }

    /// The envelope in the body.
    ///
    /// # Errors
    /// As [`Envelope::parse`]; refused if a header contradicts the field that it repeats.
    pub(super) fn envelope(&self) -> Result<Envelope<'_>, Error> {
        let envelope = Envelope::parse(&self.body)?;
        if !envelope.agrees_with(self.repeated) {
            return Err(Error::Unauthentic(Refusal::Headers));
        }
        Ok(envelope)
    }
}
