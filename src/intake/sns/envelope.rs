//! The SNS envelope: strictly parsed, checked against its grammar, and turned into the string to sign.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::TopicArn;
use crate::error::{Error, Malformed, Refusal};
use crate::label::labelled;
use crate::lenient::Str;
use crate::timestamp::Timestamp;

/// A subject is shorter than this many characters (SNS `Publish`).
const SUBJECT_CHARS: usize = 100;
/// The longest accepted token; those seen have about 250 characters.
const TOKEN_BYTES: usize = 1024;

labelled! {
    /// The type of a message; part of the signed text.
    pub enum MessageType {
        /// A published message.
        Notification = "Notification",
        /// The request to confirm a new subscription.
        SubscriptionConfirmation = "SubscriptionConfirmation",
        /// The notice that a subscription ended.
        UnsubscribeConfirmation = "UnsubscribeConfirmation",
    }
}

/// The fields as they arrive; a repeated field, a type other than text, or both spellings of one key make it invalid.
#[derive(Deserialize)]
pub(crate) struct Fields<'a> {
    #[serde(borrow, rename = "Type")]
    message_type: Option<Str<'a>>,
    #[serde(borrow, rename = "MessageId")]
    message_id: Option<Str<'a>>,
    #[serde(borrow, rename = "TopicArn")]
    topic_arn: Option<Str<'a>>,
    #[serde(borrow, rename = "Subject")]
    subject: Option<Str<'a>>,
    #[serde(borrow, rename = "Message")]
    message: Option<Str<'a>>,
    #[serde(borrow, rename = "Timestamp")]
    timestamp: Option<Str<'a>>,
    #[serde(borrow, rename = "Token")]
    token: Option<Str<'a>>,
    #[serde(borrow, rename = "SubscribeURL", alias = "SubscribeUrl")]
    subscribe_url: Option<Str<'a>>,
    #[serde(borrow, rename = "SignatureVersion")]
    signature_version: Option<Str<'a>>,
    #[serde(borrow, rename = "Signature")]
    signature: Option<Str<'a>>,
    #[serde(borrow, rename = "SigningCertURL", alias = "SigningCertUrl")]
    signing_cert_url: Option<Str<'a>>,
    /// What a queue holds instead of envelopes has these keys; of any type, since an envelope may have others.
    #[serde(borrow, default, rename = "requestPayload")]
    pub(in crate::intake) request_payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(in crate::intake) source: Option<&'a RawValue>,
}

/// An envelope with well-formed fields; nothing in it is authenticated yet.
pub struct Envelope<'a> {
    pub(super) message_type: MessageType,
    pub(super) message_id: Cow<'a, str>,
    pub(super) topic_arn: Cow<'a, str>,
    pub(super) subject: Option<Cow<'a, str>>,
    pub(super) message: Cow<'a, str>,
    /// The raw text, because SNS signs that.
    pub(super) timestamp: Cow<'a, str>,
    pub(super) sent_at: Timestamp,
    /// Token and subscribe URL; confirmations only.
    pub(super) subscription: Option<(Cow<'a, str>, Cow<'a, str>)>,
    pub(super) signature_version: Cow<'a, str>,
    pub(super) signature: Cow<'a, str>,
    pub(super) signing_cert_url: Cow<'a, str>,
}

