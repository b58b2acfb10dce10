//! Each SES message is the same fact, whichever way it arrives.

use std::collections::BTreeMap;

use harness::function::handler;
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;
use support::authority::AUTHORITY;
use support::database::{Database, EVENTS, SUPPRESSIONS};
use support::door::Door;
use support::envelope::{notification, sign};
use support::samples::{self, Sample, Snapshot};

use super::{assert_accepted, facts, open};
use crate::disorder::print_uncaptured;

/// What SES says in a sample, in an envelope dated today.
fn envelope(sample: &Sample) -> Option<Value> {
    let event: Value = serde_json::from_str(&sample.json).unwrap();
    let sns = &event["Records"][0]["Sns"];
    let mut envelope = notification(sns["Message"].as_str()?, sns["MessageId"].as_str().unwrap(), Timestamp::now());
    sign(&mut envelope, &AUTHORITY);
    Some(envelope)
}

#[tokio::test]
async fn each_message_of_ses_is_the_same_fact_through_every_door() {
    let envelopes: BTreeMap<String, Value> =
        samples::all().iter().filter_map(|sample| Some((sample.name.clone(), envelope(sample)?))).collect();
    let all = Database::start().await;
    let every_door = handler(&all, &open(&all));
    let mut expected: Option<Snapshot> = None;
    for door in Door::ALL {
        let database = Database::start().await;
        let one_door = handler(&database, &open(&database));
        let mut brought = 0;
        for (name, envelope) in &envelopes {
            // A topic's test message is not an event, and EventBridge has no equivalent.
            let Some(invocation) = door.invocation(envelope) else { continue };
            assert_accepted(&one_door, &invocation, name).await;
            assert_accepted(&every_door, &invocation, name).await;
            brought += 1;
        }
        assert!(brought >= envelopes.len() - 1, "{door:?} brought {brought} of {}", envelopes.len());
        let found = facts(Snapshot::take(&database).await);
        assert!(found.events.len() >= brought - 3, "{door:?}");
        assert_eq!(found, *expected.get_or_insert_with(|| found.clone()), "{door:?}");
        print_uncaptured(&format!("doors: {brought} of {} messages of SES through {door:?}", envelopes.len()));
    }
    assert_eq!(Some(facts(Snapshot::take(&all).await)), expected, "through all doors one after the other");
}

#[tokio::test]
async fn one_fact_through_all_doors_is_one_event_with_one_effect() {
    let database = Database::start().await;
    let handler = handler(&database, &open(&database));
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/bounce-permanent-general").unwrap();
    let envelope = envelope(&sample).unwrap();
    for door in Door::ALL {
        assert_accepted(&handler, &door.invocation(&envelope).unwrap(), "the bounce").await;
    }
    let (events, suppressions) = (database.scan(EVENTS).await, database.scan(SUPPRESSIONS).await);
    assert_eq!((events.len(), suppressions.len()), (1, 1));
    let record = suppressions.values().next().unwrap();
    assert_eq!(record["version"].as_n().unwrap(), "1", "it was written once");
}
