//! How events reach the bus, and what Lambda repeats.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mail_feedback::changes::{MAX_CALL_BYTES, Prepared, calls};
use mail_feedback::event::Reason;
use mail_feedback::suppression::{Scope, State, SuppressionRecord};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::bus::{EventBus, SILENCE, client_of};
use super::records::{entry, sequence_number, with_lists, write};
use super::{publish, publish_within, publisher};

/// The write that suppresses a new address for some lists.
fn new_address(address: &str, lists: usize) -> Value {
    write(address, 1, &SuppressionRecord::default(), &with_lists(lists))
}

#[tokio::test]
async fn an_event_has_its_form() {
    let bus = EventBus::start().await;
    assert!(publish(&publisher(bus.client()), &[new_address("jane@example.com", 1)]).await.is_empty());
    let [entry] = bus.accepted().try_into().unwrap();
    assert_eq!(entry["EventBusName"], "others");
    assert_eq!((&entry["Source"], &entry["DetailType"]), (&json!("mail-feedback"), &json!("Address Suppressed")));
    let mut detail = bus.details().remove(0);
    let id = detail["id"].take();
    assert!(id.as_str().is_some_and(|id| id.len() == 32), "{id}");
    let expected = json!({"schema": 1, "id": null, "record_version": 1, "address": "jane@example.com",
        "scope": "list:ses:list-0", "reason": "unsubscribe", "at": "2025-11-20T00:53:20.000Z", "until": null,
        "provider": "ses", "code": null, "event_id": "event-0", "actor": null});
    assert_eq!(detail, expected);
}

#[tokio::test]
async fn a_record_of_many_scopes_takes_several_calls() {
    let bus = EventBus::start().await;
    let records = [new_address("jane@example.com", 25), new_address("joe@example.com", 3)];
    assert!(publish(&publisher(bus.client()), &records).await.is_empty());
    let sizes: Vec<_> = bus.calls().iter().map(Vec::len).collect();
    assert_eq!(sizes, [10, 10, 8], "ten at most, and the rest together with other addresses");
}

#[tokio::test]
async fn entries_that_fail_are_put_again_alone() {
    let bus = EventBus::choosing(|nth, entries| {
        let failing = |place: usize| (nth < 2 && place % 2 == 1).then_some("ThrottlingException");
        Ok((0..entries.len()).map(failing).collect())
    });
    let bus = bus.await;
    assert!(publish(&publisher(bus.client()), &[new_address("jane@example.com", 10)]).await.is_empty());
    let sizes: Vec<_> = bus.calls().iter().map(Vec::len).collect();
    assert_eq!(sizes, [10, 5, 2]);
    let scopes: BTreeSet<_> = bus.details().iter().map(|detail| detail["scope"].to_string()).collect();
    assert_eq!((bus.accepted().len(), scopes.len()), (10, 10), "each once");
}

#[tokio::test]
async fn lambda_repeats_from_the_first_record_that_failed() {
    let bus = EventBus::choosing(|_, entries| {
        let bad = |entry: &Value| entry["Detail"].as_str().unwrap().contains("bad@").then_some("InternalFailure");
        Ok(entries.iter().map(bad).collect())
    });
    let bus = bus.await;
    let publisher = publisher(bus.client());
    let records = ["a@example.com", "bad@example.com", "c@example.com"].map(|address| new_address(address, 1));
    assert_eq!(publish(&publisher, &records).await, [sequence_number("bad@example.com", 1)]);
    assert_eq!(bus.calls().len(), 5, "all three, then the one alone");
    let known = bus.accepted().len();
    assert_eq!(publish(&publisher, &records[1..]).await, [sequence_number("bad@example.com", 1)]);
    let details = bus.details();
    assert_eq!(details[known..][0]["id"], details[1]["id"], "a repetition has the same id");
}

/// Even if the later one would be accepted.
#[tokio::test]
async fn a_later_change_of_an_address_never_comes_before_an_earlier_one() {
    let bus = EventBus::choosing(|_, entries| {
        let first = |entry: &Value| entry["Detail"].as_str().unwrap().contains("\"record_version\":1");
        Ok(entries.iter().map(|entry| first(entry).then_some("InternalFailure")).collect())
    });
    let bus = bus.await;
    let (one, two) = (with_lists(1), with_lists(2));
    let records = [new_address("jane@example.com", 1), write("jane@example.com", 2, &one, &two)];
    assert_eq!(publish(&publisher(bus.client()), &records).await, [sequence_number("jane@example.com", 1)]);
    assert!(bus.accepted().is_empty() && bus.calls().iter().all(|call| call.len() == 1));
}

/// Even if the bus would accept the lifts.
#[tokio::test]
async fn a_lift_never_comes_before_the_suppression_that_takes_its_place() {
    let bus = EventBus::choosing(|_, entries| {
        let everything = |entry: &Value| entry["Detail"].as_str().unwrap().contains("\"scope\":\"*\"");
        Ok(entries.iter().map(|entry| everything(entry).then_some("InternalFailure")).collect())
    });
    let bus = bus.await;
    let reasons = BTreeMap::from([(Reason::Unsubscribe, entry(State::Suppressed, 1, None))]);
    let suppressions = BTreeMap::from([(Scope::everything(), reasons)]);
    let folded = SuppressionRecord { suppressions, ..SuppressionRecord::default() };
    let records = [write("jane@example.com", 2, &with_lists(9), &folded)];
    assert_eq!(publish(&publisher(bus.client()), &records).await, [sequence_number("jane@example.com", 2)]);
    assert!(bus.accepted().is_empty(), "the list is lifted, and nothing stands");
}

