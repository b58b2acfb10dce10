//! What a request for a link costs, compared with the guide's page.

use std::collections::BTreeMap;
use std::path::Path;

use aws_sdk_dynamodb::Client;
use mail_feedback::timestamp::Timestamp;
use support::calls::Calls;
use support::database::{Database, EVENTS, SUPPRESSIONS};
use support::size::{item_bytes, write_units};

use super::world::{ONE_CLICK, World, function, noon, token, undo_field};
use crate::costs::PRICES;

fn ten_minutes_later() -> Timestamp {
    Timestamp::parse("2026-11-20T12:10:00Z").unwrap()
}

fn two_hours_later() -> Timestamp {
    Timestamp::parse("2026-11-20T14:00:00Z").unwrap()
}

/// The row of the requests that were counted; an event of a link has no entry in an index.
async fn row(name: &str, world: &World, calls: &Calls) -> String {
    let (events, records) = (world.database.scan(EVENTS).await, world.database.scan(SUPPRESSIONS).await);
    let largest = events.values().chain(records.values()).map(item_bytes).max().unwrap_or_default();
    assert!(events.values().all(|event| !event.contains_key("message")));
    let mut requests: BTreeMap<String, usize> = BTreeMap::new();
    let (mut writes, mut reads) = (0, 0);
    for ((operation, _), count) in calls.take() {
        match operation.as_str() {
            "BatchWriteItem" | "PutItem" => writes += count * write_units(largest),
            "GetItem" => reads += count,
            other => panic!("an unexpected operation {other}"),
        }
        *requests.entry(operation).or_default() += count;
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of units")]
    let dollars = writes as f64 * PRICES.0 + reads as f64 * PRICES.1;
    let requests: Vec<_> = requests.iter().map(|(operation, count)| format!("{count} {operation}")).collect();
    let requests = if requests.is_empty() { "none".to_owned() } else { requests.join(", ") };
    format!("| {name} | {requests} | {writes} | {reads} | {dollars:.2} |\n")
}

#[tokio::test]
async fn the_guide_counts_the_requests_of_a_link() {
    let (database, calls) = (Database::start().await, Calls::default());
    let config = database.client.config().to_builder().interceptor(calls.clone()).build();
    let mut world = World { function: function(Client::from_conf(config)), database };
    let link = token("jane@example.com", "list:own:weekly");
    let mut table = String::from(
        "| request | requests | write units | read units | dollars per million |\n|---|---|---|---|---|\n",
    );
    world.get(&link).await;
    world.get("x").await;
    table += &row("a page", &world, &calls).await;
    let done = world.post(&link, ONE_CLICK).await;
    table += &row("unsubscribe", &world, &calls).await;
    for (name, clock) in
        [("again, within an hour", ten_minutes_later as fn() -> Timestamp), ("again, later", two_hours_later)]
    {
        assert_eq!(world.at(clock).post(&link, ONE_CLICK).await.status, 200);
        table += &row(name, &world, &calls).await;
    }
    let undo = format!("undo={}", undo_field(&done).unwrap());
    assert_eq!(world.at(noon).post(&link, &undo).await.status, 200);
    table += &row("undo", &world, &calls).await;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/cost.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&table), "src/guide/cost.md must contain this:\n{table}");
}
