//! Every manual decision is one event, whatever fails on the way.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use mail_feedback::address::Address;
use mail_feedback::event::Reason;
use mail_feedback::suppression::{Decision, Scope};
use support::fault_proxy::FaultProxy;
use support::fault_schedule::{Fault, Schedule};

use super::*;

const JANE: &str = "jane@example.com";

/// `kind effect actor: note` of each event of an address, in the order of the table.
pub(super) async fn manual_events(world: &World) -> Vec<String> {
    let events = world.database.scan(EVENTS).await;
    let line = |event: &Item| {
        let [kind, effect, actor, note] = ["kind", "effect", "actor", "note"].map(|name| text(event, name));
        format!("{kind} {effect} {actor}: {note}")
    };
    events.values().filter(|event| text(event, "provider") == "manual").map(line).collect()
}

fn number(item: &Item, name: &str) -> i64 {
    item[name].as_n().unwrap().parse().unwrap()
}

#[tokio::test]
async fn explain_shows_every_decision_in_order() {
    let mut world = World::new().await;
    let path = file("history.csv", "address,reason,since,code\nJane@Example.com,complaint,2026-01-01,abuse\n");
    world.run_ok(&["import", "--source", "old-system", "--file", &path]).await;
    std::fs::remove_file(path).unwrap();
    let lift = ["lift", JANE, "--reason", "complaint", "--actor", "ops", "--note", "a slip"];
    let again = ["suppress", JANE, "--reason", "complaint", "--actor", "jane.doe", "--until", "2027-01-01"];
    for (args, at) in [(&lift[..], "12:01:00"), (&again, "12:02:00"), (&lift, "12:03:00")] {
        world.now = time(&format!("2026-11-20T{at}Z"));
        world.run_ok(args).await;
    }
    world.now = time("2026-11-20T12:04:00Z");
    let by_itself = ["suppress", JANE, "--scope", "domain:example.com", "--note", "asked"];
    world.run_ok(&by_itself).await;
    let shown = world.run_ok(&["explain", JANE]).await;
    let expected = "\
jane@example.com

2026-01-01T00:00:00.000Z  manual    imported                                       abuse     -> suppress complaint *
                          by old-system on 2026-11-20T12:00:00.000Z
2026-11-20T12:01:00.000Z  manual    lifted                                                   -> lift complaint *
                          by ops: a slip
2026-11-20T12:02:00.000Z  manual    suppressed                                               -> suppress complaint *
                          by jane.doe, until 2027-01-01T00:00:00.000Z
2026-11-20T12:03:00.000Z  manual    lifted                                                   -> lift complaint *
                          by ops: a slip
2026-11-20T12:04:00.000Z  manual    suppressed                                               -> suppress manual domain:example.com
                          by jo: asked
";
    assert!(shown.starts_with(expected), "{shown}");
    let json: Value = serde_json::from_str(&world.run_ok(&["explain", JANE, "--json"]).await).unwrap();
    let timeline = json["timeline"].as_array().unwrap();
    assert!(timeline.iter().all(|entry| entry["what"] == "decision"), "{json}");
    let kinds: Vec<_> = timeline.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["imported", "lifted", "suppressed", "lifted", "suppressed"]);
}

#[tokio::test]
async fn a_decision_is_kept_as_long_as_evidence_from_the_time_it_was_made() {
    let world = World::new().await;
    let path = file("kept.csv", "address,reason,since\nold@example.com,complaint,2019-01-01\n");
    world.run_ok(&["import", "--source", "old-system", "--file", &path]).await;
    std::fs::remove_file(path).unwrap();
    world.run_ok(&["suppress", JANE]).await;
    world.run_ok(&["lift", JANE, "--reason", "manual"]).await;
    world.run_ok(&["forget", JANE, "--yes"]).await;
    let events = world.database.scan(EVENTS).await;
    assert_eq!(events.len(), 4);
    let expected = world.now.plus_days(400).seconds();
    for event in events.values() {
        assert_eq!(number(event, "expires_at"), expected, "{event:?}");
        assert!(!event.contains_key("message"), "no index has it: {event:?}");
    }
}

#[tokio::test]
async fn each_lift_of_soft_bounces_is_shown_once() {
    let mut world = World::new().await;
    for (day, now) in [(2, "2026-11-02T12:00:00Z"), (5, "2026-11-05T12:00:00Z")] {
        world.now = time(now);
        world.record(&[soft(&format!("2026-11-0{day}T09:00:00Z"))]).await;
        world.run_ok(&["lift", JANE, "--reason", "soft_bounce", "--note", now]).await;
    }
    let shown = world.run_ok(&["explain", JANE]).await;
    assert_eq!(shown.matches("-> lift soft_bounce *").count(), 2, "{shown}");
    assert!(shown.contains("by jo: 2026-11-02T12:00:00Z") && shown.contains("by jo: 2026-11-05T12:00:00Z"), "{shown}");
}

