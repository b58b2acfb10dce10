//! Identifying the started task among the move tasks that SQS lists.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::account::{Account, LIMIT, QueuedMessage, State, Task};
use mail_feedback::operator::Outcome;

/// When SQS started the first task, by a clock that need not be ours.
const FIRST: i64 = 4_000_000_000_000;

impl Task {
    /// A task that was started before, and has ended.
    fn ended(started: i64, status: &'static str) -> Self {
        Self { started, then: [status].into(), moved: 99 }
    }
}

impl State {
    /// The effect of `StartMessageMoveTask`: messages are new in the queues that they came from.
    pub fn move_back(&mut self) -> Value {
        let parked = std::mem::take(&mut self.queues[2]);
        let moved = parked.len();
        for message in parked {
            let origin = message.origin.expect("it has an origin");
            self.queues[origin].push(QueuedMessage { received: 0, hidden_until: None, origin: None, ..message });
        }
        self.changes.push(format!("moved {moved} back"));
        let started = self.tasks.last().map_or(FIRST, |task| task.started + 1);
        self.tasks.push(Task { started, then: self.own_states.clone(), moved });
        json!({"TaskHandle": started.to_string()})
    }

    /// The answer of `ListMessageMoveTasks`: the latest first, the handle only while a task runs.
    pub fn list_moves(&mut self, most: usize) -> Value {
        let mut listed = self.tasks.len();
        if self.started_one() && self.unlisted > 0 {
            self.unlisted -= 1;
            listed -= 1;
        }
        let entry = |task: &mut Task| {
            let status = if task.then.len() > 1 { task.then.pop_front() } else { task.then.front().copied() };
            let mut entry = json!({"Status": status, "StartedTimestamp": task.started,
                "ApproximateNumberOfMessagesMoved": task.moved});
            if status == Some("RUNNING") {
                entry["TaskHandle"] = task.started.to_string().into();
            }
            entry
        };
        let entries: Vec<_> = self.tasks[..listed].iter_mut().rev().take(most).map(entry).collect();
        json!({"Results": entries})
    }

    fn started_one(&self) -> bool {
        self.changes.iter().any(|change| change.starts_with("moved"))
    }
}

/// An account with a parked message, and older tasks.
fn account(older: &[Task], own: &[&'static str], unlisted: usize) -> Account {
    let account = Account::new(Vec::new(), Vec::new());
    account.state().queues[2].push(QueuedMessage {
        received: LIMIT,
        origin: Some(1),
        ..QueuedMessage::failing("p-1", 0, "{}")
    });
    account.state().tasks = older.to_vec();
    account.state().own_states = VecDeque::from(own.to_vec());
    account.state().unlisted = unlisted;
    account
}

const SEND: [&str; 3] = ["--parked", "--send", "--yes"];

#[tokio::test(start_paused = true)]
async fn an_older_task_is_never_mistaken_for_the_started_one() {
    for status in ["COMPLETED", "FAILED", "CANCELLED", "CANCELLING"] {
        let older = [Task::ended(FIRST - 9, "COMPLETED"), Task::ended(FIRST, status)];
        for own in [&["COMPLETED"][..], &["RUNNING", "RUNNING", "COMPLETED"]] {
            let account = account(&older, own, 3);
            let ran = account.run(&SEND).await;
            assert_eq!(ran.outcome, Ok(Outcome::Done), "{status} {own:?}: {}", ran.err);
            assert!(ran.err.starts_with("1 parked message is back"), "{status} {own:?}: {}", ran.err);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_result_is_reported_although_an_older_task_succeeded() {
    for unlisted in [0, 3] {
        let account = account(&[Task::ended(FIRST, "COMPLETED")], &["RUNNING", "FAILED"], unlisted);
        account.expect_failure(&SEND, "not all moved back").await;
    }
}

/// Somebody else starts another task, once this one has ended.
#[tokio::test(start_paused = true)]
async fn a_later_task_is_not_mistaken_for_the_started_one_once_that_was_seen() {
    let account = account(&[], &["RUNNING", "COMPLETED"], 0);
    let somebody = account.clone();
    let (ran, ()) = tokio::join!(account.run(&SEND), async move {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        somebody.state().tasks.push(Task::ended(FIRST + 5, "FAILED"));
    });
    assert_eq!(ran.outcome, Ok(Outcome::Done), "{}", ran.err);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_never_listed_is_not_waited_for_without_end() {
    let account = account(&[Task::ended(FIRST, "COMPLETED")], &["COMPLETED"], usize::MAX);
    account.expect_failure(&SEND, "does not list the move task").await;
    assert_eq!(account.state().changes, ["moved 1 back"], "nothing was switched");
}
