//! Every sample in `events/` does what `events/expected.json` says.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use harness::function::handler;
use mail_feedback::event::Provider;
use support::database::{Database, Item, text};
use support::environment::environment;
use support::samples::{self, Snapshot, observe};

use crate::real_binary::invoke_both;

#[test]
fn each_provider_has_samples_and_nobody_else() {
    let providers: BTreeSet<&str> =
        Provider::ALL.iter().filter(|provider| provider.sends_mail()).map(|provider| provider.as_str()).collect();
    assert_eq!(samples::providers(), providers.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn each_sample_has_its_effect() {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    let mut before = Snapshot::default();
    let mut wrong = Vec::new();
    for sample in samples::all() {
        let answer = invoke_both(&handler, &sample.json).await;
        let status = answer.as_ref().map_or_else(ToString::to_string, |answer| answer["statusCode"].to_string());
        let (effect, after) = observe(&database, &before).await;
        let ok = if sample.expected.status == "ok" { answer.is_ok() } else { status == "200" };
        if !ok || effect != sample.expected.effect() {
            wrong.push(format!("{}: {status}\n  got  {effect:?}\n  want {:?}", sample.name, sample.expected.effect()));
        }
        before = after;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_feed_forwards_backwards_and_repeated_gives_the_same_tables() {
    let samples = samples::all();
    let database = Database::start().await;
    let forwards = handler(&database, &environment(&database));
    for sample in &samples {
        invoke_both(&forwards, &sample.json).await.unwrap();
    }
    let first = without_varying_fields(Snapshot::take(&database).await);
    assert!(first.events.len() >= samples.len(), "the feed left {} events", first.events.len());
    for sample in samples.iter().rev() {
        invoke_both(&forwards, &sample.json).await.unwrap();
    }
    assert_eq!(without_varying_fields(Snapshot::take(&database).await), first, "repeated");

    let other = Database::start().await;
    let backwards = handler(&other, &environment(&other));
    for sample in samples.iter().rev() {
        invoke_both(&backwards, &sample.json).await.unwrap();
    }
    assert_eq!(without_varying_fields(Snapshot::take(&other).await), first, "backwards");
}

/// The parts that must not depend on the time and order of arrival: everything except the writer's own attributes, and
/// the expiry of events without a time, which counts from their receipt.
fn without_varying_fields(mut snapshot: Snapshot) -> Snapshot {
    for item in snapshot.events.values_mut().filter(|item| text(item, "event").starts_with("-#")) {
        item.remove("expires_at");
    }
    for item in snapshot.suppressions.values_mut() {
        item.remove("version");
        item.remove("updated_at");
    }
    snapshot
}

#[tokio::test]
async fn no_item_but_unknown_ones_exceeds_one_write_unit() {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    for sample in samples::all() {
        invoke_both(&handler, &sample.json).await.unwrap();
    }
    let snapshot = Snapshot::take(&database).await;
    let known = snapshot.events.iter().filter(|(_, item)| text(item, "kind") != "unknown");
    let sizes: BTreeMap<usize, &String> =
        known.chain(&snapshot.suppressions).map(|(key, item)| (size(item), key)).collect();
    let (largest, key) = sizes.last_key_value().unwrap();
    assert!(*largest <= 1024, "{key} has {largest} bytes");
}

/// The size of an item as DynamoDB counts it.
fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len() / 2 + 2,
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>(),
        other => panic!("no item contains {other:?}"),
    }
}
