//! What is special about a batch: poison in each position, repeated facts, one address, a table that fails.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::cost::counting_handler_in;
use harness::fixture::queue;
use harness::function::{TIME_LEFT, handler};
use serde_json::{Value, json};
use support::calls::Calls;
use support::database::{Database, EVENTS, SUPPRESSIONS, text};
use support::door::{QUEUE, queue_event};
use support::environment::trusting_environment;
use support::http_message::Message;
use support::proxy::Reply;
use support::request::ACCOUNT;

use super::{corrupt, failed, faulty, over, report, report_of};
use crate::real_binary::{invoke_both, invoke_both_within};

/// How many messages of a batch surround a poisonous one.
const MESSAGES: usize = 5;

#[tokio::test]
async fn poison_in_each_position_fails_alone() {
    let forged = report("Open", "a@example.com", 90).to_string().replace("2026-11-20", "2026-11-21");
    let refused = ["Bounce", "Open"].map(|name| report(name, "refused@example.com", 91).to_string());
    for poison in ["no JSON", "", "[]", "{}", "null", &forged, &refused[0], &refused[1]] {
        for position in 0..MESSAGES {
            let mut bodies: Vec<String> =
                (0..MESSAGES).map(|n| report("Delivery", &format!("a{n}@example.com"), n).to_string()).collect();
            bodies[position] = poison.to_owned();
            let database = Database::start().await;
            assert_eq!(over(faulty(&database).await).queue(&bodies).await, [format!("m-{position}")], "{poison}");
            assert_eq!(database.scan(EVENTS).await.len(), MESSAGES - 1, "{poison} at {position}");
        }
    }
}

#[tokio::test]
async fn a_batch_of_nothing_but_forgeries_writes_nothing() {
    let database = Database::start().await;
    let forged = |n| report("Bounce", &format!("a{n}@example.com"), n).to_string().replace("\"f-", "\"g-");
    let bodies: Vec<String> = (0..100).map(forged).collect();
    let failed = over(database.clone()).queue(&bodies).await;
    assert_eq!(failed, (0..100).map(|n| format!("m-{n}")).collect::<Vec<_>>());
    assert!(database.scan(EVENTS).await.is_empty() && database.scan(SUPPRESSIONS).await.is_empty());
}

/// A message is refused as a whole, even if only the last of its reports is.
#[tokio::test]
async fn reports_of_another_account_fail_alone() {
    let database = Database::start().await;
    let mut settings = trusting_environment(&database);
    settings.push(("SES_ACCOUNT_IDS".to_owned(), ACCOUNT.to_owned()));
    let open = |account, number| report_of(account, "Open", "a@example.com", number);
    let bodies = [
        open("999999999999", 0).to_string(),
        failed(&[open(ACCOUNT, 1), open("999999999999", 2)]),
        failed(&[open("999999999999", 3), open(ACCOUNT, 4)]),
        open(ACCOUNT, 5).to_string(),
    ];
    let handler = handler(&database, &settings);
    let answer = invoke_both(&handler, &queue_event(QUEUE, &bodies).to_string()).await.unwrap();
    let failures = ["m-0", "m-1", "m-2"].map(|id| json!({"itemIdentifier": id}));
    assert_eq!(answer, json!({"batchItemFailures": failures}));
    let events = database.scan(EVENTS).await;
    assert_eq!(events.values().map(|item| text(item, "message_id")).collect::<Vec<_>>(), ["m-5"]);
}

#[tokio::test]
async fn a_fact_in_several_messages_is_one_write_and_if_it_fails_all_of_them_fail() {
    let good = report("Bounce", "a@example.com", 1).to_string();
    let refused = report("Open", "refused@example.com", 2).to_string();
    let bodies = [&good, &refused, &good, &refused, &good].map(String::clone);
    let database = Database::start().await;
    assert_eq!(over(faulty(&database).await).queue(&bodies).await, ["m-1", "m-3"]);
    assert_eq!((database.scan(EVENTS).await.len(), database.scan(SUPPRESSIONS).await.len()), (1, 1));

    let (database, calls) = (Database::start().await, Calls::default());
    let handler = counting_handler_in(&database, &trusting_environment(&database), &calls);
    let one: Value = serde_json::from_str(&queue(1)).unwrap();
    let body = one["Records"][0]["body"].as_str().unwrap().to_owned();
    let batch = queue_event(QUEUE, &vec![body; 60]).to_string();
    assert_eq!(invoke_both(&handler, &batch).await.unwrap(), json!({"batchItemFailures": []}));
    assert_eq!(calls.take().into_values().collect::<Vec<_>>(), [1, 1], "one write, one look at the record");
}

