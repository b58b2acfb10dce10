//! Sending, to the end and with interruptions, on a paused clock.

use tokio::sync::mpsc::channel;

use super::account::{Account, LIMIT, QueuedMessage};
use mail_feedback::operator::Outcome;

const ON_AND_OFF: [&str; 4] = ["UndeliveredQueue on", "FailedQueue on", "UndeliveredQueue off", "FailedQueue off"];
const NEVER: u32 = u32::MAX;

fn account() -> Account {
    let good = |id: &str| QueuedMessage::failing(id, 0, "{}");
    Account::new(vec![good("u-1"), good("u-2")], vec![good("f-1")])
}

/// Asserts that both mappings are off, and neither is changing.
fn assert_off(account: &Account) {
    for mapping in &account.state().mappings {
        assert!(mapping.state == "Disabled" && mapping.then.is_empty(), "{mapping:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_is_sent_and_the_redrive_is_off_again() {
    let account = account();
    account.expect_failure(&["--send"], "repeat it with --yes").await;
    assert_eq!(account.state().changes, Vec::<String>::new());
    let out = account.expect_outcome(&["--send", "--yes"], Outcome::Done).await;
    assert_eq!(out, "3 sent, 3 recorded, 0 failing still, 0 parked\n");
    assert_eq!(account.state().changes, ON_AND_OFF);
    assert_off(&account);
    let ran = account.run(&["--send", "--yes"]).await;
    assert_eq!((ran.outcome, ran.err.contains("nothing to send")), (Ok(Outcome::Done), true));
    assert_eq!(account.state().changes.len(), ON_AND_OFF.len(), "nothing was switched");
}

#[tokio::test(start_paused = true)]
async fn what_fails_again_is_shown_with_its_reason_and_was_tried_once() {
    let account = account();
    account.state().queues[0].push(QueuedMessage::failing("bad", NEVER, "garbage"));
    let out = account.expect_outcome(&["--send", "--yes"], Outcome::Incomplete).await;
    assert!(out.starts_with("4 sent, 3 recorded, 1 failing still, 0 parked\nUndeliveredQueue: 1 message\n"), "{out}");
    assert!(out.contains("refused: Malformed envelope") && out.contains("retry  no"), "{out}");
    assert_eq!(account.state().queues[0][0].attempts, 1);
    assert_off(&account);
}

/// A message hidden by an earlier attempt is not mistaken for one that failed now.
#[tokio::test(start_paused = true)]
async fn what_was_hidden_at_the_start_is_sent_too() {
    let account = Account::new(vec![QueuedMessage::failing("u-1", 1, "garbage")], Vec::new());
    account.expect_outcome(&["--send", "--yes"], Outcome::Incomplete).await;
    let until = tokio::time::Instant::now() + std::time::Duration::from_secs(170);
    account.state().queues[0][0].hidden_until = Some(until);
    let out = account.expect_outcome(&["--send", "--yes"], Outcome::Done).await;
    assert_eq!(out, "1 sent, 1 recorded, 0 failing still, 0 parked\n");
}

/// Each run is an attempt and a look: what never succeeds is parked after the queue's limit, and stays there.
#[tokio::test(start_paused = true)]
async fn a_poisonous_message_is_parked_after_ten_receives_and_is_not_sent_again() {
    let account = Account::new(vec![QueuedMessage::failing("bad", NEVER, "garbage")], Vec::new());
    let mut runs = 0;
    while account.state().queues[2].is_empty() {
        let ran = account.run(&["--send", "--yes"]).await;
        assert!(matches!(ran.outcome, Ok(Outcome::Incomplete)), "{:?}", ran.outcome);
        runs += 1;
    }
    let parked = account.state().queues[2][0].clone();
    let last_look = 1;
    assert_eq!((parked.received, parked.attempts, runs), (LIMIT + last_look, LIMIT / 2, LIMIT / 2 + 1));
    let out = account.expect_outcome(&[], Outcome::Done).await;
    assert!(out.contains("ParkedQueue: 1 message\n") && out.contains("refused: Malformed envelope"), "{out}");
    account.expect_outcome(&["--send", "--yes"], Outcome::Done).await;
    assert_eq!(account.state().queues[2][0].attempts, parked.attempts, "what is parked is left alone");
}

#[tokio::test(start_paused = true)]
async fn parked_messages_are_moved_back_first_and_then_sent() {
    let account = account();
    let parked = QueuedMessage { received: LIMIT, origin: Some(1), ..QueuedMessage::failing("p-1", 0, "{}") };
    account.state().queues[2].push(parked);
    let out = account.expect_outcome(&["--parked", "--send", "--yes"], Outcome::Done).await;
    assert_eq!(out, "4 sent, 4 recorded, 0 failing still, 0 parked\n");
    assert_eq!(account.state().changes[0], "moved 1 back");
    assert_off(&account);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_is_switched_off() {
    let account = account();
    account.state().queues[0].push(QueuedMessage::failing("bad", NEVER, "garbage"));
    account.state().interrupt_when_on = Some(channel(1).0);
    account.expect_failure(&["--send", "--yes"], "interrupted; what is not recorded yet waits in its queue").await;
    assert_eq!(account.state().changes, ON_AND_OFF);
    assert_off(&account);
}

/// Lambda refuses a change while another is in progress, which is temporary.
#[tokio::test(start_paused = true)]
async fn a_mapping_that_is_being_changed_is_waited_for() {
    let account = account();
    account.state().refusals.insert("UpdateEventSourceMapping", (5, "ResourceInUseException"));
    account.expect_outcome(&["--send", "--yes"], Outcome::Done).await;
    assert_off(&account);
}

#[tokio::test(start_paused = true)]
async fn if_one_cannot_be_switched_on_the_other_is_switched_off() {
    let account = account();
    account.state().mappings[1].then = ["Disabled", "Deleting", "Disabled"].into();
    account.expect_failure(&["--send", "--yes"], "the mapping of FailedQueue is being deleted").await;
    assert_eq!(account.state().changes, ["UndeliveredQueue on", "UndeliveredQueue off"]);
    assert_off(&account);
}

#[tokio::test(start_paused = true)]
async fn if_somebody_else_switches_meanwhile_it_ends_and_says_so() {
    let account = account();
    account.state().queues[0].push(QueuedMessage::failing("bad", NEVER, "garbage"));
    let somebody = account.clone();
    let (run, ()) = tokio::join!(account.run(&["--send", "--yes"]), async move {
        while somebody.state().mappings[0].state != "Enabled" {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        somebody.state().mappings[0].then = ["Updating", "Disabled"].into();
    });
    let failure = run.outcome.expect_err("a failure");
    assert!(failure.contains("somebody else, or a deployment, has switched the redrive meanwhile"), "{failure}");
    assert_off(&account);
}

/// The worst case: it is on, and cannot be turned off from here.
#[tokio::test(start_paused = true)]
async fn a_failure_to_switch_off_says_how_to_do_it_manually() {
    let account = account();
    let somebody = account.clone();
    let (run, ()) = tokio::join!(account.run(&["--send", "--yes"]), async move {
        while somebody.state().mappings[1].state != "Enabled" {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        somebody.state().refusals.insert("UpdateEventSourceMapping", (99, "ExpiredTokenException"));
    });
    let failure = run.outcome.expect_err("a failure");
    for words in ["expired", "MAY STILL BE ON", "--stack mf --off", "uuid-of-UndeliveredQueue uuid-of-FailedQueue"] {
        assert!(failure.contains(words), "{words}: {failure}");
    }
    account.state().refusals.clear();
    account.expect_outcome(&["--off"], Outcome::Done).await;
    assert_off(&account);
}
