//! Events of EventBridge, which nobody signs: from which accounts and queues they are taken.

use serde_json::{Value, json};

use super::{open, taken};
use crate::support::database::{Database, EVENTS, text};
use crate::support::door::{QUEUE, failure_record, queue_event};
use crate::support::function::{ACCOUNT, handler, invoke, post, trusting_environment};
use crate::support::samples;

/// A bounce as EventBridge brings it.
fn bridged() -> Value {
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/eventbridge-bounce").unwrap();
    serde_json::from_str(&sample.json).unwrap()
}

/// Whether the event is taken by an invocation, bare from the queue, and as the record of a failure in it.
async fn admitted(settings: &[(&str, &str)], event: &Value) -> [bool; 3] {
    let database = Database::start().await;
    let mut environment = trusting_environment(&database);
    environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let handler = handler(&database, &environment);
    let direct = match invoke(&handler, &event.to_string()).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!((error.class(), error.label()), ("Unauthentic", "event_bridge"));
            false
        }
    };
    let bodies = [event.to_string(), failure_record(event)];
    let answer = invoke(&handler, &queue_event(QUEUE, &bodies).to_string()).await.unwrap();
    let failed: Vec<_> = answer["batchItemFailures"].as_array().unwrap().iter().collect();
    let taken = ["m-0", "m-1"].map(|id| !failed.iter().any(|failure| failure["itemIdentifier"] == id));
    let written = database.scan(EVENTS).await.len();
    assert_eq!(written, usize::from(direct || taken.contains(&true)), "refused means that nothing is written");
    [direct, taken[0], taken[1]]
}

#[tokio::test]
async fn events_of_eventbridge_are_refused_until_their_account_is_named() {
    assert_eq!(admitted(&[("EVENTBRIDGE_ACCOUNT_IDS", "")], &bridged()).await, [false; 3]);
    assert_eq!(admitted(&[("EVENTBRIDGE_ACCOUNT_IDS", "999999999999")], &bridged()).await, [false; 3]);
    let both = format!("999999999999,{ACCOUNT}");
    assert_eq!(admitted(&[("EVENTBRIDGE_ACCOUNT_IDS", &both)], &bridged()).await, [true, false, false]);
    for account in ["", "12345678901", "1234567890123", "123456789012 ", "*"] {
        let mut event = bridged();
        event["account"] = account.into();
        assert_eq!(admitted(&[("EVENTBRIDGE_QUEUE_ARNS", QUEUE)], &event).await, [false; 3], "{account}");
    }
}

#[tokio::test]
async fn a_queue_brings_events_of_eventbridge_only_where_it_is_named() {
    for (queues, expected) in [
        ("", [true, false, false]),
        ("arn:aws:sqs:us-east-1:123456789012:undelivered-too", [true, false, false]),
        ("arn:aws:sqs:eu-west-1:123456789012:undelivered", [true, false, false]),
        (&format!("arn:aws:sqs:us-east-1:123456789012:other,{QUEUE}"), [true; 3]),
    ] {
        assert_eq!(admitted(&[("EVENTBRIDGE_QUEUE_ARNS", queues)], &bridged()).await, expected, "{queues}");
    }
    let closed = [("EVENTBRIDGE_QUEUE_ARNS", QUEUE), ("EVENTBRIDGE_ACCOUNT_IDS", "")];
    assert_eq!(admitted(&closed, &bridged()).await, [false; 3]);
}

#[tokio::test]
async fn a_sending_account_that_is_not_accepted_is_refused_at_this_door_too() {
    let database = Database::start().await;
    let mut environment = trusting_environment(&database);
    environment.push(("SES_ACCOUNT_IDS".to_owned(), "999999999999".to_owned()));
    let error = invoke(&handler(&database, &environment), &bridged().to_string()).await.unwrap_err();
    assert_eq!(error.label(), "account");
    assert!(database.scan(EVENTS).await.is_empty());
}

#[tokio::test]
async fn what_looks_like_an_event_of_eventbridge_comes_in_by_no_other_door() {
    let database = Database::start().await;
    let handler = handler(&database, &open(&database));
    let event = bridged();
    for path in ["/webhooks/sns", "/webhooks/mailjet", "/webhooks/tencent", "/"] {
        let request = post(path, &json!({}), &event.to_string());
        let answer = invoke(&handler, &request.to_string()).await.unwrap();
        assert!([401, 403, 404].contains(&answer["statusCode"].as_i64().unwrap()), "{path}: {answer}");
    }
    assert!(database.scan(EVENTS).await.is_empty());
}

#[tokio::test]
async fn an_event_of_eventbridge_that_says_nothing_about_mail_is_kept_as_unknown() {
    let database = Database::start().await;
    let handler = handler(&database, &open(&database));
    let mut event = bridged();
    event["detail-type"] = "Sending Status Disabled".into();
    for detail in [json!({}), json!("text"), json!([1]), Value::Null] {
        event["detail"] = detail;
        taken(&handler, &event.to_string(), "an event of the account").await;
    }
    let broken = bridged().to_string().replace("User unknown", "User unknown \\ud83d");
    taken(&handler, &broken, "half an emoji").await;
    let events = database.scan(EVENTS).await;
    let unknown: Vec<_> = events.values().filter(|item| text(item, "kind") == "unknown").collect();
    assert_eq!((events.len(), unknown.len()), (2, 1), "one id, one record; the bounce is read");
    assert!(text(unknown[0], "raw").contains("Sending Status Disabled"));
}