#[tokio::test]
async fn a_bus_that_denies_access_is_asked_once() {
    let bus = EventBus::choosing(|_, _| Err("AccessDeniedException")).await;
    let records = ["a@example.com", "b@example.com"].map(|address| new_address(address, 1));
    assert_eq!(publish(&publisher(bus.client()), &records).await, [sequence_number("a@example.com", 1)]);
    assert_eq!(bus.calls().len(), 1);
}

#[tokio::test]
async fn a_bus_that_does_not_answer_fails_the_batch() {
    let client = client_of("http://127.0.0.1:9");
    assert_eq!(
        publish(&publisher(client), &[new_address("a@example.com", 1)]).await,
        [sequence_number("a@example.com", 1)]
    );
}

/// The batch goes on from there in the next invocation.
#[tokio::test]
async fn what_is_not_put_in_time_is_repeated() {
    let bus = EventBus::choosing(|nth, entries| if nth == 0 { Ok(vec![None; entries.len()]) } else { Err(SILENCE) });
    let bus = bus.await;
    let records = [new_address("a@example.com", 10), new_address("b@example.com", 10)];
    let failed = publish_within(&publisher(bus.client()), &records, Duration::from_secs(5)).await;
    assert_eq!(failed, [sequence_number("b@example.com", 1)]);
}

#[tokio::test]
async fn what_cannot_be_read_makes_no_event_and_holds_nothing_up() {
    let bus = EventBus::start().await;
    let mut torn = new_address("b@example.com", 1);
    torn["dynamodb"]["NewImage"]["suppressions"] = json!({"S": "no map"});
    let mut certificates = new_address("-", 1);
    certificates["dynamodb"]["NewImage"] = json!({"address": {"S": "-"}, "certificates": {"M": {}}});
    let records = [new_address("a@example.com", 1), torn, certificates, new_address("d@example.com", 1)];
    assert!(publish(&publisher(bus.client()), &records).await.is_empty());
    let addresses: Vec<_> = bus.details().iter().map(|detail| detail["address"].clone()).collect();
    assert_eq!(addresses, ["a@example.com", "d@example.com"]);
}

#[tokio::test]
async fn a_deleted_record_lifts_what_stood() {
    let bus = EventBus::start().await;
    let mut deleted = write("a@example.com", 2, &with_lists(2), &SuppressionRecord::default());
    deleted["eventName"] = "REMOVE".into();
    deleted["dynamodb"].as_object_mut().unwrap().remove("NewImage");
    assert!(publish(&publisher(bus.client()), &[deleted]).await.is_empty());
    assert!(bus.accepted().iter().all(|entry| entry["DetailType"] == "Address Lifted"));
    assert_eq!(bus.details().len(), 2);
    assert_eq!((&bus.details()[0]["record_version"], &bus.details()[0]["event_id"]), (&json!(2), &Value::Null));
}

#[tokio::test]
async fn an_invocation_from_elsewhere_fails() {
    let bus = EventBus::start().await;
    let message = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}]}).to_string();
    for payload in [message.as_str(), r#"{"addresses":["a@example.com"]}"#, "5"] {
        let outcome = publisher(bus.client()).publish(payload, "test-request", Duration::from_secs(10)).await;
        assert!(outcome.is_err(), "{payload}");
    }
    assert!(bus.calls().is_empty());
}

fn prepared() -> impl Strategy<Value = Vec<Prepared>> {
    let sizes = prop_oneof![8 => 10_usize..500, 1 => 100_000_usize..250_000];
    let event = (0_usize..3, 0_usize..4, any::<bool>(), sizes);
    proptest::collection::vec(event, 0..60).prop_map(|events| {
        let mut record = 0;
        let of_record = events.into_iter().map(|(step, address, lifted, bytes)| {
            record += step.min(1);
            let address = format!("{}@example.com", if step == 0 { record } else { address });
            let state = if lifted { State::Lifted } else { State::Suppressed };
            Prepared { record, address, state, detail: "x".repeat(bytes) }
        });
        // All events of a record are about its address.
        let mut known: Vec<Prepared> = Vec::new();
        for mut event in of_record {
            if let Some(last) = known.last().filter(|last| last.record == event.record) {
                event.address.clone_from(&last.address);
            }
            known.push(event);
        }
        known
    })
}

proptest! {
    #[test]
    fn calls_hold_all_events_in_order_within_the_limits(events in prepared()) {
        let grouped: Vec<&[Prepared]> = calls(&events).collect();
        prop_assert_eq!(grouped.concat(), events.clone());
        for call in grouped {
            prop_assert!((1..=10).contains(&call.len()));
            let bytes: usize = call.iter().map(|event| 13 + event.detail_type().len() + event.detail.len()).sum();
            prop_assert!(bytes < MAX_CALL_BYTES || call.len() == 1);
            for (one, other) in call.iter().zip(call.iter().skip(1)) {
                prop_assert!(one.record == other.record || one.address != other.address);
                prop_assert!(one.record != other.record || one.state == other.state);
            }
        }
    }
}
