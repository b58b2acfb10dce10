//! A failing table: the sender gets the complete answer or none, never a part.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mail_feedback::event::Reason;
use serde_json::{Value, json};
use support::database::{Database, SUPPRESSIONS};
use support::http_message::Message;
use support::proxy::Reply;

use super::{ask, checker, suppress};

fn question(addresses: usize) -> Value {
    json!({"addresses": (0..addresses).map(|n| format!("a{n}@example.com")).collect::<Vec<_>>()})
}

/// Unprocessed keys are requested again, so no address is answered without its record.
#[tokio::test]
async fn unprocessed_keys_are_requested_again() {
    let database = Database::start().await;
    suppress(&database, "a150@example.com", Reason::Complaint, "*", None).await;
    let refused = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&refused);
    let faulty = database
        .behind(move |request| {
            if request.operation == "BatchGetItem" && request.number % 3 != 2 {
                counter.fetch_add(1, Ordering::Relaxed);
                let unprocessed = &request.body["RequestItems"];
                let body = json!({"Responses": {SUPPRESSIONS: []}, "UnprocessedKeys": unprocessed});
                return Reply::Answer(Message::answer("200 OK", &body));
            }
            Reply::Database
        })
        .await;
    let answer = ask(&checker(faulty.client), &question(250)).await.unwrap();
    assert!(refused.load(Ordering::Relaxed) >= 2);
    let results = answer["results"].as_array().unwrap();
    let blocked: Vec<_> = (0..results.len()).filter(|n| results[*n]["allowed"] == false).collect();
    assert_eq!((results.len(), blocked), (250, vec![150]));
    assert!(results.iter().all(|result| !result["allowed"].is_null()));
}

#[tokio::test]
async fn a_table_that_fails_for_some_addresses_gives_no_answer() {
    let database = Database::start().await;
    for (status, code, label) in [
        ("400 Bad Request", "ResourceNotFoundException", "table_missing"),
        ("400 Bad Request", "AccessDeniedException", "forbidden"),
        ("400 Bad Request", "ThrottlingException", "throttled"),
        ("500 Internal Server Error", "InternalServerError", "store"),
    ] {
        let faulty = database
            .behind(move |request| {
                let is_the_second = request.body.to_string().contains("\"a150@example.com\"");
                let answer = Message::answer(status, &json!({"__type": code}));
                if is_the_second { Reply::Answer(answer) } else { Reply::Database }
            })
            .await;
        let error = ask(&checker(faulty.client), &question(250)).await.unwrap_err();
        assert_eq!((error.class(), error.label()), ("Transient", label));
    }
}

#[tokio::test]
async fn a_silent_table_is_abandoned_before_the_time_ends() {
    let silent = Database::start().await.behind(|_| Reply::Silence).await;
    let (checker, started) = (checker(silent.client), Instant::now());
    let answer = checker.answer(&question(2).to_string(), "test-request", Duration::from_secs(2)).await;
    let error = answer.unwrap_err();
    assert_eq!((error.class(), error.label()), ("Transient", "deadline"));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}
