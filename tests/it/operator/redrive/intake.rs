//! The queue of SES reports: it is counted, and parked messages return to it, but a redrive neither reads nor switches it.

use serde_json::{Value, json};

use super::account::{Account, INTAKE, LIMIT, QueuedMessage};
use mail_feedback::operator::Outcome;

fn account(waiting: usize) -> Account {
    let message = |number| QueuedMessage::failing(&format!("i-{number}"), 0, "{}");
    Account::new(Vec::new(), Vec::new()).with_intake((0..waiting).map(message).collect())
}

#[tokio::test(start_paused = true)]
async fn a_look_counts_what_waits_and_receives_none_of_it() {
    let account = account(3);
    account.state().intake_mapping = "Disabled";
    let ran = account.run(&[]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Done));
    assert!(ran.out.ends_with("ParkedQueue: empty\nIntakeQueue: 3 messages wait for the function\n"), "{}", ran.out);
    assert!(ran.err.contains("the mapping of IntakeQueue is off, so nothing reads it"), "{}", ran.err);
    assert!(account.state().queues[INTAKE].iter().all(|message| message.received == 0));
    let look: Value = serde_json::from_str(&account.expect_outcome(&["--json"], Outcome::Done).await).unwrap();
    assert_eq!(look["intake"], json!({"messages": 3, "hidden": 0, "mapping": "off"}));
    assert_eq!(look["queues"].as_array().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_stack_without_it_has_no_line_for_it() {
    let account = Account::new(Vec::new(), Vec::new());
    let out = account.expect_outcome(&[], Outcome::Done).await;
    assert!(out.ends_with("ParkedQueue: empty\n"), "{out}");
    let look: Value = serde_json::from_str(&account.expect_outcome(&["--json"], Outcome::Done).await).unwrap();
    assert_eq!(look["intake"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn without_the_permission_the_other_queues_are_shown() {
    let account = account(1);
    account.state().intake_mapping = "Enabled";
    account.state().denied_queue = Some(INTAKE);
    let ran = account.run(&[]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Done));
    assert!(ran.out.ends_with("ParkedQueue: empty\n"), "{}", ran.out);
    assert!(ran.err.contains("IntakeQueue is not counted: sqs:GetQueueAttributes on https://sqs"), "{}", ran.err);
}

/// Both queues that messages were parked from get theirs back, and the function reads each in its own way.
#[tokio::test(start_paused = true)]
async fn parked_messages_return_to_the_queue_they_came_from() {
    let account = account(0);
    let parked = |id: &str, origin, failures| QueuedMessage {
        received: LIMIT,
        origin: Some(origin),
        ..QueuedMessage::failing(id, failures, "{}")
    };
    account.state().queues[2].extend([parked("f-1", 1, 0), parked("i-1", INTAKE, 0), parked("i-2", INTAKE, u32::MAX)]);
    let look = account.expect_outcome(&[], Outcome::Done).await;
    assert!(
        look.contains("received 11  parked from mf-intake") && look.contains("parked from mf-FailedQueue"),
        "{look}"
    );
    let ran = account.run(&["--parked", "--send", "--yes"]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Done));
    assert!(ran.err.contains("3 parked messages are back in the queues\nthose from IntakeQueue"), "{}", ran.err);
    let report = "1 sent, 1 recorded, 0 failing still, 0 parked\n\
                  IntakeQueue: nothing waits, 1 being processed, or hidden because an attempt failed\n";
    assert_eq!(ran.out, report);
    let state = account.state();
    let left: Vec<_> = state.queues[INTAKE].iter().map(|message| (message.id.as_str(), message.attempts)).collect();
    assert_eq!(left, [("i-2", 1)]);
    let switched = |change: &String| change.contains("Intake");
    assert!(!state.changes.iter().any(switched), "{:?}", state.changes);
}
