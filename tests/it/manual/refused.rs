//! Decisions without effect: they fail, and write nothing.

use std::collections::BTreeMap;

use mail_feedback::event::Reason;
use mail_feedback::store::DecisionError;
use mail_feedback::suppression::{
    Change, Decision, DecisionRefusal, Entry, MAX_SCOPES, Scope, State, SuppressionRecord,
};
use mail_feedback::timestamp::Timestamp;
use support::database::{Item, SUPPRESSIONS};

use super::{START, World, address, at, mailjet};

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
        lifted_event: None,
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

impl World {
    async fn reported(&self, scopes: impl Iterator<Item = String>, reported_at: Timestamp) {
        let reports: Vec<Change> = scopes.map(|scope| report(&scope, reported_at)).collect();
        self.handler.suppressions.apply(&address(), &reports, reported_at).await.unwrap();
    }

    /// The results of a lift and of a suppression, neither of which may write anything if it fails.
    async fn decided(&self, decision: &Decision) -> [Result<(), DecisionError>; 2] {
        let recorder = &self.handler.recorder;
        let mut answers = [Ok(()); 2];
        for (state, answer) in [State::Lifted, State::Suppressed].into_iter().zip(&mut answers) {
            let before = self.items().await;
            *answer = match state {
                State::Lifted => recorder.lift(&address(), decision, at(START)).await.map(drop),
                State::Suppressed => recorder.suppress(&address(), decision, at(START)).await.map(drop),
            };
            assert_eq!(answer.is_err(), before == self.items().await, "{answer:?}");
        }
        answers
    }

    async fn items(&self) -> BTreeMap<String, Item> {
        self.database.scan(SUPPRESSIONS).await
    }

    async fn record(&self) -> SuppressionRecord {
        self.handler.suppressions.get(&address()).await.unwrap()
    }
}

fn lists(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|nth| format!("list:ses:{nth}"))
}

const FOLDED: DecisionError = DecisionError::Refused(DecisionRefusal::Folded { reason: Reason::Unsubscribe });

/// Records from before such times were refused may contain them.
#[tokio::test]
async fn what_is_dated_ahead_is_replaced_and_outweighs_no_later_report() {
    for ahead in [Timestamp::MAX, at(START + 20 * 3600)] {
        let world = World::open().await;
        world.reported(["*".to_owned()].into_iter(), ahead).await;
        let until = Some(at(START + 9));
        assert_eq!(world.decided(&Decision { until, ..decision("*") }).await, [Ok(()); 2]);
        assert_eq!(world.blocks(&mailjet(), at(START + 10)).await, [""; 0]);
        world.reported(["*".to_owned()].into_iter(), ahead).await;
        assert_eq!(world.blocks(&mailjet(), at(START + 10)).await, ["* unsubscribe"], "after a suppression");

        let (recorder, suppressions) = (&world.handler.recorder, &world.handler.suppressions);
        recorder.lift(&address(), &decision("*"), at(START + 20)).await.unwrap();
        world.reported(["*".to_owned()].into_iter(), ahead).await;
        assert_eq!(world.blocks(&mailjet(), at(START + 30)).await, [""; 0], "the same report again");
        let Change::Entry { scope, reason, entry } = report("*", at(START + 40)) else { panic!() };
        let genuine = Change::Entry { scope, reason, entry: Entry { event_id: "another".to_owned(), ..entry } };
        suppressions.apply(&address(), &[genuine], at(START + 40)).await.unwrap();
        assert_eq!(world.blocks(&mailjet(), at(START + 50)).await, ["* unsubscribe"], "a later report");
    }
}

/// A lift of every send was not about the single scopes that a fold merges.
#[tokio::test]
async fn a_lift_from_before_a_fold_lifts_nothing() {
    let world = World::open().await;
    world.reported(lists(MAX_SCOPES), at(START - 500)).await;
    assert_eq!(world.decided(&decision("*")).await, [Ok(()); 2]);
    let recorder = &world.handler.recorder;
    recorder.lift(&address(), &decision("*"), at(START + 1)).await.unwrap();
    world.reported(["list:ses:last".to_owned()].into_iter(), at(START - 900)).await;
    assert!(world.record().await.is_folded(Reason::Unsubscribe));
    assert_eq!(world.blocks(&mailjet(), at(START + 2)).await, ["* unsubscribe"]);
    recorder.lift(&address(), &decision("*"), at(START + 3)).await.unwrap();
    assert_eq!(world.blocks(&mailjet(), at(START + 4)).await, [""; 0]);
}

