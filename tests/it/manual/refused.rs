//! Decisions that would not stand: they fail, and write nothing.

use std::collections::BTreeMap;

use mail_feedback::event::Reason;
use mail_feedback::store::{Decision, DecisionError};
use mail_feedback::suppression::{Change, Entry, MAX_SCOPES, Scope, State, SuppressionRecord};
use mail_feedback::timestamp::Timestamp;

use super::{Desk, START, address, at, mailjet};
use crate::support::database::{Item, SUPPRESSIONS};

fn decision(scope: &str) -> Decision {
    let (scope, reason) = (Scope::from_text(scope), Reason::Unsubscribe);
    Decision { scope, reason, until: None, actor: "jo".to_owned(), note: None }
}

fn report(scope: &str, reported_at: Timestamp) -> Change {
    let entry = Entry {
        state: State::Suppressed,
        at: reported_at,
        first_at: Some(reported_at),
        suppressed_at: None,
        until: None,
        provider: "ses".to_owned(),
        event_id: scope.to_owned(),
        code: None,
        detail: None,
        recipient: None,
        actor: None,
        note: None,
    };
    Change::Entry { scope: Scope::from_text(scope), reason: Reason::Unsubscribe, entry }
}

impl Desk {
    async fn reported(&self, scopes: impl Iterator<Item = String>, reported_at: Timestamp) {
        let reports: Vec<Change> = scopes.map(|scope| report(&scope, reported_at)).collect();
        self.handler.recorder.suppressions().apply(&address(), &reports, reported_at).await.unwrap();
    }

    /// The answers to a lift and to a suppression, of which neither may write anything if it fails.
    async fn decided(&self, decision: &Decision) -> [Result<(), DecisionError>; 2] {
        let suppressions = self.handler.recorder.suppressions();
        let mut answers = [Ok(()); 2];
        for (state, answer) in [State::Lifted, State::Suppressed].into_iter().zip(&mut answers) {
            let before = self.items().await;
            *answer = match state {
                State::Lifted => suppressions.lift(&address(), decision, at(START)).await,
                State::Suppressed => suppressions.suppress(&address(), decision, at(START)).await,
            };
            assert_eq!(answer.is_err(), before == self.items().await, "{answer:?}");
        }
        answers
    }

    async fn items(&self) -> BTreeMap<String, Item> {
        self.database.scan(SUPPRESSIONS).await
    }

    async fn record(&self) -> SuppressionRecord {
        self.handler.recorder.suppressions().get(&address()).await.unwrap()
    }
}

fn lists(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|nth| format!("list:ses:{nth}"))
}

const FOLDED: DecisionError = DecisionError::Folded { reason: Reason::Unsubscribe };

#[tokio::test]
async fn nothing_comes_after_the_end_of_time() {
    let desk = Desk::open().await;
    desk.reported(["*".to_owned()].into_iter(), Timestamp::MAX).await;
    let [lift, suppress] = desk.decided(&Decision { until: Some(at(START + 9)), ..decision("*") }).await;
    assert_eq!([lift, suppress], [Err(DecisionError::Overruled); 2]);
    assert!(DecisionError::Overruled.to_string().contains("remove that entry"));
    assert_eq!(desk.decided(&decision("list:ses:a")).await, [Ok(()); 2], "another scope");
}

#[tokio::test]
async fn a_folded_reason_is_decided_for_every_send_without_end() {
    let desk = Desk::open().await;
    desk.reported(lists(MAX_SCOPES + 1), at(START - 5)).await;
    assert_eq!(desk.decided(&decision("list:ses:3")).await, [Err(FOLDED); 2]);
    let [lift, suppress] = desk.decided(&Decision { until: Some(at(START + 9)), ..decision("*") }).await;
    assert_eq!([lift, suppress], [Ok(()), Err(FOLDED)]);
    assert_eq!(desk.decided(&decision("*")).await, [Ok(()); 2]);
    assert_eq!(desk.blocks(&mailjet(), at(START)).await, ["* unsubscribe"]);
}

#[tokio::test]
async fn no_decision_on_one_scope_folds_a_reason() {
    let desk = Desk::open().await;
    desk.reported(lists(MAX_SCOPES), at(START - 5)).await;
    assert_eq!(desk.decided(&decision("list:ses:one more")).await, [Err(FOLDED); 2]);
    assert_eq!(desk.decided(&decision("list:ses:3")).await, [Ok(()); 2]);
    assert_eq!(desk.decided(&Decision { reason: Reason::Complaint, ..decision("list:ses:x") }).await, [Ok(()); 2]);
    assert!(desk.record().await.folded.is_empty());
}

#[tokio::test]
async fn a_lift_is_later_than_what_it_folds() {
    let desk = Desk::open().await;
    desk.reported(lists(MAX_SCOPES), at(START + 500)).await;
    desk.reported(["list:ses:last".to_owned()].into_iter(), at(START + 900)).await;
    assert_eq!(desk.decided(&decision("*")).await, [Ok(()); 2], "with a slow clock");
}

#[tokio::test]
async fn ends_that_have_passed_and_texts_that_are_too_long_are_refused() {
    let desk = Desk::open().await;
    let suppressions = desk.handler.recorder.suppressions();
    let ended = Decision { until: Some(at(START)), ..decision("*") };
    assert_eq!(suppressions.suppress(&address(), &ended, at(START)).await, Err(DecisionError::Ended));
    for (text, limit, long) in [
        ("scope", 280, decision(&format!("list:ses:{}", "x".repeat(272)))),
        ("actor", 256, Decision { actor: "x".repeat(257), ..decision("*") }),
        ("note", 1024, Decision { note: Some("x".repeat(1025)), ..decision("*") }),
    ] {
        assert_eq!(desk.decided(&long).await, [Err(DecisionError::TooLong { text, limit }); 2]);
    }
    let longest =
        Decision { actor: "x".repeat(256), note: Some("x".repeat(1024)), ..decision(&format!("list:ses:{:271}", "")) };
    assert_eq!(desk.decided(&longest).await, [Ok(()); 2]);
}
