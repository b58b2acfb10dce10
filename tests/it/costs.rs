//! The cost of an event, compared with the guide's page on it.

use std::fmt::Write;
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use harness::cost::{Cost, ROWS, cost, counting_handler, counting_handler_in, index_item};
use harness::fixture::{group, queue};
use harness::function::{TIME_LEFT, invoke, invoke_within};
use mail_feedback::address::Address;
use serde_json::{Value, json};
use support::calls::Calls;
use support::database::{Database, EVENTS};
use support::environment::trusting_environment;
use support::request::{authorization, post};
use support::samples;
use support::size::item_bytes;

use crate::real_binary::invoke_both;

/// Dollars per million units in us-east-1, November 2026: <https://aws.amazon.com/dynamodb/pricing/on-demand/>.
pub const PRICES: (f64, f64) = (0.625, 0.125);

#[tokio::test]
async fn the_guide_counts_what_is_counted_here() {
    let mut table =
        String::from("| event | requests | write units | read units | dollars per million |\n|---|---|---|---|---|\n");
    for (name, sample, is_first) in ROWS {
        let Cost { requests, writes, reads, .. } = cost(sample, is_first).await;
        let requests: Vec<_> = requests.iter().map(|(operation, count)| format!("{count} {operation}")).collect();
        #[expect(clippy::cast_precision_loss, reason = "a handful of units")]
        let dollars = writes as f64 * PRICES.0 + reads as f64 * PRICES.1;
        writeln!(table, "| {name} | {} | {writes} | {reads} | {dollars:.2} |", requests.join(", ")).unwrap();
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/cost.md");
    let page = std::fs::read_to_string(page).unwrap_or_default();
    assert!(page.contains(&table), "src/guide/cost.md must contain this:\n{table}");
}

/// Each array size with its `BatchWriteItem` and `BatchGetItem` requests: 25 and 100 items each.
#[tokio::test]
async fn an_array_of_deliveries_shares_its_requests() {
    for (events, writes, reads) in [(1, 1, 1), (25, 1, 1), (26, 2, 1), (100, 4, 1), (101, 5, 2), (1_000, 40, 10)] {
        let (database, calls) = (Database::start().await, Calls::default());
        invoke_both(&counting_handler(&database, &calls), &group(events)).await.unwrap();
        let seen: Vec<_> = calls.take().into_iter().map(|((operation, _), count)| (operation, count)).collect();
        let expected = [("BatchGetItem".to_owned(), reads), ("BatchWriteItem".to_owned(), writes)];
        assert_eq!(seen, expected, "{events} events");
        assert_eq!(database.scan(EVENTS).await.len(), events);
    }
}

/// A batch of SNS messages shares requests as an array does: each size with its writes and reads.
#[tokio::test]
async fn a_batch_of_messages_shares_its_requests() {
    for (messages, writes, reads) in [(1, 1, 1), (10, 1, 1), (26, 2, 1), (100, 4, 1), (101, 5, 2), (1_000, 40, 10)] {
        let (database, calls) = (Database::start().await, Calls::default());
        let handler = counting_handler_in(&database, &trusting_environment(&database), &calls);
        assert_eq!(invoke(&handler, &queue(messages)).await.unwrap(), json!({"batchItemFailures": []}));
        let seen: Vec<_> = calls.take().into_iter().map(|((operation, _), count)| (operation, count)).collect();
        let expected = [("BatchGetItem".to_owned(), reads), ("BatchWriteItem".to_owned(), writes)];
        assert_eq!(seen, expected, "{messages} messages");
        assert_eq!(database.scan(EVENTS).await.len(), messages);
    }
}

/// Opens since a temporary bounce, more than the searched pages hold, with one delivery among the latest.
#[tokio::test]
async fn a_million_opens_do_not_keep_a_bounce_from_being_recorded() {
    let (database, calls) = (Database::start().await, Calls::default());
    let handler = counting_handler(&database, &calls);
    let event = |name: &str, time: usize| {
        let url = "u".repeat(if name == "click" { 1_000 } else { 0 });
        json!({"event": name, "time": 1_763_600_000 + time, "MessageID": 5, "email": "a@example.com", "url": url,
            "error": "quota exceeded"})
    };
    let send = async |events: Vec<Value>| {
        let request = post("/webhooks/mailjet", &authorization(), &Value::from(events).to_string()).to_string();
        assert_eq!(invoke_within(&handler, &request, TIME_LEFT * 100).await.unwrap()["statusCode"], 200);
    };
    for part in 0..10 {
        send((1..=1_000).map(|n| event("click", 1_000 * part + n)).collect()).await;
    }
    let counts = async || {
        let record = handler.suppressions.get(&Address::parse("a@example.com").unwrap()).await.unwrap();
        record.soft_bounces.bounces().len()
    };
    calls.take();
    send(vec![event("bounce", 0)]).await;
    let queries = calls.take().into_iter().filter(|((operation, _), _)| operation == "Query");
    assert_eq!(queries.map(|(_, pages)| pages).sum::<usize>(), 4);
    assert_eq!(counts().await, 1);
    // A delivery among the latest thousands is found, and a later one voids the bounce, as usual.
    send(vec![event("sent", 9_000)]).await;
    assert_eq!(counts().await, 0);
    calls.take();
    send(vec![event("bounce", 1)]).await;
    assert_eq!((calls.take()[&("Query".to_owned(), EVENTS.to_owned())], counts().await), (2, 0));
}

#[tokio::test]
async fn every_event_but_unknown_ones_fits_into_one_write_unit() {
    let database = Database::start().await;
    let handler = counting_handler(&database, &Calls::default());
    for sample in samples::all() {
        invoke_both(&handler, &sample.json).await.unwrap();
    }
    let events = database.scan(EVENTS).await;
    let unknown = AttributeValue::S("unknown".to_owned());
    let mut known = events.values().filter(|item| item["kind"] != unknown).peekable();
    assert!(known.peek().is_some());
    for item in known {
        assert!(item_bytes(item) <= 1_024, "{} bytes: {item:?}", item_bytes(item));
        assert!(index_item(item).is_none_or(|item| item_bytes(&item) <= 1_024));
    }
}

/// A million deliveries, in GB of the table and of the index, and their monthly cost.
///
/// DynamoDB adds 100 bytes to each item and each entry, and bills point-in-time recovery by the table without the
/// global index: <https://aws.amazon.com/dynamodb/pricing/on-demand/>.
#[tokio::test]
async fn the_guide_says_what_stored_deliveries_cost() {
    let (event, entry, _) = cost("ses/delivery", true).await.bytes;
    #[expect(clippy::cast_precision_loss, reason = "some hundred bytes")]
    let gigabytes = |bytes: usize| (bytes + 100) as f64 / 1_000.0;
    let (table, index) = (gigabytes(event), gigabytes(entry));
    let (storage, recovery) = (0.25 * (table + index), 0.20 * table);
    let sentence = format!(
        "A million deliveries take {table:.2} GB in the table and {index:.2} GB in the index, so {:.2} dollars per month: \
        {storage:.2} for storage and {recovery:.2} for point-in-time recovery.",
        storage + recovery
    );
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/cost.md");
    let page = std::fs::read_to_string(page).unwrap_or_default().replace('\n', " ");
    assert!(page.contains(&sentence), "src/guide/cost.md must contain this:\n{sentence}");
    let row = format!("with its recovery, once they are full: {:.2} per million events", storage + recovery);
    assert!(page.contains(&row), "src/guide/cost.md must contain this:\n{row}");
}
