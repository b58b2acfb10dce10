//! A DynamoDB that does not answer: the function does, before its time is over.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::function::{InProcess, handler};
use mail_feedback::error::Error;
use mail_feedback::intake::sns::Fetcher;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::database::{Database, EVENTS};
use support::door::{Door, QUEUE, failure_record, queue_event};
use support::envelope::{lambda_event, notification, sign};
use support::environment::trusting_environment;
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

/// The addresses of the events that were written.
fn written(answered: &Answered) -> BTreeSet<String> {
    let answered = answered.lock().unwrap();
    let items = answered.iter().filter_map(|body| body["RequestItems"][EVENTS].as_array()).flatten();
    items.map(|item| item["PutRequest"]["Item"]["address"]["S"].as_str().unwrap().to_owned()).collect()
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

/// A batch of every kind of message: each third one is about an address without an answer, each fifth one is forged.
#[tokio::test]
async fn a_mixed_batch_records_what_it_can_and_fails_the_rest_before_the_time_is_over() {
    let is_slow = |place: u8| place.is_multiple_of(3);
    let is_forged = |place: u8| place % 5 == 4;
    let address = |place| format!("{}{place}@example.com", if is_slow(place) { "slow-" } else { "" });
    let beside = |place| format!("beside-{place}@example.com");
    let body = |place: u8| {
        let envelope = bounce(&address(place), place);
        match place % 5 {
            0 => envelope.to_string(),
            1 => Door::EventBridge.invocation(&envelope).unwrap(),
            2 => failure_record(&lambda_event(&envelope)),
            3 => {
                let mut two = lambda_event(&bounce(&beside(place), 100 + place));
                two["Records"].as_array_mut().unwrap().push(lambda_event(&envelope)["Records"][0].clone());
                failure_record(&two)
            }
            _ => envelope.to_string().replace("General", "Suppressed"),
        }
    };
    let (database, answered) = silent().await;
    let mut settings = trusting_environment(&database);
    settings.push(("EVENTBRIDGE_QUEUE_ARNS".to_owned(), QUEUE.to_owned()));
    let batch = queue_event(QUEUE, &(0..30).map(body).collect::<Vec<_>>());
    let answer = in_time(handler(&database, &settings), &batch).await.unwrap();
    let failed = (0..30).filter(|place| is_slow(*place) || is_forged(*place));
    let failed: Vec<_> = failed.map(|place| json!({"itemIdentifier": format!("m-{place}")})).collect();
    assert_eq!(answer, json!({"batchItemFailures": failed}));
    let recorded = (0..30).filter(|place| !is_slow(*place) && !is_forged(*place)).map(address);
    let beside = (0..30).filter(|place| place % 5 == 3).map(beside);
    assert_eq!(written(&answered), recorded.chain(beside).collect());
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
    assert_eq!(written(&answered), expected);
}
