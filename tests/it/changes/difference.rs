//! Any two records in, exactly the entries out that differ for those who send.

use std::collections::BTreeSet;

use mail_feedback::changes::ChangeEvent;
use mail_feedback::event::Reason;
use mail_feedback::store::RecordChange;
use mail_feedback::suppression::{
    Change, Scope, SoftBounce, SoftBounceLift, SoftBounceRules, State, SuppressionRecord, differences,
};
use proptest::prelude::*;

use super::records::{REASONS, SCOPES, entry, records, time};

/// What a sender sees at a place, as a text.
fn seen(record: &SuppressionRecord, scope: &str, reason: Reason) -> String {
    match record.entry(&Scope::from_text(scope), reason) {
        Some(entry) if entry.state == State::Suppressed => {
            entry.until.map_or("suppressed".to_owned(), |until| format!("suppressed until {until}"))
        }
        _ => "free".to_owned(),
    }
}

fn change(version: u64, before: &SuppressionRecord, after: &SuppressionRecord) -> RecordChange {
    let (before, after) = (before.clone(), after.clone());
    let updated_at = time(9).to_string();
    RecordChange { address: "jane@example.com".to_owned(), version, updated_at, at: time(9), before, after }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn exactly_what_differs_makes_an_event(before in records(), after in records(), version in 1_u64..9) {
        let mut expected = BTreeSet::new();
        for scope in SCOPES {
            for reason in REASONS {
                let (old, new) = (seen(&before, scope, reason), seen(&after, scope, reason));
                if old != new {
                    expected.insert((scope.to_owned(), reason, new));
                }
            }
        }
        let events = ChangeEvent::of(&change(version, &before, &after));
        let found = events.iter().map(|event| {
            let until = event.until.map_or(String::new(), |until| format!(" until {until}"));
            let now = if event.state == State::Lifted { "free" } else { "suppressed" };
            (event.scope.as_str().to_owned(), event.reason, format!("{now}{until}"))
        });
        prop_assert_eq!(found.clone().count(), expected.len(), "each once");
        prop_assert_eq!(found.collect::<BTreeSet<_>>(), expected);

        let lifts = events.iter().skip_while(|event| event.state == State::Suppressed);
        prop_assert!(lifts.clone().all(|event| event.state == State::Lifted), "suppressions come first");
        for event in &events {
            prop_assert_eq!(event.record_version, version);
            if let Some(entry) = after.entry(&event.scope, event.reason) {
                prop_assert_eq!((event.at, &event.code, &event.actor), (entry.at, &entry.code, &entry.actor));
                prop_assert_eq!(event.event_id.as_ref(), Some(&entry.event_id).filter(|id| *id != "folded"));
            }
        }
    }

    #[test]
    fn the_id_names_version_scope_and_reason(before in records(), after in records()) {
        let (one, again) = (change(4, &before, &after), change(4, &before, &after));
        prop_assert_eq!(ChangeEvent::of(&one), ChangeEvent::of(&again), "a repetition has the same ids");
        let later = RecordChange { version: 5, ..one.clone() };
        let elsewhere = RecordChange { address: "joe@example.com".to_owned(), ..one.clone() };
        let again_from_one = RecordChange { updated_at: time(10).to_string(), ..one.clone() };
        let all = [one, later, elsewhere, again_from_one].map(|change| ChangeEvent::of(&change));
        let ids: BTreeSet<_> = all.iter().flatten().map(|event| event.id.clone()).collect();
        prop_assert_eq!(ids.len(), all.iter().map(Vec::len).sum::<usize>(), "and nothing else has them");
    }

    #[test]
    fn what_was_undone_is_the_opposite(before in records(), after in records()) {
        let places = |found: Vec<mail_feedback::suppression::Difference<'_>>| {
            found.into_iter().map(|one| (one.scope.clone(), one.reason)).collect::<BTreeSet<_>>()
        };
        prop_assert_eq!(places(differences(&before, &after)), places(differences(&after, &before)));
        prop_assert!(differences(&after, &after).is_empty());
    }
}

/// The events of a merge into an empty or given record.
fn events_of(record: &mut SuppressionRecord, changes: &[Change]) -> Vec<ChangeEvent> {
    let before = record.clone();
    for one in changes {
        record.merge(one, SoftBounceRules::default());
    }
    ChangeEvent::of(&change(2, &before, record))
}

