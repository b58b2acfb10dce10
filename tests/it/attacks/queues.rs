//! Messages of a queue: verified like any other, each independently.

use mail_feedback::timestamp::Timestamp;
use serde_json::json;
use support::authority::AUTHORITY;
use support::database::{EVENTS, SUPPRESSIONS};
use support::envelope::{notification, sign};

use super::world::{Host, ID, MESSAGE, World, failure_record, signed, tampered};
use crate::real_binary::invoke_both;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn what_fails_in_a_batch_stays_and_the_rest_is_recorded() {
    let world = World::at(&Host::genuine()).await;
    let forged = tampered(|envelope| envelope["Message"] = "{}".into());
    let bodies = [
        forged.to_string(),
        signed(|_| {}).to_string(),
        failure_record(&forged),
        "no json".to_owned(),
        MESSAGE.to_owned(),
        String::new(),
        json!({"requestPayload": {"httpMethod": "POST", "path": "/webhooks/sns"}}).to_string(),
    ];
    assert_eq!(world.queue(&bodies).await, ["m-0", "m-2", "m-3", "m-4", "m-5", "m-6"]);
    assert_eq!(world.database.scan(EVENTS).await.len(), 1);
    assert_eq!(world.database.scan(SUPPRESSIONS).await.len(), 1);
}

#[tokio::test]
async fn an_unavailable_certificate_fails_the_message_until_it_is_back() {
    let host = Host::unreachable();
    let world = World::at(&host).await;
    let bodies = [signed(|_| {}).to_string()];
    assert_eq!(world.queue(&bodies).await, ["m-0"]);
    world.is_untouched().await;
    let again = World::at(&Host::genuine()).await;
    assert!(again.queue(&bodies).await.is_empty());
}

#[tokio::test]
async fn a_queue_may_hold_a_message_for_14_days_more() {
    let retry_ms = 23 * DAY_MS + DAY_MS / 4;
    let max_age_seconds = u32::try_from(retry_ms / 1000).unwrap();
    let world = World::changed(&Host::genuine(), |config, _| config.sns.max_age_seconds = max_age_seconds).await;
    let aged = |age_ms: i64| {
        let sent_at = Timestamp::from_millis(Timestamp::now().millis() - age_ms).unwrap();
        let mut envelope = notification(MESSAGE, ID, sent_at);
        sign(&mut envelope, &AUTHORITY);
        envelope
    };
    let (old, older) = (aged(retry_ms + 13 * DAY_MS), aged(retry_ms + 14 * DAY_MS + 60_000));
    assert_eq!(world.lambda(&old).await, "age");
    assert_eq!(world.queue(&[older.to_string(), failure_record(&older)]).await, ["m-0", "m-1"]);
    world.is_untouched().await;
    assert!(world.queue(&[old.to_string(), failure_record(&old)]).await.is_empty());
}

#[tokio::test]
async fn an_empty_batch_is_not_an_event() {
    let world = World::at(&Host::genuine()).await;
    assert_eq!(invoke_both(&world.handler, r#"{"Records":[]}"#).await.unwrap_err().label(), "invocation");
}
