//! SNS envelopes that are signed for real.

use mail_feedback::intake::sns::Envelope;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Map, Value, json};

use super::authority::{Authority, CERTIFICATE_ID};

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
pub fn notification(message: &str, message_id: &str, sent_at: Timestamp) -> Value {
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

/// Sets `Signature` to what the authority signs; the certificate URL is left as it is.
pub fn sign(envelope: &mut Value, authority: &Authority) {
    let text = {
        let json = envelope.to_string();
        Envelope::parse(&json).expect("the envelope is well-formed").string_to_sign()
    };
    envelope["Signature"] = authority.sign(&text).into();
}

/// The same envelope in the spelling of Lambda events, within one.
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
