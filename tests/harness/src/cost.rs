//! What an event costs: requests on the wire, and bytes and capacity units in the tables.

use std::collections::BTreeMap;

use crate::function::{InProcess, custom_handler, environment, invoke};
use support::calls::Calls;
use support::database::{Database, Item};
use support::environment::Environment;
use support::samples::{self, Snapshot};
use support::size::{item_bytes, write_units};

/// The measured events: a name, a sample, and whether it arrives for the first time.
pub const ROWS: [(&str, &str, bool); 9] = [
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
/// The requests of one invocation by operation, and its write and read units.
pub struct Cost {
    /// Requests by operation.
    pub requests: BTreeMap<String, usize>,
    /// Write units.
    pub writes: usize,
    /// Read units.
    pub reads: usize,
    /// Bytes of the event, of its entry in the index, and of the suppression record.
    pub bytes: (usize, usize, usize),
}

/// A handler whose requests to DynamoDB are counted.
pub fn counting_handler(database: &Database, calls: &Calls) -> InProcess {
    counting_handler_in(database, &environment(database), calls)
}

/// The same with an environment.
pub fn counting_handler_in(database: &Database, environment: &Environment, calls: &Calls) -> InProcess {
    custom_handler(database, environment, |_, clients| {
        let config = database.client.config().to_builder().interceptor(calls.clone()).build();
        clients.dynamodb = aws_sdk_dynamodb::Client::from_conf(config);
    })
}

/// What the index `by-message` holds about an event.
pub fn index_item(event: &Item) -> Option<Item> {
    event.get("message")?;
    let projected = ["address", "event", "message", "kind", "permanence"];
    let pick = |name: &str| event.get(name).map(|value| (name.to_owned(), value.clone()));
    Some(projected.into_iter().filter_map(pick).collect())
}

/// The cost of a sample.
pub async fn cost(sample: &str, is_first: bool) -> Cost {
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
    let index_bytes = index_item(event).map_or(0, |item| item_bytes(&item));
    let record_bytes = tables.suppressions.values().next().map_or(0, item_bytes);
    // An index is written only if its projection changes.
    let index_units = if is_first && index_bytes > 0 { write_units(index_bytes) } else { 0 };
    let event_units = write_units(item_bytes(event)) + index_units;
    let bytes = (item_bytes(event), index_bytes, record_bytes);
    let mut cost = Cost { requests: BTreeMap::new(), writes: 0, reads: 0, bytes };
    for ((operation, _), count) in seen {
        match operation.as_str() {
            "BatchWriteItem" => cost.writes += count * event_units,
            "PutItem" => cost.writes += count * write_units(record_bytes),
            // Strongly consistent, and below 4 KiB: one unit each.
            "GetItem" | "Query" | "BatchGetItem" => cost.reads += count,
            other => panic!("an unknown operation {other}"),
        }
        *cost.requests.entry(operation).or_default() += count;
    }
    cost
}
