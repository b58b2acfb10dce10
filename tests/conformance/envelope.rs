//! Turns a peer's SNS envelope into one that SNS would send to us: our topic, a fresh time, a genuine signature.
//!
//! The point of a case is kept: a message that must be refused keeps its defect, and everything else is made valid, so
//! that only the defect can cause the refusal.

use mail_feedback::event::digest_hex;
use mail_feedback::intake::sns::{Envelope, TopicArn};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Map, Value, json};
use support::authority::{AUTHORITY, CERTIFICATE_ID};
use support::envelope::{TOPIC, certificate_url, sign};

use super::case::Expected;
use super::certificates::Certificates;

/// The defect of a message that must be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// The certificate URL.
    CertificateUrl,
    /// The topic.
    Topic,
    /// The signature version.
    SignatureVersion,
    /// The signature.
    Signature,
    /// The subscribe URL.
    SubscribeUrl,
}

/// A peer's envelope, converted.
pub(crate) struct Mapped {
    /// The envelope.
    pub(crate) envelope: Value,
    /// The defect that was kept.
    pub(crate) defect: Option<Defect>,
    /// A topic other than ours that must be allowed.
    pub(crate) topic: Option<String>,
}

impl Defect {
    /// The defect that a case is about, according to its name and expectation.
    pub(crate) fn of(name: &str, expected: &Expected, envelope: &Map<String, Value>) -> Option<Self> {
        if !expected.refuses() {
            return None;
        }
        let words = [
            ("cert", Self::CertificateUrl),
            ("topic", Self::Topic),
            ("signature-version", Self::SignatureVersion),
            ("signature", Self::Signature),
        ];
        let file = name.rsplit('/').next().unwrap_or(name);
        let named = words.into_iter().find(|(word, _)| file.contains(word)).map(|(_, defect)| defect);
        let confirms = text(envelope, "Type") == Some("SubscriptionConfirmation");
        named.or(confirms.then_some(Self::SubscribeUrl))
    }

    /// The cause that metrics name if the message is refused for this defect.
    pub(crate) const fn cause(self) -> &'static str {
        match self {
            Self::CertificateUrl => "certificate_url",
            Self::Topic => "topic",
            Self::SignatureVersion => "signature_version",
            Self::Signature => "signature",
            Self::SubscribeUrl => "subscribe_url",
        }
    }
}

/// Converts a peer's envelope; `lambda` says whether it has the spelling of Lambda events.
///
/// # Errors
/// No certificate can be issued for its region.
pub(crate) fn map(
    name: &str,
    expected: &Expected,
    peer: &Map<String, Value>,
    lambda: bool,
    certificates: &Certificates,
) -> Result<Mapped, String> {
    let defect = Defect::of(name, expected, peer);
    // A case that only requires a certificate URL to be accepted keeps its region.
    let keeps_region = expected.http_status.is_none() && expected.exception.is_none() && expected.neutral.is_none();
    let mut fields = peer.clone();
    if !keeps_region && defect != Some(Defect::Topic) {
        fields.insert("TopicArn".to_owned(), TOPIC.into());
    }
    fields.insert("MessageId".to_owned(), message_id(name, text(peer, "MessageId")).into());
    fields.insert("Timestamp".to_owned(), Timestamp::now().to_string().into());
    fields.entry("Message").or_insert_with(|| "".into());
    // Our key signs with SHA-256 only: over HTTPS that is version 2, while Lambda events say 1 for both.
    if defect != Some(Defect::SignatureVersion) && !lambda {
        fields.insert("SignatureVersion".to_owned(), "2".into());
    }
    fields.entry("SignatureVersion").or_insert_with(|| "1".into());
    map_subscription(&mut fields, peer, defect);
    map_certificate_url(&mut fields, defect, keeps_region, lambda, certificates)?;
    fields.entry("Signature").or_insert_with(|| "".into());

    let topic = text(&fields, "TopicArn").filter(|arn| keeps_region && TopicArn::parse(arn).is_some());
    let topic = topic.map(str::to_owned);
    let mut envelope = Value::Object(fields);
    if defect != Some(Defect::Signature) && Envelope::parse(&envelope.to_string()).is_ok() {
        sign(&mut envelope, &AUTHORITY);
    }
    Ok(Mapped { envelope, defect, topic })
}