#[tokio::test]
async fn a_lift_of_manual_soft_bounces_names_the_existing_reason() {
    let world = World::open().await;
    let (recorder, suppressions) = (&world.handler.recorder, &world.handler.suppressions);
    for scope in lists(MAX_SCOPES + 1) {
        let by_hand = Decision { reason: Reason::SoftBounce, ..decision(&scope) };
        let _full = recorder.suppress(&address(), &by_hand, at(START)).await;
    }
    let reports: Vec<_> = [report("list:ses:more", at(START))].into_iter().collect();
    let Change::Entry { scope, entry, .. } = &reports[0] else { panic!() };
    let fold = Change::Entry { scope: scope.clone(), reason: Reason::SoftBounce, entry: entry.clone() };
    suppressions.apply(&address(), &[fold], at(START)).await.unwrap();
    assert!(world.record().await.is_folded(Reason::Manual));
    let lift = Decision { reason: Reason::SoftBounce, ..decision("*") };
    let answer = recorder.lift(&address(), &lift, at(START + 5)).await;
    assert_eq!(answer, Err(DecisionRefusal::Folded { reason: Reason::Manual }.into()));
}

#[tokio::test]
async fn a_scope_that_is_longer_than_a_person_may_name_can_be_lifted() {
    let world = World::open().await;
    let long = format!("list:ses:{}", "x".repeat(400));
    world.reported([long.clone()].into_iter(), at(START - 5)).await;
    let recorder = &world.handler.recorder;
    assert_eq!(recorder.lift(&address(), &decision(&long), at(START)).await.map(drop), Ok(()));
}

#[tokio::test]
async fn a_folded_reason_is_decided_for_every_send_without_end() {
    let world = World::open().await;
    world.reported(lists(MAX_SCOPES + 1), at(START - 5)).await;
    assert_eq!(world.decided(&decision("list:ses:3")).await, [Err(FOLDED); 2]);
    let [lift, suppress] = world.decided(&Decision { until: Some(at(START + 9)), ..decision("*") }).await;
    assert_eq!([lift, suppress], [Ok(()), Err(FOLDED)]);
    assert_eq!(world.decided(&decision("*")).await, [Ok(()); 2]);
    assert_eq!(world.blocks(&mailjet(), at(START)).await, ["* unsubscribe"]);
}

#[tokio::test]
async fn no_decision_on_one_scope_folds_a_reason() {
    let world = World::open().await;
    world.reported(lists(MAX_SCOPES), at(START - 5)).await;
    assert_eq!(world.decided(&decision("list:ses:one more")).await, [Err(FOLDED); 2]);
    assert_eq!(world.decided(&decision("list:ses:3")).await, [Ok(()); 2]);
    assert_eq!(world.decided(&Decision { reason: Reason::Complaint, ..decision("list:ses:x") }).await, [Ok(()); 2]);
    assert!(world.record().await.folded.is_empty());
}

#[tokio::test]
async fn a_lift_is_later_than_what_it_folds() {
    let world = World::open().await;
    world.reported(lists(MAX_SCOPES), at(START + 500)).await;
    world.reported(["list:ses:last".to_owned()].into_iter(), at(START + 900)).await;
    assert_eq!(world.decided(&decision("*")).await, [Ok(()); 2], "with a slow clock");
}

#[tokio::test]
async fn ends_that_have_passed_and_texts_that_are_too_long_are_refused() {
    let world = World::open().await;
    let recorder = &world.handler.recorder;
    let ended = Decision { until: Some(at(START)), ..decision("*") };
    assert_eq!(recorder.suppress(&address(), &ended, at(START)).await, Err(DecisionRefusal::Ended.into()));
    for (text, limit, long) in [
        ("scope", 280, decision(&format!("list:ses:{}", "x".repeat(272)))),
        ("actor", 256, Decision { actor: "x".repeat(257), ..decision("*") }),
        ("note", 1024, Decision { note: Some("x".repeat(1025)), ..decision("*") }),
    ] {
        assert_eq!(world.decided(&long).await, [Err(DecisionRefusal::TooLong { text, limit }.into()); 2]);
    }
    let longest =
        Decision { actor: "x".repeat(256), note: Some("x".repeat(1024)), ..decision(&format!("list:ses:{:271}", "")) };
    assert_eq!(world.decided(&longest).await, [Ok(()); 2]);
}
