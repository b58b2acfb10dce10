//! A DynamoDB that leaves work unprocessed, and conflicting writers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use harness::function::handler;
use serde_json::json;
use support::database::{Database, EVENTS, Item, SUPPRESSIONS, soft_bounces, text};
use support::environment::environment;
use support::http_message::Message;
use support::proxy::{Reply, Request};
use support::request::{authorization, post};

use crate::real_binary::invoke_both;

/// A database that shows each request to `choose` first, and the number of requests.
async fn faulty(choose: fn(&Request) -> Reply) -> (Database, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let database = Database::start().await;
    let faulty = database.behind(move |request| {
        counted.fetch_add(1, Ordering::Relaxed);
        choose(request)
    });
    (faulty.await, requests)
}

/// The answer that a request was left unprocessed.
fn unprocessed(name: &str, request: &Request) -> Reply {
    Reply::Answer(Message::answer("200 OK", &json!({name: request.body["RequestItems"]})))
}

async fn send(database: &Database, body: &str) -> i64 {
    let handler = handler(database, &environment(database));
    let request = post("/webhooks/mailjet", &authorization(), body);
    invoke_both(&handler, &request.to_string()).await.unwrap()["statusCode"].as_i64().unwrap()
}

fn sent(count: usize) -> String {
    let event = |n| format!(r#"{{"event":"sent","time":1763600000,"MessageID":{n},"email":"a{n}@example.com"}}"#);
    format!("[{}]", (1..=count).map(event).collect::<Vec<_>>().join(","))
}

#[tokio::test]
async fn unprocessed_items_and_keys_are_requested_again() {
    let (database, requests) = faulty(|request| match (request.operation.as_str(), request.number) {
        ("BatchWriteItem", 0) => unprocessed("UnprocessedItems", request),
        ("BatchGetItem", 2) => unprocessed("UnprocessedKeys", request),
        _ => Reply::Database,
    })
    .await;
    assert_eq!(send(&database, &sent(1)).await, 200);
    assert_eq!(requests.load(Ordering::Relaxed), 4, "each request twice");
}

#[tokio::test]
async fn items_that_stay_unprocessed_are_no_success() {
    let (database, requests) = faulty(|request| match request.operation.as_str() {
        "BatchWriteItem" => unprocessed("UnprocessedItems", request),
        _ => Reply::Database,
    })
    .await;
    assert_eq!(send(&database, &sent(1)).await, 503);
    assert_eq!(requests.load(Ordering::Relaxed), 8, "and nothing is read after a delivery that was not written");
}

#[tokio::test]
async fn a_batch_costs_the_requests_it_must() {
    let (database, requests) = faulty(|_| Reply::Database).await;
    assert_eq!(send(&database, &sent(250)).await, 200);
    assert_eq!(requests.load(Ordering::Relaxed), 10 + 3, "25 items a write, 100 keys a read");
}

#[tokio::test]
async fn a_failed_suppression_withholds_only_its_own_event() {
    let database = Database::start().await;
    corrupt(&database, "bad@example.com").await;
    let body = r#"[{"event":"spam","time":1763600000,"MessageID":1,"email":"bad@example.com"},
        {"event":"spam","time":1763600000,"MessageID":2,"email":"good@example.com"},
        {"event":"open","time":1763600000,"MessageID":3,"email":"other@example.com"}]"#;
    assert_eq!(send(&database, body).await, 503);
    let written: Vec<_> =
        database.scan(EVENTS).await.into_values().map(|item| text(&item, "address").to_owned()).collect();
    assert_eq!(written, ["good@example.com", "other@example.com"]);
}

#[tokio::test]
async fn an_unreadable_record_does_not_stop_other_deliveries() {
    let database = Database::start().await;
    let bounce =
        r#"{"event":"bounce","time":1763600000,"MessageID":1,"email":"good@example.com","error":"quota exceeded"}"#;
    assert_eq!(send(&database, bounce).await, 200);
    corrupt(&database, "bad@example.com").await;
    let body = r#"[{"event":"sent","time":1763600100,"MessageID":2,"email":"bad@example.com"},
        {"event":"sent","time":1763600100,"MessageID":3,"email":"good@example.com"}]"#;
    assert_eq!(send(&database, body).await, 503);
    let records = database.scan(SUPPRESSIONS).await;
    assert_eq!(soft_bounces(&records["good@example.com "]).len(), 0);
}