impl<'a> Envelope<'a> {
    /// Parses an envelope, in the spelling of Lambda events or of HTTPS deliveries.
    ///
    /// # Errors
    /// Malformed if it is not JSON or a field is missing, repeated or mistyped; refused if it is not an envelope at all
    /// (raw delivery) or a field breaks its grammar.
    pub fn parse(json: &'a str) -> Result<Self, Error> {
        match json.trim_start().bytes().next() {
            Some(b'{') => {}
            // Valid JSON, but not an envelope: raw delivery of a message that is a list.
            Some(b'[') if serde_json::from_str::<IgnoredAny>(json).is_ok() => {
                return Err(Error::Unauthentic(Refusal::RawDelivery));
            }
            _ => return Err(Error::Malformed(Malformed::Json)),
        }
        let fields: Fields<'a> = serde_json::from_str(json).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Error::Malformed(Malformed::Envelope),
            _ => Error::Malformed(Malformed::Json),
        })?;
        Self::of(fields)
    }

    /// The envelope with these fields.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub(crate) fn of(fields: Fields<'a>) -> Result<Self, Error> {
        if fields.message_type.is_none() && fields.topic_arn.is_none() && fields.signature.is_none() {
            return Err(Error::Unauthentic(Refusal::RawDelivery));
        }
        Self::complete(fields)
    }

    /// Malformed if a required field is missing, refused if one breaks its grammar.
    fn complete(fields: Fields<'a>) -> Result<Self, Error> {
        let grammar = Error::Unauthentic(Refusal::Grammar);
        let (message_type, timestamp) = (required(fields.message_type)?, required(fields.timestamp)?);
        let message_type = MessageType::from_label(&message_type).ok_or(grammar)?;
        let subscription = match message_type {
            MessageType::Notification if fields.token.is_some() || fields.subscribe_url.is_some() => {
                return Err(grammar);
            }
            MessageType::Notification => None,
            MessageType::SubscriptionConfirmation | MessageType::UnsubscribeConfirmation => {
                Some((required(fields.token)?, required(fields.subscribe_url)?))
            }
        };
        let sent_at = exact_timestamp(&timestamp).ok_or(grammar)?;
        let envelope = Self {
            message_type,
            message_id: required(fields.message_id)?,
            topic_arn: required(fields.topic_arn)?,
            subject: fields.subject.map(|subject| subject.0),
            message: required(fields.message)?,
            timestamp,
            sent_at,
            subscription,
            signature_version: required(fields.signature_version)?,
            signature: required(fields.signature)?,
            signing_cert_url: required(fields.signing_cert_url)?,
        };
        if envelope.is_well_formed() { Ok(envelope) } else { Err(grammar) }
    }

    /// Without control characters in the one-line fields, the string to sign can be split in only one way.
    fn is_well_formed(&self) -> bool {
        let subject_fits = match (&self.subject, self.message_type) {
            (None, _) => true,
            (Some(subject), MessageType::Notification) => is_line(subject) && subject.chars().count() < SUBJECT_CHARS,
            (Some(_), _) => false,
        };
        let subscription_fits = self.subscription.as_ref().is_none_or(|(token, url)| {
            let alphanumeric = token.bytes().all(|byte| byte.is_ascii_alphanumeric());
            (1..=TOKEN_BYTES).contains(&token.len()) && alphanumeric && is_line(url)
        });
        is_uuid(&self.message_id) && is_line(&self.topic_arn) && subject_fits && subscription_fits
    }

    /// The canonical text that SNS signs: `key\nvalue\n` for each key of the type, in byte order, from the raw values.
    #[must_use]
    pub fn string_to_sign(&self) -> String {
        let mut text = String::with_capacity(self.message.len().saturating_add(1024));
        let mut add = |key: &str, value: &str| {
            for part in [key, "\n", value, "\n"] {
                text.push_str(part);
            }
        };
        add("Message", &self.message);
        add("MessageId", &self.message_id);
        if let Some(subject) = &self.subject {
            add("Subject", subject);
        }
        if let Some((_, subscribe_url)) = &self.subscription {
            add("SubscribeURL", subscribe_url);
        }
        add("Timestamp", &self.timestamp);
        if let Some((token, _)) = &self.subscription {
            add("Token", token);
        }
        add("TopicArn", &self.topic_arn);
        add("Type", self.message_type.as_str());
        text
    }

    /// Whether a subscription ARN, which is not signed, is one of the message's topic.
    pub(super) fn is_of_subscription(&self, subscription_arn: &str) -> bool {
        let id = subscription_arn.strip_prefix(self.topic_arn.as_ref());
        id.is_some_and(|id| id.starts_with(':'))
    }

    /// Whether the headers that repeat type, topic and message id agree with the fields, if they are present.
    pub(super) fn agrees_with(&self, [message_type, topic_arn, message_id]: [Option<&str>; 3]) -> bool {
        message_type.is_none_or(|header| header == self.message_type.as_str())
            && topic_arn.is_none_or(|header| header == self.topic_arn)
            && message_id.is_none_or(|header| header == self.message_id)
    }

    /// Whether the subscribe URL is the one of the signed topic and token.
    pub(super) fn subscribe_url_fits(&self, topic: &TopicArn) -> bool {
        self.subscription.as_ref().is_none_or(|(token, url)| *url == confirmation_url(topic, token))
    }
}

/// A field that every envelope of the type has.
fn required(field: Option<Str<'_>>) -> Result<Cow<'_, str>, Error> {
    field.map(|text| text.0).ok_or(Error::Malformed(Malformed::Envelope))
}

/// The URL that SNS itself gives for confirming a subscription.
pub(super) fn confirmation_url(topic: &TopicArn, token: &str) -> String {
    format!("https://{}/?Action=ConfirmSubscription&TopicArn={}&Token={token}", topic.host(), topic.as_str())
}

/// Non-empty and without control characters.
fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// 8-4-4-4-12 hex digits.
fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    let hex = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    hex && lengths.eq([8, 4, 4, 4, 12])
}