#[tokio::test]
async fn a_batch_about_one_address_changes_its_record_once() {
    let (database, calls) = (Database::start().await, Calls::default());
    let handler = counting_handler_in(&database, &trusting_environment(&database), &calls);
    let bodies: Vec<String> = (0..100)
        .map(|n| report(if n % 2 == 0 { "Bounce" } else { "Delivery" }, "a@example.com", n).to_string())
        .collect();
    let answer = invoke_both(&handler, &queue_event(QUEUE, &bodies).to_string()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let expected = [("BatchGetItem", 1), ("BatchWriteItem", 4), ("GetItem", 1), ("PutItem", 1)];
    let seen: Vec<_> = calls.take().into_iter().map(|((operation, _), count)| (operation, count)).collect();
    assert_eq!(seen, expected.map(|(operation, count)| (operation.to_owned(), count)));
    assert_eq!(database.scan(EVENTS).await.len(), 100);
}

/// Half of the messages are opens, which do not need the record.
#[tokio::test]
async fn a_batch_about_one_address_keeps_what_can_be_recorded() {
    let database = Database::start().await;
    corrupt(&database, "a@example.com").await;
    let name = |n: usize| if n.is_multiple_of(2) { "Bounce" } else { "Open" };
    let bodies: Vec<String> = (0..60).map(|n| report(name(n), "a@example.com", n).to_string()).collect();
    let failed = over(database.clone()).queue(&bodies).await;
    assert_eq!(failed, (0..60).step_by(2).map(|n| format!("m-{n}")).collect::<Vec<_>>());
    assert_eq!(database.scan(EVENTS).await.len(), 30);
}

/// A table that never processes some items, each of which shares a request with others.
#[tokio::test]
async fn a_throttled_table_keeps_what_it_took() {
    let address = |n: usize| if n.is_multiple_of(3) { format!("throttled-{n}") } else { format!("a{n}") };
    let bodies: Vec<String> =
        (0..60).map(|n| report("Open", &format!("{}@example.com", address(n)), n).to_string()).collect();
    let database = Database::start().await;
    let world = over(faulty(&database).await);
    let (answer, took) = invoke_both_within(&world.handler, &queue_event(QUEUE, &bodies).to_string(), TIME_LEFT).await;
    assert!(took < TIME_LEFT, "{took:?}");
    let failures: Vec<_> = (0..60).step_by(3).map(|n| json!({"itemIdentifier": format!("m-{n}")})).collect();
    assert_eq!(answer.unwrap(), json!({"batchItemFailures": failures}));
    assert_eq!(database.scan(EVENTS).await.len(), 40);
}

/// Some items are never answered, and neither is what shares a request with them.
#[tokio::test]
async fn when_the_time_is_over_the_rest_comes_again() {
    let time_left = Duration::from_secs(3);
    let written: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&written);
    let database = Database::start().await;
    let faulty = database.behind(move |request| {
        let items = request.body["RequestItems"][EVENTS].as_array().cloned().unwrap_or_default();
        if items.iter().any(|item| item.to_string().contains("slow")) {
            return Reply::Silence;
        }
        let ids = items.iter().map(|item| item["PutRequest"]["Item"]["message_id"]["S"].as_str().unwrap().to_owned());
        seen.lock().unwrap().extend(ids);
        Reply::Answer(Message::answer("200 OK", &json!({})))
    });
    let world = over(faulty.await);
    let address = |n: usize| if n.is_multiple_of(30) { format!("slow-{n}") } else { format!("a{n:03}") };
    let bodies: Vec<String> =
        (0..150).map(|n| report("Open", &format!("{}@example.com", address(n)), n).to_string()).collect();
    let batch = queue_event(QUEUE, &bodies).to_string();
    let (answer, took) = invoke_both_within(&world.handler, &batch, time_left).await;
    assert!(took < time_left, "{took:?}");
    let failed = answer.unwrap()["batchItemFailures"].as_array().unwrap().clone();
    let mut outcomes: Vec<String> = failed
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned())
        .chain(written.lock().unwrap().iter().cloned())
        .collect();
    outcomes.sort();
    let mut all: Vec<String> = (0..150).map(|n| format!("m-{n}")).collect();
    all.sort();
    assert_eq!(outcomes, all, "each message either failed or is written");
    assert!((5..=25).contains(&failed.len()), "those that share a request with a slow one: {}", failed.len());
}
