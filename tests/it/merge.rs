//! The merge of suppression records: any order and any repetition give the same record.

mod folding;

use mail_feedback::event::Reason;
use mail_feedback::suppression::{
    Change, Entry, Scope, SoftBounce, SoftBounceLift, SoftBounceRules, State, SuppressionRecord,
};
use mail_feedback::timestamp::Timestamp;
use proptest::prelude::*;

fn time(step: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + step * 36_000_000).unwrap()
}

fn entries() -> impl Strategy<Value = Change> {
    let scopes = prop_oneof![Just("*"), Just("provider:ses"), Just("domain:example.com")];
    let reasons = prop_oneof![Just(Reason::HardBounce), Just(Reason::Complaint), Just(Reason::Unsubscribe)];
    (scopes, reasons, any::<bool>(), 0_i64..6, proptest::option::of(0_i64..4), 0_u8..4).prop_map(
        |(scope, reason, lifted, at, until, id)| {
            let state = if lifted { State::Lifted } else { State::Suppressed };
            let mut entry = entry(state, at, until.filter(|_| !lifted), &format!("{at} {id}"));
            entry.detail = Some(format!("{at} {id}"));
            Change::Entry { scope: Scope::from_text(scope), reason, entry }
        },
    )
}

fn soft_bounces() -> impl Strategy<Value = Change> {
    (0_i64..200, 0_u16..400).prop_map(|(at, id)| {
        Change::SoftBounce(SoftBounce {
            at: time(at),
            event_id: format!("{at}-{id}"),
            provider: "mailjet".to_owned(),
            code: None,
            detail: None,
            recipient: None,
        })
    })
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let lift =
        (0_i64..200).prop_map(|at| Change::LiftSoftBounces(SoftBounceLift { at: time(at), actor: None, note: None }));
    proptest::collection::vec(prop_oneof![4 => entries(), 6 => soft_bounces(), 1 => lift], 0..40)
}

fn merged<'c>(changes: impl IntoIterator<Item = &'c Change>) -> SuppressionRecord {
    let mut record = SuppressionRecord::default();
    for change in changes {
        record.merge(change, SoftBounceRules::default());
    }
    record
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn order_and_repetition_do_not_matter(
        (ordered, shuffled) in changes().prop_flat_map(|list| {
            let twice: Vec<_> = list.iter().chain(&list).cloned().collect();
            (Just(list), Just(twice).prop_shuffle())
        })
    ) {
        prop_assert_eq!(merged(&ordered), merged(&shuffled));
    }

    #[test]
    fn soft_bounces_before_a_delivery_no_longer_count(list in changes(), at in 0_i64..200) {
        let mut record = merged(&list);
        record.merge(&Change::Delivered { at: time(at) }, SoftBounceRules::default());
        prop_assert!(!record.soft_bounces.any_at_or_before(time(at)));
        let others = |record: &SuppressionRecord| {
            let mut kept = record.clone();
            if let Some(reasons) = kept.suppressions.get_mut(&Scope::everything()) {
                reasons.remove(&Reason::SoftBounce);
            }
            kept.suppressions.retain(|_, reasons| !reasons.is_empty());
            kept.suppressions
        };
        prop_assert_eq!(others(&record), others(&merged(&list)), "a delivery lifts nothing else");
    }
}

/// A day is thinned out before the horizon reaches it, and must not be cut in the middle then.
#[test]
fn what_is_pruned_does_not_depend_on_the_order() {
    let soft = |half_hours: i64| {
        Change::SoftBounce(SoftBounce {
            at: Timestamp::from_millis(half_hours * 1_800_000).unwrap(),
            event_id: half_hours.to_string(),
            provider: "ses".to_owned(),
            code: None,
            detail: None,
            recipient: None,
        })
    };
    let list: Vec<_> = (0..12).map(|hour| soft(2 * hour)).chain([soft(60 * 48 + 11)]).collect();
    assert_eq!(merged(&list), merged(list.iter().rev()));
}

/// An entry with a state, time, expiry and event.
fn entry(state: State, at: i64, until: Option<i64>, id: &str) -> Entry {
    Entry {
        state,
        at: time(at),
        first_at: (state == State::Suppressed).then(|| time(at)),
        suppressed_at: None,
        lifted_event: None,
        until: until.map(time),
        provider: "ses".to_owned(),
        event_id: id.to_owned(),
        code: None,
        detail: None,
        recipient: None,
        actor: None,
        note: None,
    }
}

fn complaint(entry: Entry) -> Change {
    Change::Entry { scope: Scope::everything(), reason: Reason::Complaint, entry }
}

#[test]
fn a_tie_goes_to_the_suppression_without_end() {
    let list = [
        complaint(entry(State::Lifted, 1, None, "9")),
        complaint(entry(State::Suppressed, 1, Some(5), "8")),
        complaint(entry(State::Suppressed, 1, None, "1")),
        complaint(entry(State::Suppressed, 1, Some(7), "7")),
    ];
    let record = merged(&list);
    let winner = record.entry(&Scope::everything(), Reason::Complaint).unwrap();
    assert_eq!((winner.state, winner.event_id.as_str()), (State::Suppressed, "1"));
}

#[test]
fn a_repeated_report_does_not_move_the_entry_it_set() {
    for (first, again) in [(1, 2), (2, 1)] {
        let first = entry(State::Suppressed, first, None, "a");
        let again = entry(State::Suppressed, again, None, "a");
        let record = merged(&[complaint(first.clone()), complaint(again)]);
        assert_eq!(record.entry(&Scope::everything(), Reason::Complaint), Some(&first));
    }
}

#[test]
fn a_person_may_decide_the_same_twice() {
    let decision = |at| Entry { actor: Some("jo".to_owned()), ..entry(State::Suppressed, at, None, "a") };
    let record = merged(&[complaint(decision(1)), complaint(decision(2))]);
    let entry = record.entry(&Scope::everything(), Reason::Complaint).unwrap();
    assert_eq!((entry.first_at, entry.at), (Some(time(1)), time(2)));
}