/// The headers that repeat signed fields, with the converted values; others are unchanged.
pub(crate) fn map_headers(headers: impl IntoIterator<Item = (String, String)>, peer: &Value, ours: &Value) -> Value {
    const REPEATED: [(&str, &str); 3] = [
        ("x-amz-sns-message-type", "Type"),
        ("x-amz-sns-topic-arn", "TopicArn"),
        ("x-amz-sns-message-id", "MessageId"),
    ];
    let mapped = headers.into_iter().map(|(name, value)| {
        let field = REPEATED.iter().find(|(header, _)| name.eq_ignore_ascii_case(header)).map(|(_, field)| *field);
        let repeats = |field: &&str| peer.get(*field).and_then(Value::as_str) == Some(value.as_str());
        let ours = field.filter(repeats).and_then(|field| ours.get(field)).cloned();
        (name, ours.unwrap_or_else(|| json!(value)))
    });
    Value::Object(mapped.collect())
}

/// The peer's id if it is a UUID, otherwise a UUID derived from it: the same id gives the same UUID.
pub(crate) fn message_id(case: &str, id: Option<&str>) -> String {
    let is_uuid = |id: &&str| {
        let hex = id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        hex && id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
    };
    if let Some(id) = id.filter(is_uuid) {
        return id.to_owned();
    }
    let hex = digest_hex(id.unwrap_or(case).as_bytes());
    let mut rest = hex.as_str();
    let parts = [8, 4, 4, 4, 12].map(|length| {
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = after;
        part
    });
    parts.join("-")
}

/// Token and subscribe URL of a confirmation: for our topic, with a token like those of SNS.
fn map_subscription(fields: &mut Map<String, Value>, peer: &Map<String, Value>, defect: Option<Defect>) {
    if text(peer, "Type") == Some("Notification") {
        return;
    }
    let peer_url = text(peer, "SubscribeURL").unwrap_or_default();
    let in_url = peer_url.split_once("Token=").map(|(_, token)| token);
    let peer_token = text(peer, "Token").or(in_url).unwrap_or("token");
    let token: String = peer_token.chars().filter(char::is_ascii_alphanumeric).collect();
    let topic = text(fields, "TopicArn").unwrap_or(TOPIC).to_owned();
    let url = if defect == Some(Defect::SubscribeUrl) {
        let peer_topic = text(peer, "TopicArn").unwrap_or(TOPIC);
        let url = peer_url.replace(&peer_topic.replace(':', "%3A"), &topic);
        url.replace(peer_topic, &topic).replace(peer_token, &token)
    } else {
        format!("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}")
    };
    fields.insert("Token".to_owned(), token.into());
    fields.insert("SubscribeURL".to_owned(), url.into());
}

/// The URL of our certificate; if the URL is the defect, or its host must be accepted, only its id changes.
///
/// The id becomes one in the certificate folder, so a receiver that accepts the URL finds a valid signature.
fn map_certificate_url(
    fields: &mut Map<String, Value>,
    defect: Option<Defect>,
    keeps_region: bool,
    lambda: bool,
    certificates: &Certificates,
) -> Result<(), String> {
    let spellings = ["SigningCertURL", "SigningCertUrl"];
    let default = if lambda { "SigningCertUrl" } else { "SigningCertURL" };
    let key = spellings.into_iter().find(|key| fields.contains_key(*key)).unwrap_or(default);
    let peer_url = text(fields, key).unwrap_or_default();
    let topic = text(fields, "TopicArn").and_then(TopicArn::parse);
    let id = match topic {
        Some(topic) => certificates.id_for(&topic)?,
        None => CERTIFICATE_ID.to_owned(),
    };
    let url = if keeps_region || defect == Some(Defect::CertificateUrl) {
        with_certificate_id(peer_url, &id)
    } else {
        certificate_url()
    };
    fields.insert(key.to_owned(), url.into());
    Ok(())
}

/// The URL with another id after `SimpleNotificationService-`, if it has one.
fn with_certificate_id(url: &str, id: &str) -> String {
    const PREFIX: &str = "SimpleNotificationService-";
    let Some((before, after)) = url.split_once(PREFIX) else { return url.to_owned() };
    let rest = after.trim_start_matches(|char: char| char.is_ascii_alphanumeric());
    format!("{before}{PREFIX}{id}{rest}")
}

/// A text field.
fn text<'v>(fields: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    fields.get(name).and_then(Value::as_str)
}
