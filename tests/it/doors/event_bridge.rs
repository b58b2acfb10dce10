//! EventBridge events, which are not signed: which accounts and queues they are accepted from.

use harness::function::handler;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::database::{Database, EVENTS, SUPPRESSIONS, text};
use support::door::{QUEUE, failure_record, queue_event};
use support::envelope::{lambda_event, notification, sign};
use support::environment::trusting_environment;
use support::request::{ACCOUNT, authorization, post};
use support::samples;

use super::{assert_accepted, open};
use crate::real_binary::invoke_both;

/// A bounce as EventBridge delivers it.
fn bridged() -> Value {
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/eventbridge-bounce").unwrap();
    serde_json::from_str(&sample.json).unwrap()
}

/// Whether the event is accepted as an invocation, plain from the queue, and from the queue as the record of a failure.
async fn admitted(settings: &[(&str, &str)], event: &Value) -> [bool; 3] {
    let database = Database::start().await;
    let mut environment = trusting_environment(&database);
    environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let handler = handler(&database, &environment);
    let direct = match invoke_both(&handler, &event.to_string()).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!((error.class(), error.label()), ("Unauthentic", "event_bridge"));
            false
        }
    };
    let bodies = [event.to_string(), failure_record(event)];
    let answer = invoke_both(&handler, &queue_event(QUEUE, &bodies).to_string()).await.unwrap();
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
    let error = invoke_both(&handler(&database, &environment), &bridged().to_string()).await.unwrap_err();
    assert_eq!(error.label(), "account");
    assert!(database.scan(EVENTS).await.is_empty());
}

/// With a valid credential or signature, and in every mixture with the input of another door.
#[tokio::test]
async fn what_looks_like_an_event_of_eventbridge_comes_in_by_no_other_door() {
    let database = Database::start().await;
    let handler = handler(&database, &open(&database));
    let event = bridged();
    let mut keys = event.as_object().unwrap().clone();
    keys.remove("version");
    let mixed = |mut invocation: Value| {
        invocation.as_object_mut().unwrap().extend(keys.clone());
        invocation.to_string()
    };
    for (path, headers, status) in [
        ("/webhooks/mailjet", authorization(), 200),
        ("/webhooks/tencent", authorization(), 200),
        ("/webhooks/mailjet", json!({}), 401),
        ("/webhooks/sns", json!({}), 403),
        ("/", json!({}), 404),
    ] {
        let request = post(path, &headers, &event.to_string());
        for invocation in [request.to_string(), mixed(request)] {
            let answer = invoke_both(&handler, &invocation).await.unwrap();
            assert_eq!(answer["statusCode"], status, "{path}");
        }
    }
    let mut envelope = notification(&event.to_string(), "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", Timestamp::now());
    let forged = mixed(envelope.clone());
    sign(&mut envelope, &AUTHORITY);
    let of_sns = mixed(lambda_event(&{
        let mut altered = envelope.clone();
        altered["Message"] = "{}".into();
        altered
    }));
    assert_eq!(invoke_both(&handler, &of_sns).await.unwrap_err().label(), "signature", "records come first");
    let other = queue_event("arn:aws:sqs:us-east-1:123456789012:other", &[event.to_string(), forged]);
    let failed = invoke_both(&handler, &other.to_string()).await.unwrap();
    assert_eq!(failed["batchItemFailures"].as_array().unwrap().len(), 2, "{failed}");
    let kinds: Vec<_> = database.scan(EVENTS).await.values().map(|item| text(item, "kind").to_owned()).collect();
    assert!(kinds.iter().all(|kind| kind == "unknown"), "as what the webhooks could not understand: {kinds:?}");
    assert!(database.scan(SUPPRESSIONS).await.is_empty());
}

#[tokio::test]
async fn an_event_of_eventbridge_that_says_nothing_about_mail_is_kept_as_unknown() {
    let database = Database::start().await;
    let handler = handler(&database, &open(&database));
    let mut event = bridged();
    event["detail-type"] = "Sending Status Disabled".into();
    for detail in [json!({}), json!("text"), json!([1]), Value::Null] {
        event["detail"] = detail;
        assert_accepted(&handler, &event.to_string(), "an event of the account").await;
    }
    let broken = bridged().to_string().replace("User unknown", "User unknown \\ud83d");
    assert_accepted(&handler, &broken, "half an emoji").await;
    let events = database.scan(EVENTS).await;
    let unknown: Vec<_> = events.values().filter(|item| text(item, "kind") == "unknown").collect();
    assert_eq!((events.len(), unknown.len()), (2, 1), "one id, one record; the bounce is read");
    assert!(text(unknown[0], "raw").contains("Sending Status Disabled"));
}
