//! Looking into queues, and deleting messages.

use serde_json::Value;

use super::account::{Account, QueuedMessage};
use mail_feedback::operator::Outcome;

fn found(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_look_receives_each_message_once_says_so_and_makes_it_visible_again() {
    let many = (0..25).map(|number| QueuedMessage::failing(&format!("m-{number}"), 0, "garbage")).collect();
    let account = Account::new(many, vec![QueuedMessage::failing("f-1", 0, "garbage")]);
    let look = found(&account.expect_outcome(&["--json"], Outcome::Done).await);
    assert_eq!(look["redrive"]["FailedQueue"], "off");
    let group = &look["queues"][0]["groups"][0];
    assert_eq!((&group["count"], &group["receives_left"]), (&25.into(), &9.into()));
    {
        let state = account.state();
        assert!(state.queues[0].iter().all(|message| message.received == 1 && message.hidden_until.is_none()));
        assert_eq!(state.changes, Vec::<String>::new());
    }
    let text = account.expect_outcome(&["--limit", "20"], Outcome::Done).await;
    assert!(text.contains("8 receives of 10 are left") && text.contains("5 more were not looked at"), "{text}");
    assert_eq!(account.state().queues[0].iter().filter(|message| message.received == 2).count(), 20);
}

#[tokio::test(start_paused = true)]
async fn without_some_rights_a_look_says_less_and_says_so() {
    let account = Account::new(vec![QueuedMessage::failing("m-1", 0, "garbage")], Vec::new());
    account.state().refusals.insert("GetFunctionConfiguration", (9, "AccessDeniedException"));
    account.state().refusals.insert("ChangeMessageVisibilityBatch", (9, "AccessDenied"));
    let ran = account.run(&[]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Done));
    let words = "not checked: the settings of the function cannot be read (AccessDeniedException)";
    assert!(ran.out.contains(words), "{}", ran.out);
    assert!(ran.err.contains("hidden for a minute: sqs:ChangeMessageVisibility"), "{}", ran.err);
}

#[tokio::test(start_paused = true)]
async fn one_message_is_deleted_after_it_is_shown_and_no_other() {
    let messages = ["m-1", "m-2", "m-3"].map(|id| QueuedMessage::failing(id, 0, "garbage"));
    let account = Account::new(Vec::new(), messages.into());
    let ran = account.run(&["--delete", "m-2"]).await;
    assert!(ran.out.contains("m-2") && !ran.out.contains("m-1"), "{}", ran.out);
    assert!(ran.outcome.expect_err("a question").contains("repeat it with --yes"));
    assert_eq!(account.state().queues[1].len(), 3);
    account.expect_outcome(&["--delete", "m-2", "--yes"], Outcome::Done).await;
    assert_eq!(account.state().changes, ["deleted m-2"]);
    let is_shown = |message: &QueuedMessage| message.hidden_until.is_none();
    assert!(account.state().queues[1].iter().all(is_shown), "the others are shown again");
    account.expect_failure(&["--delete", "m-2", "--yes"], "no message m-2 in the queues").await;
}

/// Each search uses up a receive of every message, so one search must do for several.
#[tokio::test(start_paused = true)]
async fn several_messages_are_deleted_in_one_search() {
    let messages = ["m-1", "m-2", "m-3"].map(|id| QueuedMessage::failing(id, 0, "garbage"));
    let account = Account::new(Vec::new(), messages.into());
    let ran = account.run(&["--delete", "m-1", "m-3", "--yes"]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Done));
    assert!(!ran.out.contains("not looked at"), "{}", ran.out);
    assert_eq!(account.state().changes, ["deleted m-1", "deleted m-3"]);
    account.expect_failure(&["--delete", "m-2", "m-4", "--yes"], "no message m-4 in the queues").await;
    assert_eq!(account.state().changes.last().unwrap(), "deleted m-2", "what is found is deleted");
}
