//! Genuinely signed SNS envelopes.

use std::fmt::Display;

use serde_json::{Map, Value, json};

use crate::authority::{Authority, CERTIFICATE_ID};

/// The topic of the local environment.
pub const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:mail-feedback-local";
/// A subscription of it.
pub const SUBSCRIPTION: &str =
    "arn:aws:sns:us-east-1:123456789012:mail-feedback-local:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55";

/// The URL of the signing certificate in the region of [`TOPIC`].
pub fn certificate_url() -> String {
    format!("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{CERTIFICATE_ID}.pem")
}

/// A notification in the spelling of HTTPS deliveries, without a signature.
pub fn notification(message: &str, message_id: &str, sent_at: impl Display) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": TOPIC,
        "Message": message,
        "Timestamp": sent_at.to_string(),
        "SignatureVersion": "2",
        "Signature": "",
        "SigningCertURL": certificate_url(),
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    })
}

/// Sets `Signature` to a signature of the authority, and leaves the certificate URL unchanged.
///
/// # Panics
/// If the envelope lacks a signed field.
pub fn sign(envelope: &mut Value, authority: &Authority) {
    envelope["Signature"] = authority.sign(&string_to_sign(envelope)).into();
}

/// What SNS signs, built here without the code under test: names and values of the fields of this type, in alphabetical
/// order, each on a line; without a subject, its line is missing.
///
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
pub fn string_to_sign(envelope: &Value) -> String {
    let text = |name: &str| envelope[name].as_str();
    let url = text("SubscribeURL").or(text("SubscribeUrl"));
    let of_type: &[&str] = match text("Type").expect("a type") {
        "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    };
    let line = |name: &&str| match (*name, text(name)) {
        ("Subject", None) => String::new(),
        ("SubscribeURL", _) => format!("SubscribeURL\n{}\n", url.expect("a URL")),
        (name, value) => format!("{name}\n{}\n", value.unwrap_or_else(|| panic!("no {name}"))),
    };
    of_type.iter().map(line).collect()
}

/// A Lambda event with the same envelope in its spelling.
pub fn lambda_event(envelope: &Value) -> Value {
    let subscription =
        format!("{}:{}", envelope["TopicArn"].as_str().unwrap_or_default(), "2bcfbf39-05c3-41de-beaa-fcfcc21c8f55");
    let mut sns: Map<String, Value> = envelope.as_object().cloned().unwrap_or_default();
    for (from, to) in [("SigningCertURL", "SigningCertUrl"), ("UnsubscribeURL", "UnsubscribeUrl")] {
        if let Some(value) = sns.remove(from) {
            sns.insert(to.to_owned(), value);
        }
    }
    sns.entry("Subject").or_insert(Value::Null);
    sns.entry("MessageAttributes").or_insert_with(|| json!({}));
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": sns,
    }]})
}
