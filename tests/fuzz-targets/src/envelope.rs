//! The SNS envelope: no input panics, and an accepted one has an unambiguous string to sign.

use mail_feedback::intake::sns::Envelope;
use serde_json::Value;

/// Checks a text as an envelope.
pub fn run(input: &[u8]) {
    let Ok(json) = std::str::from_utf8(input) else { return };
    let Ok(envelope) = Envelope::parse(json) else { return };
    let text = envelope.string_to_sign();
    // Unknown fields are skipped unread, so they may contain a broken escape.
    let Ok(fields) = serde_json::from_str::<Value>(json) else { return };
    let confirmation = fields["Type"] != "Notification";

    // Read from its end, where every value is one line, the text yields every field that it was built from.
    let mut rest = text.as_str();
    let mut keys = if confirmation {
        vec!["Type", "TopicArn", "Token", "Timestamp", "SubscribeURL", "MessageId"]
    } else {
        vec!["Type", "TopicArn", "Timestamp", "Subject", "MessageId"]
    };
    if fields["Subject"].is_null() {
        keys.retain(|key| *key != "Subject");
    }
    for key in keys {
        rest = rest.strip_suffix('\n').expect("a line ends");
        let (before, value) = rest.rsplit_once('\n').expect("a key precedes its value");
        let (before, found) = before.rsplit_once('\n').expect("a line precedes the key");
        let other_spelling = if key == "SubscribeURL" { &fields["SubscribeUrl"] } else { &Value::Null };
        assert_eq!(found, key);
        assert!(fields[key] == value || *other_spelling == value, "{key}");
        rest = text.get(..=before.len()).expect("a prefix");
    }
    let message = rest.strip_prefix("Message\n").and_then(|rest| rest.strip_suffix('\n'));
    assert_eq!(message, fields["Message"].as_str());
}
