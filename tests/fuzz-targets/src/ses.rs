//! What SES publishes, in genuinely signed messages.

use mail_feedback::error::{Error, Refusal};
use mail_feedback::event::Transport;
use mail_feedback::provider::{SesSettings, StreamTag, normalize_sns};
use serde_json::Value;

use super::world::World;
use super::{event_checks, signed};

/// Checks a text as the content of a verified message.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let envelope = signed::envelope(&text).to_string();
    let message = World::with(|world| world.verified(&envelope));
    assert_eq!(message.text(), text);
    let any = SesSettings { accounts: Vec::new(), stream_tag: StreamTag::parse("stream") };
    let events = normalize_sns(&message, &any).expect("any account");
    for event in &events {
        event_checks::check(event, &text);
    }
    assert!(events.iter().all(|event| event.transport == Some(Transport::Sns(message.message_id().to_owned()))));
    if events.is_empty() {
        // Parsed, so that no escapes are left; unreadable input tests nothing here.
        let plain = serde_json::from_str::<Value>(&text).map_or(text.to_string(), |value| value.to_string());
        let known = ["Successfully validated SNS topic", "amazonsnssubscriptionsucceeded"];
        let is_test = plain.contains(known[0]) || plain.to_lowercase().contains(known[1]);
        assert!(is_test || serde_json::from_str::<Value>(&text).is_err(), "only a test gives no event");
    }
    assert!(events == normalize_sns(&message, &any).expect("any account"), "the same once more");
    match normalize_sns(&message, &SesSettings { accounts: vec!["123456789012".to_owned()], ..any }) {
        Ok(same) => assert!(events == same),
        Err(error) => assert_eq!(error, Error::Unauthentic(Refusal::Account)),
    }
}
