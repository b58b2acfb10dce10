//! Random batches of messages that must succeed and messages that must fail, each for a reason of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use support::database::{Database, EVENTS, text};
use support::door::{QUEUE, queue_event};
use support::seeded::Seeded;

use super::{corrupt, failed, faulty, over, report};
use crate::real_binary::invoke_both_within;

/// How many batches.
const BATCHES: u64 = 12;
/// The remaining time: on a busy machine, what is throttled takes longer than the usual one.
const LONG: Duration = Duration::from_mins(10);
/// An address whose item in the suppression table is not a record.
const UNREADABLE: &str = "unreadable@example.com";

/// What a message is, and whether something about it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Delivery,
    Bounce,
    Open,
    /// Two facts, as the record of a failed invocation with two SNS messages.
    Two,
    /// The first message of the batch once more.
    Repeated,
    /// Of an address whose record cannot be read, but an open does not need it.
    UnreadableOpen,
    NoJson,
    Forged,
    OtherTopic,
    /// Two facts, one of them forged.
    HalfForged,
    /// The item of the event is refused.
    RefusedOpen,
    /// The record of the address is refused.
    RefusedBounce,
    /// Two facts, and the item of one of them is refused.
    HalfRefused,
    /// The item of the event is never processed.
    ThrottledOpen,
    /// The key of the record is never processed.
    UnlookedDelivery,
    UnreadableBounce,
    UnreadableDelivery,
}

const ALL: [Case; 17] = [
    Case::Delivery,
    Case::Bounce,
    Case::Open,
    Case::Two,
    Case::Repeated,
    Case::UnreadableOpen,
    Case::NoJson,
    Case::Forged,
    Case::OtherTopic,
    Case::HalfForged,
    Case::RefusedOpen,
    Case::RefusedBounce,
    Case::HalfRefused,
    Case::ThrottledOpen,
    Case::UnlookedDelivery,
    Case::UnreadableBounce,
    Case::UnreadableDelivery,
];

/// A message: its text, whether it must fail, and the SES ids of the mails whose events must be written.
struct Expected {
    body: String,
    fails: bool,
    written: Vec<String>,
}

fn forged(mut envelope: Value) -> Value {
    envelope["Message"] = "{}".into();
    envelope
}

fn message(case: Case, number: usize) -> Expected {
    let (here, other) = (10 * number, 10 * number + 1);
    let good = |name: &str| report(name, &format!("a{number}@example.com"), here).to_string();
    let of = |name: &str, address: &str| report(name, address, here).to_string();
    let open = |number: usize| report("Open", "b@example.com", number);
    let refused = format!("refused-{number}@example.com");
    let throttled = format!("throttled-{number}@example.com");
    let (body, fails, written) = match case {
        Case::Delivery => (good("Delivery"), false, vec![here]),
        Case::Bounce => (good("Bounce"), false, vec![here]),
        Case::Open => (good("Open"), false, vec![here]),
        Case::Two => (failed(&[open(here), open(other)]), false, vec![here, other]),
        Case::Repeated => unreachable!("it is a copy of another"),
        Case::UnreadableOpen => (of("Open", UNREADABLE), false, vec![here]),
        Case::NoJson => ("no JSON".to_owned(), true, vec![]),
        Case::Forged => (forged(open(here)).to_string(), true, vec![]),
        Case::OtherTopic => (good("Open").replace("mail-feedback-local", "other"), true, vec![]),
        Case::HalfForged => (failed(&[open(here), forged(open(other))]), true, vec![]),
        Case::RefusedOpen => (of("Open", &refused), true, vec![]),
        Case::RefusedBounce => (of("Bounce", &refused), true, vec![]),
        Case::HalfRefused => (failed(&[report("Open", &refused, other), open(here)]), true, vec![here]),
        Case::ThrottledOpen => (of("Open", &throttled), true, vec![]),
        // A delivery is written before its record is read.
        Case::UnlookedDelivery => (of("Delivery", &format!("unlooked-{number}@example.com")), true, vec![here]),
        Case::UnreadableBounce => (of("Bounce", UNREADABLE), true, vec![]),
        Case::UnreadableDelivery => (of("Delivery", UNREADABLE), true, vec![here]),
    };
    Expected { body, fails, written: written.into_iter().map(|number| format!("m-{number}")).collect() }
}

fn batch(random: &mut Seeded) -> Vec<Expected> {
    let mut cases = Vec::new();
    for case in ALL {
        cases.extend(std::iter::repeat_n(case, random.below(4)));
    }
    random.shuffle(&mut cases);
    let mut messages: Vec<Expected> = Vec::new();
    for (number, case) in cases.into_iter().enumerate() {
        let expected = match messages.first() {
            Some(Expected { body, fails, .. }) if case == Case::Repeated => {
                Expected { body: body.clone(), fails: *fails, written: Vec::new() }
            }
            _ if case == Case::Repeated => message(Case::Open, number),
            _ => message(case, number),
        };
        messages.push(expected);
    }
    messages
}

async fn check(seed: u64) {
    let messages = batch(&mut Seeded::new(seed));
    let database = Database::start().await;
    corrupt(&database, UNREADABLE).await;
    let bodies: Vec<String> = messages.iter().map(|message| message.body.clone()).collect();
    let world = over(faulty(&database).await);
    let batch = queue_event(QUEUE, &bodies).to_string();
    let answer = invoke_both_within(&world.handler, &batch, LONG).await.0.unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap().iter();
    let failed: Vec<_> = failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect();
    let places = messages.iter().enumerate();
    let expected: Vec<String> =
        places.filter(|(_, message)| message.fails).map(|(place, _)| format!("m-{place}")).collect();
    assert_eq!(failed, expected, "seed {seed}");
    let written: BTreeSet<String> =
        database.scan(EVENTS).await.values().map(|item| text(item, "message_id").to_owned()).collect();
    let expected: BTreeSet<String> = messages.into_iter().flat_map(|message| message.written).collect();
    assert_eq!(written, expected, "seed {seed}");
}

#[tokio::test]
async fn a_message_of_a_mixed_batch_fails_if_and_only_if_something_of_its_own_did() {
    join_all((0..BATCHES).map(check)).await;
}
