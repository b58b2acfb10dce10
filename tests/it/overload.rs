//! A DynamoDB that does not answer: the function does, before its time is over.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::function::InProcess;
use mail_feedback::error::Error;
use mail_feedback::intake::sns::Fetcher;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::database::{Database, EVENTS};
use support::envelope::{lambda_event, notification, sign};
use support::http_message::Message;
use support::proxy::Reply;
use support::request::{authorization, post};

use crate::attacks::world::{Host, MESSAGE, World};
use crate::real_binary::invoke_both_within;

/// Enough for requests that are answered, and far too little for the retries of those that are not.
const TIME_LEFT: Duration = Duration::from_secs(4);

/// The bodies of the requests that were answered.
type Answered = Arc<Mutex<Vec<Value>>>;

/// A database that answers everything with an empty success, except that requests with `slow` get no answer.
async fn silent() -> (Database, Answered) {
    let answered = Answered::default();
    let known = Arc::clone(&answered);
    let database = Database::start().await;
    let database = database.behind(move |request| {
        if request.body.to_string().contains("slow") {
            return Reply::Silence;
        }
        known.lock().unwrap().push(request.body.clone());
        Reply::Answer(Message::answer("200 OK", &json!({})))
    });
    (database.await, answered)
}

async fn function() -> (InProcess, Answered) {
    let (database, answered) = silent().await;
    (World::over(database, Fetcher::over(Host::genuine())).handler, answered)
}

/// A signed bounce of an address.
fn bounce(address: &str, id: u8) -> Value {
    let id = format!("165545c9-2a5c-472c-8df2-7ff2be2b3b{id:02x}");
    let mut envelope = notification(&MESSAGE.replace("a@example.com", address), &id, Timestamp::now());
    sign(&mut envelope, &AUTHORITY);
    envelope
}

async fn in_time(handler: InProcess, event: &Value) -> Result<Value, &'static str> {
    let (answer, took) = invoke_both_within(&handler, &event.to_string(), TIME_LEFT).await;
    assert!(took < TIME_LEFT, "the answer comes in time");
    answer.map_err(Error::label)
}

#[tokio::test]
async fn an_event_fails_and_a_webhook_answers_503_before_the_time_is_over() {
    let (handler, _) = function().await;
    let event = lambda_event(&bounce("slow@example.com", 0));
    assert_eq!(in_time(handler.clone(), &event).await, Err("deadline"));
    let body = r#"{"event":"spam","time":1763600000,"MessageID":5,"email":"slow@example.com"}"#;
    let answer = in_time(handler, &post("/webhooks/mailjet", &authorization(), body)).await.unwrap();
    assert_eq!((&answer["statusCode"], &answer["body"]), (&503.into(), &"".into()));
}

#[tokio::test]
async fn a_batch_records_what_it_can_and_fails_the_rest_before_the_time_is_over() {
    let address = |place: u8| {
        if place.is_multiple_of(3) { format!("slow-{place}@example.com") } else { format!("{place}@example.com") }
    };
    let record = |place: u8| {
        let body = bounce(&address(place), place).to_string();
        json!({"messageId": format!("m-{place}"), "body": body, "eventSource": "aws:sqs"})
    };
    let records: Vec<_> = (0..10).map(record).collect();
    let answer = in_time(function().await.0, &json!({"Records": records})).await.unwrap();
    let failed = answer["batchItemFailures"].as_array().unwrap().iter();
    let failed: Vec<_> = failed.map(|failure| failure["itemIdentifier"].as_str().unwrap()).collect();
    assert_eq!(failed, ["m-0", "m-3", "m-6", "m-9"]);
}

/// More events than are processed at once, with one in each part whose evidence cannot be recorded.
#[tokio::test]
async fn a_large_array_records_what_it_can_and_answers_503_before_the_time_is_over() {
    let events: Vec<_> = (0..1_040)
        .map(|place| {
            let slow = place == 10 || place == 1_010;
            let event = if slow || place % 40 == 0 { "spam" } else { "open" };
            let email = if slow { format!("slow-{place}@example.com") } else { format!("{place}@example.com") };
            json!({"event": event, "time": 1_763_600_000, "MessageID": place + 1, "email": email})
        })
        .collect();
    let expected: BTreeSet<String> = events.iter().map(|event| event["email"].as_str().unwrap().to_owned()).collect();
    let expected: BTreeSet<_> = expected.into_iter().filter(|email| !email.starts_with("slow")).collect();
    let (handler, answered) = function().await;
    let body = Value::Array(events).to_string();
    let answer = in_time(handler, &post("/webhooks/mailjet", &authorization(), &body)).await.unwrap();
    assert_eq!(answer["statusCode"], 503);
    let answered = answered.lock().unwrap();
    let written = answered.iter().filter_map(|body| body["RequestItems"][EVENTS].as_array()).flatten();
    let written: BTreeSet<_> =
        written.map(|item| item["PutRequest"]["Item"]["address"]["S"].as_str().unwrap().to_owned()).collect();
    assert_eq!(written, expected);
}