#[tokio::test]
async fn a_refused_item_does_not_fail_its_batch() {
    let (database, requests) = faulty(|request| {
        if request.operation == "BatchWriteItem" && request.body.to_string().contains("a2@example.com") {
            return Reply::Answer(Message::answer("400 Bad Request", &json!({"__type": "ValidationException"})));
        }
        Reply::Database
    })
    .await;
    assert_eq!(send(&database, &sent(3)).await, 503);
    assert_eq!(requests.load(Ordering::Relaxed), 1 + 3 + 1, "the batch, each item, and the look at those delivered");
}

#[tokio::test]
async fn a_transaction_of_an_operator_only_delays_a_report() {
    let (database, requests) = faulty(|request| match (request.operation.as_str(), request.number) {
        ("PutItem", 1) => {
            Reply::Answer(Message::answer("400 Bad Request", &json!({"__type": "TransactionConflictException"})))
        }
        _ => Reply::Database,
    })
    .await;
    let spam = r#"{"event":"spam","time":1763600000,"MessageID":1,"email":"a@example.com"}"#;
    assert_eq!(send(&database, spam).await, 200);
    assert_eq!(requests.load(Ordering::Relaxed), 2 + 2 + 1, "it is read and written again");
}

#[tokio::test]
async fn attributes_of_other_writers_survive() {
    let database = Database::start().await;
    let spam = r#"{"event":"spam","time":1763600000,"MessageID":1,"email":"a@example.com"}"#;
    assert_eq!(send(&database, spam).await, 200);
    let mut item = database.scan(SUPPRESSIONS).await.into_values().next().unwrap();
    item.insert("note".to_owned(), AttributeValue::S("called them".to_owned()));
    database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
    assert_eq!(send(&database, &spam.replace("1763600000", "1763600001")).await, 200);
    let item = database.scan(SUPPRESSIONS).await.into_values().next().unwrap();
    assert_eq!((text(&item, "note"), item["version"].as_n().unwrap().as_str()), ("called them", "2"));
}

/// Puts something into the suppression table that is not a record.
async fn corrupt(database: &Database, address: &str) {
    let item = Item::from([("address".to_owned(), AttributeValue::S(address.to_owned()))]);
    database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
}

#[tokio::test]
async fn a_stored_record_that_cannot_be_read_is_not_overwritten() {
    let database = Database::start().await;
    let item = Item::from([
        ("address".to_owned(), AttributeValue::S("a@example.com".to_owned())),
        ("note".to_owned(), AttributeValue::S("written by hand".to_owned())),
    ]);
    database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item.clone())).send().await.unwrap();
    let body = r#"{"event":"spam","time":1763600000,"MessageID":1,"email":"a@example.com"}"#;
    assert_eq!(send(&database, body).await, 503);
    assert_eq!(database.scan(SUPPRESSIONS).await.into_values().collect::<Vec<_>>(), [item]);
    assert_eq!(database.scan(EVENTS).await.len(), 0);
}

#[tokio::test]
async fn writers_of_one_address_lose_nothing() {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    let requests: Vec<_> = (1..=30_i64)
        .map(|n| {
            let time = 1_763_600_000 + n * 86_400;
            let body = format!(
                r#"{{"event":"bounce","time":{time},"MessageID":{n},"email":"a@example.com","error":"quota exceeded"}}"#
            );
            post("/webhooks/mailjet", &authorization(), &body).to_string()
        })
        .collect();
    let answers = futures_util::future::join_all(requests.iter().map(|request| invoke_both(&handler, request))).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap()["statusCode"] == 200));
    let record = database.scan(SUPPRESSIONS).await.into_values().next().unwrap();
    assert_eq!(soft_bounces(&record).len(), 30);
}

#[tokio::test]
async fn a_delivery_voids_soft_bounces_in_either_order_of_arrival() {
    for delivery_first in [true, false] {
        let database = Database::start().await;
        let bounce =
            r#"{"event":"bounce","time":1763600000,"MessageID":1,"email":"a@example.com","error":"quota exceeded"}"#;
        let later = r#"{"event":"sent","time":1763600100,"MessageID":2,"email":"a@example.com"}"#;
        let order = if delivery_first { [later, bounce] } else { [bounce, later] };
        for body in order {
            assert_eq!(send(&database, body).await, 200);
        }
        let record = database.scan(SUPPRESSIONS).await.into_values().next().unwrap();
        assert_eq!(soft_bounces(&record).len(), 0, "delivery first: {delivery_first}");
        let newer = bounce.replace("1763600000", "1763600200").replace("\"MessageID\":1", "\"MessageID\":3");
        assert_eq!(send(&database, &newer).await, 200);
        let record = database.scan(SUPPRESSIONS).await.into_values().next().unwrap();
        assert_eq!(soft_bounces(&record).len(), 1, "a newer bounce counts");
    }
}
