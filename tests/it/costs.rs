//! What an event costs: requests and capacity units, counted on the wire and in the tables, and the guide's page on them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use mail_feedback::handler::Handler;
use mail_feedback::store::{Recorder, Retention};
use mail_feedback::suppression::SoftBounceRules;

use crate::support::calls::Calls;
use crate::support::database::{Database, EVENTS, Item, SUPPRESSIONS};
use crate::support::function::{custom_handler, environment, invoke};
use crate::support::samples::{self, Snapshot};
use crate::support::size::{item_bytes, write_units};

/// What the page lists: a sample, and whether it comes for the first time.
const ROWS: [(&str, &str, bool); 9] = [
    ("sent, opened, clicked, deferred", "ses/click", true),
    ("delivered", "ses/delivery", true),
    ("hard bounce", "ses/bounce-permanent-general", true),
    ("complaint", "ses/complaint-abuse", true),
    ("unsubscribe", "mailjet/unsub-list", true),
    ("temporary bounce", "ses/bounce-transient-general", true),
    ("delivered, again", "ses/delivery", false),
    ("hard bounce, again", "ses/bounce-permanent-general", false),
    ("temporary bounce, again", "ses/bounce-transient-general", false),
];
/// Dollars a million units in us-east-1, November 2026: <https://aws.amazon.com/dynamodb/pricing/on-demand/>.
const PRICES: (f64, f64) = (0.625, 0.125);

/// The requests of one invocation by operation, and its write and read units.
struct Cost {
    requests: BTreeMap<String, usize>,
    writes: usize,
    reads: usize,
}

fn counting_handler(database: &Database, calls: &Calls) -> Arc<Handler> {
    let mut handler = custom_handler(database, &environment(database));
    let config = database.client.config().to_builder().interceptor(calls.clone()).build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let (rules, retention) = (SoftBounceRules::default(), Retention::default());
    handler.recorder = Recorder::new(client, EVENTS.to_owned(), SUPPRESSIONS.to_owned(), rules, retention);
    Arc::new(handler)
}

/// What the index `by-message` holds of an event.
fn index_item(event: &Item) -> Option<Item> {
    event.get("message")?;
    let projected = ["address", "event", "message", "kind", "permanence"];
    let pick = |name: &str| event.get(name).map(|value| (name.to_owned(), value.clone()));
    Some(projected.into_iter().filter_map(pick).collect())
}

async fn cost(sample: &str, is_first: bool) -> Cost {
    let database = Database::start().await;
    let calls = Calls::default();
    let handler = counting_handler(&database, &calls);
    let sample = samples::all().into_iter().find(|known| known.name == sample).unwrap();
    if !is_first {
        invoke(&handler, &sample.json).await.unwrap();
        calls.take();
    }
    invoke(&handler, &sample.json).await.unwrap();
    let seen = calls.take();
    let tables = Snapshot::take(&database).await;
    assert_eq!(tables.events.len(), 1, "a row is about one event");
    let event = tables.events.values().next().unwrap();
    let index = index_item(event).map_or(0, |item| write_units(item_bytes(&item)));
    // An index is written only where what it holds changes.
    let event_units = write_units(item_bytes(event)) + if is_first { index } else { 0 };
    let record_units = tables.suppressions.values().next().map_or(1, |item| write_units(item_bytes(item)));
    let mut cost = Cost { requests: BTreeMap::new(), writes: 0, reads: 0 };
    for ((operation, _), count) in seen {
        match operation.as_str() {
            "BatchWriteItem" => cost.writes += count * event_units,
            "PutItem" => cost.writes += count * record_units,
            // Strongly consistent, and below 4 KiB: one unit each.
            "GetItem" | "Query" | "BatchGetItem" => cost.reads += count,
            other => panic!("an unknown operation {other}"),
        }
        *cost.requests.entry(operation).or_default() += count;
    }
    cost
}

#[tokio::test]
async fn the_guide_counts_what_is_counted_here() {
    let mut table =
        String::from("| event | requests | write units | read units | dollars a million |\n|---|---|---|---|---|\n");
    for (name, sample, is_first) in ROWS {
        let Cost { requests, writes, reads } = cost(sample, is_first).await;
        let requests: Vec<_> = requests.iter().map(|(operation, count)| format!("{count} {operation}")).collect();
        #[expect(clippy::cast_precision_loss, reason = "a handful of units")]
        let dollars = writes as f64 * PRICES.0 + reads as f64 * PRICES.1;
        writeln!(table, "| {name} | {} | {writes} | {reads} | {dollars:.2} |", requests.join(", ")).unwrap();
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/cost.md");
    let page = std::fs::read_to_string(page).unwrap_or_default();
    assert!(page.contains(&table), "src/guide/cost.md must hold this:\n{table}");
}

#[tokio::test]
async fn every_event_but_unknown_ones_fits_into_one_write_unit() {
    let database = Database::start().await;
    let handler = counting_handler(&database, &Calls::default());
    for sample in samples::all() {
        invoke(&handler, &sample.json).await.unwrap();
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