fn bounce(hours: i64) -> Change {
    let event_id = format!("bounce-{hours}");
    let (provider, code, detail, recipient) = ("ses".to_owned(), None, None, None);
    Change::SoftBounce(SoftBounce { at: time(hours), event_id, provider, code, detail, recipient })
}

#[test]
fn soft_bounces_make_an_event_only_when_they_suppress_or_move_the_end() {
    let mut record = SuppressionRecord::default();
    for day in 0..4 {
        assert_eq!(events_of(&mut record, &[bounce(day * 24)]), [], "counted");
    }
    let fifth = events_of(&mut record, &[bounce(96)]);
    assert_eq!((fifth.len(), fifth[0].state, fifth[0].reason), (1, State::Suppressed, Reason::SoftBounce));
    assert!(fifth[0].until.is_some());
    assert_eq!(events_of(&mut record, &[bounce(96)]), [], "delivered again");
    let sixth = events_of(&mut record, &[bounce(120)]);
    assert!(sixth[0].until > fifth[0].until, "the end moves");
    let lift = SoftBounceLift { at: time(130), actor: Some("ops".to_owned()), note: None };
    let lifted = events_of(&mut record, &[Change::LiftSoftBounces(lift)]);
    assert_eq!((lifted.len(), lifted[0].state, lifted[0].at), (1, State::Lifted, time(130)));
    assert_eq!((lifted[0].provider.as_deref(), lifted[0].actor.as_deref()), (Some("manual"), Some("ops")));
}

#[test]
fn a_delivery_lifts_without_a_report_of_its_own() {
    let mut record = SuppressionRecord::default();
    let bounces: Vec<_> = (0..5).map(|day| bounce(day * 24)).collect();
    assert_eq!(events_of(&mut record, &bounces).len(), 1);
    let delivered = events_of(&mut record, &[Change::Delivered { at: time(200) }]);
    assert_eq!((delivered[0].state, delivered[0].at), (State::Lifted, time(9)), "the time of the write");
    assert_eq!((&delivered[0].provider, &delivered[0].event_id, &delivered[0].actor), (&None, &None, &None));
}

/// Its single scopes go, and `*` takes their place: first the suppression, then the lifts.
#[test]
fn a_reason_that_is_folded_leaves_no_gap() {
    let leave = |list: usize| Change::Entry {
        scope: Scope::list("ses", &list.to_string()).unwrap(),
        reason: Reason::Unsubscribe,
        entry: entry(State::Suppressed, 0, None),
    };
    let mut record = SuppressionRecord::default();
    let first: Vec<_> = (0..100).map(leave).collect();
    assert_eq!(events_of(&mut record, &first).len(), 100);
    let folded = events_of(&mut record, &[leave(100)]);
    assert_eq!(folded.len(), 101);
    assert_eq!((folded[0].scope.as_str(), folded[0].state), ("*", State::Suppressed));
    assert!(folded[1..].iter().all(|event| event.state == State::Lifted));
}

/// The latest of the suppressions that are folded was lifted, and only its time is known.
#[test]
fn a_folded_reason_names_no_event_that_is_not_known() {
    let of_list = |list: usize, state: State, hours: i64| Change::Entry {
        scope: Scope::list("ses", &list.to_string()).unwrap(),
        reason: Reason::Unsubscribe,
        entry: entry(state, hours, None),
    };
    let mut record = SuppressionRecord::default();
    let first: Vec<_> = (0..100).map(|list| of_list(list, State::Suppressed, 0)).collect();
    events_of(&mut record, &first);
    events_of(&mut record, &[of_list(0, State::Suppressed, 5), of_list(0, State::Lifted, 6)]);
    let folded = events_of(&mut record, &[of_list(100, State::Suppressed, 0)]);
    assert_eq!((folded[0].scope.as_str(), folded[0].state, folded[0].at), ("*", State::Suppressed, time(5)));
    assert_eq!(folded[0].event_id, None);
}

#[test]
fn a_lift_of_what_never_stood_makes_no_event() {
    let lifted =
        Change::Entry { scope: Scope::everything(), reason: Reason::Complaint, entry: entry(State::Lifted, 1, None) };
    assert_eq!(events_of(&mut SuppressionRecord::default(), &[lifted]), []);
}
