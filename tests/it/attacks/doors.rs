//! What is accepted, and the other checks of the doors.

use mail_feedback::intake::sns::Fetcher;
use support::database::{EVENTS, SUPPRESSIONS, text};

use super::world::{Host, World, signed};

#[tokio::test]
async fn a_genuine_message_passes_both_doors_with_one_fetch_and_one_effect() {
    let host = Host::genuine();
    let world = World::at(&host).await;
    let envelope = signed(|_| {});
    assert_eq!(world.lambda(&envelope).await, "ok");
    assert_eq!(world.https(&envelope).await, 200);
    assert_eq!(world.database.scan(EVENTS).await.len(), 1);
    assert_eq!(world.database.scan(SUPPRESSIONS).await.len(), 1);
    assert_eq!(host.requests(), 1);
}

#[tokio::test]
async fn mail_of_an_account_that_is_not_accepted_is_refused() {
    for (accounts, expected) in [("999999999999", "account"), ("999999999999,123456789012", "ok"), ("", "ok")] {
        let world = World::new(Fetcher::over(Host::genuine()), &[("SES_ACCOUNT_IDS", accounts)]).await;
        assert_eq!(world.lambda(&signed(|_| {})).await, expected);
    }
}

#[tokio::test]
async fn text_that_is_no_event_is_kept_once_verified() {
    let world = World::at(&Host::genuine()).await;
    for message in ["hello", "7", "[]", "{\"no\":\"event\"}", "{\"eventType\":5}"] {
        assert_eq!(world.https(&signed(|envelope| envelope["Message"] = message.into())).await, 200);
    }
    let test = "Successfully validated SNS topic for Amazon SES event publishing.";
    assert_eq!(world.https(&signed(|envelope| envelope["Message"] = test.into())).await, 200);
    let events = world.database.scan(EVENTS).await;
    assert_eq!(events.len(), 5);
    assert!(events.values().all(|item| text(item, "kind") == "unknown" && !text(item, "raw").is_empty()));
}