/// Parses exactly `2026-01-31T23:59:59.123Z`, without leap seconds, which a clock cannot show.
fn exact_timestamp(text: &str) -> Option<Timestamp> {
    let form = b"0000-00-00T00:00:00.000Z";
    let fits = |(byte, form): (u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form };
    let exact = text.len() == form.len() && text.bytes().zip(form).all(fits) && text.get(17..19) != Some("60");
    exact.then(|| Timestamp::parse(text)).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Envelope, exact_timestamp, is_uuid};
    use crate::error::{Error, Malformed, Refusal};

    const GOOD: &str = r#"{"Type":"Notification","MessageId":"165545c9-2a5c-472c-8df2-7ff2be2b3b1b","TopicArn":"t",
        "Subject":null,"Message":"m\n","Timestamp":"2026-01-01T00:00:00.000Z","SignatureVersion":"2","Signature":"s",
        "SigningCertURL":"u","MessageAttributes":{"a":{"Type":"String","Value":"v"}}}"#;

    fn outcome(json: &str) -> Option<Error> {
        Envelope::parse(json).err()
    }

    #[test]
    fn the_string_to_sign_leaves_out_an_absent_subject() {
        let text = Envelope::parse(GOOD).map(|envelope| envelope.string_to_sign());
        let expected = "Message\nm\n\nMessageId\n165545c9-2a5c-472c-8df2-7ff2be2b3b1b\n\
            Timestamp\n2026-01-01T00:00:00.000Z\nTopicArn\nt\nType\nNotification\n";
        assert_eq!(text.as_deref(), Ok(expected));
    }

    #[test]
    fn what_cannot_be_read_is_malformed() {
        let malformed = Some(Error::Malformed(Malformed::Envelope));
        for (from, to) in [
            (r#""Message":"m\n""#, r#""Message":["m"]"#),
            (r#""Message":"m\n""#, r#""Message":"m","Message":"n""#),
            (r#""Message":"m\n","#, ""),
            (r#""SignatureVersion":"2""#, r#""SignatureVersion":2"#),
            (r#""SigningCertURL":"u""#, r#""SigningCertURL":"u","SigningCertUrl":"u""#),
            (r#""SigningCertURL":"u""#, r#""SigningCertURL":null"#),
        ] {
            assert_eq!(outcome(&GOOD.replace(from, to)), malformed, "{to}");
        }
        for json in ["", "[", "\"a\"", "{", "{\"Type\":\"\\ud800\"}"] {
            assert_eq!(outcome(json), Some(Error::Malformed(Malformed::Json)), "{json}");
        }
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        let refused = Some(Error::Unauthentic(Refusal::Grammar));
        for (from, to) in [
            (r#""Notification""#, r#""notification""#),
            (r#""Subject":null"#, r#""Subject":"""#),
            (r#""Subject":null"#, r#""Subject":"a\nb""#),
            (r#""Subject":null"#, r#""Subject":null,"Token":"t""#),
            (r#""TopicArn":"t""#, r#""TopicArn":"t\u0000""#),
            ("165545c9", "165545c"),
            ("00:00.000Z", "00:00.000+00:00"),
            ("00:00.000Z", "00:00Z"),
        ] {
            assert_eq!(outcome(&GOOD.replace(from, to)), refused, "{to}");
        }
        for raw in ["{\"eventType\":\"Bounce\"}", " [{\"eventType\":\"Bounce\"}]"] {
            assert_eq!(outcome(raw), Some(Error::Unauthentic(Refusal::RawDelivery)), "{raw}");
        }
    }

    #[test]
    fn exact_forms_have_one_spelling() {
        assert!(is_uuid("165545c9-2a5c-472c-8df2-7ff2be2b3b1b"));
        assert!(!is_uuid("165545c9-2a5c-472c-8df2-7ff2be2b3b1g"));
        assert!(exact_timestamp("2026-12-31T23:59:59.999Z").is_some());
        for text in [
            "2026-12-31T23:59:60.000Z",
            "2026-12-31t23:59:59.000Z",
            "2026-12-31T23:59:59.0000Z",
            "0000-01-01T00:00:00.000Z",
        ] {
            assert!(exact_timestamp(text).is_none(), "{text}");
        }
    }
}