#[tokio::test]
async fn a_decision_from_a_version_without_events_is_shown_and_survives_the_next() {
    let mut world = World::new().await;
    world.run_ok(&["suppress", JANE, "--note", "the first"]).await;
    let keys = world.database.scan(EVENTS).await.into_values();
    for event in keys {
        let call = world.database.client.delete_item().table_name(EVENTS);
        let call = call.key("address", event["address"].clone()).key("event", event["event"].clone());
        call.send().await.unwrap();
    }
    assert!(world.run_ok(&["explain", JANE]).await.contains("by jo: the first"));
    world.now = time("2026-11-20T12:01:00Z");
    world.run_ok(&["lift", JANE, "--reason", "manual", "--note", "the second"]).await;
    world.now = time("2026-11-20T12:02:00Z");
    world.run_ok(&["suppress", JANE, "--note", "the third"]).await;
    let first = "suppressed suppress manual * jo: the first";
    assert_eq!(
        manual_events(&world).await,
        [first, "lifted lift manual * jo: the second", "suppressed suppress manual * jo: the third"]
    );
}

#[tokio::test]
async fn a_refused_decision_is_no_event() {
    let world = World::new().await;
    let long = "x".repeat(272);
    world.run(&["suppress", JANE, "--scope", &format!("list:own:{long}")]).await.outcome.unwrap_err();
    world.run(&["lift", JANE, "--reason", "manual"]).await.outcome.unwrap_err();
    world.run(&["forget", JANE]).await.outcome.unwrap_err();
    assert_eq!(manual_events(&world).await, [""; 0]);
}

#[tokio::test]
async fn concurrent_decisions_are_all_events() {
    let world = World::new().await;
    let actors: Vec<String> = (0..8).map(|n| format!("actor-{n}")).collect();
    let decide = |actor: &str| {
        let args = ["suppress", JANE, "--actor", actor].map(str::to_owned);
        let world = &world;
        async move { world.run_ok(&args.each_ref().map(String::as_str)).await }
    };
    futures_util::future::join_all(actors.iter().map(|actor| decide(actor))).await;
    let mut events = manual_events(&world).await;
    events.sort_unstable();
    assert_eq!(
        events,
        actors.iter().map(|actor| format!("suppressed suppress manual * {actor}: ")).collect::<Vec<_>>()
    );
}

/// How long an attempt may take, and how long a stalled one takes.
const ATTEMPT: Duration = Duration::from_millis(500);
const STALL: Duration = Duration::from_millis(600);

/// A client behind a proxy with faults; it gives up a stalled attempt.
fn through(endpoint: &str) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build();
    let client = support::database::client(endpoint);
    Client::from_conf(client.config().to_builder().timeout_config(timeouts).build())
}

/// Each decision writes its record once and one event, whatever fails and however often it is repeated.
#[tokio::test]
async fn record_and_events_agree_whatever_fails() {
    futures_util::future::join_all(Fault::ALL.map(agree_in_spite_of)).await;
}

async fn agree_in_spite_of(fault: Fault) {
    let world = World::new().await;
    let schedule = Schedule { only: Some(fault), stall: STALL, calm: 35, seed: 7, ..Schedule::CALM };
    let proxy = FaultProxy::new(world.database.address, schedule, None);
    let endpoint = proxy.open_endpoint().await;
    let recorder = tables(through(&endpoint.url)).recorder;
    let decision = |nth: i64| Decision {
        scope: Scope::everything(),
        reason: Reason::Manual,
        until: None,
        actor: format!("actor-{nth}"),
        note: Some("a note".to_owned()),
    };
    let addresses = ["a@example.com", "b@example.com"].map(|text| Address::parse(text).unwrap());
    let (mut decided, mut refused) = (0_usize, None);
    for nth in 0..12_i64 {
        let address = &addresses[usize::from(nth % 3 == 0)];
        // An operator would repeat a failed command.
        for attempt in 0..20 {
            let now = Timestamp::from_millis(world.now.seconds() * 1000 + nth * 60_000 + attempt).unwrap();
            let outcome = match nth % 2 {
                0 => recorder.suppress(address, &decision(nth), now).await,
                _ => recorder.lift(address, &decision(nth), now).await,
            };
            match outcome {
                Ok(_) => {
                    decided += 1;
                    break;
                }
                Err(error) => refused = Some(error),
            }
        }
    }
    proxy.settle().await;
    assert_eq!(decided, 12, "{fault:?}: {refused:?}");
    let events = world.database.scan(EVENTS).await;
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for event in events.values() {
        *counts.entry(text(event, "address").to_owned()).or_default() += 1;
    }
    for record in world.records().await {
        let address = text(&record, "address");
        assert_eq!(number(&record, "version"), counts[address], "{fault:?}: {address}");
        let (_, _, entry) = &entries(&record)[0];
        let key = format!("{address} {}#{}", text(entry, "at"), text(entry, "event_id"));
        let event = events.get(&key).unwrap_or_else(|| panic!("{fault:?}: no event {key}"));
        assert_eq!(text(event, "actor"), text(entry, "actor"));
    }
    // No batch is among the requests.
    assert_eq!(proxy.counts().faults.contains_key(&fault), fault != Fault::Unprocessed, "{fault:?}");
}
