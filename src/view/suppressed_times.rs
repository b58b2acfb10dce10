//! From when to when an address was suppressed, by reason and scope.

use std::collections::BTreeMap;

use crate::event::Reason;
use crate::lookup::item::{Item, text};
use crate::lookup::{entries, time_of};
use crate::suppression::{Entry, NamedChange, Scope, State, SuppressionRecord, named_changes};
use crate::timestamp::Timestamp;

/// A time in which a reason applied in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suppressed {
    /// Its beginning.
    pub(super) from: Timestamp,
    /// Its end; `None`: none is known.
    pub(super) until: Option<Timestamp>,
}

/// The times of each reason and scope.
pub(super) type SuppressedTimes = BTreeMap<(Scope, Reason), Vec<Suppressed>>;

/// The times that the events show, and that the record still has.
///
/// An effect does not say when a suppression expires; the record does, for the latest one. Earlier ones of the same reason
/// and scope lasted as long, because the provider's ruling is the same.
pub(super) fn suppressed_times(record: &SuppressionRecord, events: &[Item], now: Timestamp) -> SuppressedTimes {
    let dated = events.iter().filter_map(|item| Some((Timestamp::parse(&time_of(item))?, item)));
    let mut dated: Vec<(Timestamp, &Item)> = dated.collect();
    dated.sort_by_key(|(at, _)| *at);
    let mut times = SuppressedTimes::new();
    for (at, item) in &dated {
        let until = text(item, "until").and_then(Timestamp::parse);
        for change in named_changes(text(item, "effect").unwrap_or_default()) {
            match change {
                NamedChange::Suppress(reason, scope) => {
                    let lasting = record.entry(&scope, reason).and_then(duration_ms);
                    let end = until.or_else(|| Timestamp::from_millis(at.millis().saturating_add(lasting?)));
                    begin(times.entry((scope, reason)).or_default(), *at, end);
                }
                NamedChange::Lift(reason, scope) => end(times.entry((scope, reason)).or_default(), *at),
                NamedChange::Other => {}
            }
        }
    }
    for (scope, reason, entry) in entries(record) {
        complete(times.entry((scope.clone(), reason)).or_default(), entry);
    }
    for of_reason in times.values_mut() {
        of_reason.retain(|time| time.from <= now);
    }
    times.retain(|_, of_reason| !of_reason.is_empty());
    times
}

/// How long a suppression with an end lasts.
fn duration_ms(entry: &Entry) -> Option<i64> {
    (entry.state == State::Suppressed && entry.actor.is_none()).then_some(entry.until?.millis_since(entry.at))
}

fn begin(times: &mut Vec<Suppressed>, at: Timestamp, until: Option<Timestamp>) {
    match times.last_mut() {
        Some(time) if time.until.is_none_or(|end| end >= at) => time.until = until,
        _ => times.push(Suppressed { from: at, until }),
    }
}

fn end(times: &mut [Suppressed], at: Timestamp) {
    if let Some(time) = times.last_mut().filter(|time| time.until.is_none_or(|end| end > at)) {
        time.until = Some(at.max(time.from));
    }
}

/// Adds what the record knows: the events of a suppression may have expired, or be on another page.
fn complete(times: &mut Vec<Suppressed>, entry: &Entry) {
    let Some(first) = entry.first_at else { return };
    match (entry.state, times.is_empty()) {
        (State::Suppressed, true) => times.push(Suppressed { from: first, until: entry.until }),
        (State::Lifted, true) => times.push(Suppressed { from: first, until: Some(entry.at) }),
        (State::Suppressed, false) => begin(times, entry.at, entry.until),
        (State::Lifted, false) => end(times, entry.at),
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, Suppressed, begin, end, suppressed_times};
    use crate::event::Reason;
    use crate::suppression::{Entry, Scope, State, SuppressionRecord};
    use crate::timestamp::Timestamp;
    use aws_sdk_dynamodb::types::AttributeValue;

    fn day(day: u32) -> Timestamp {
        Timestamp::from_millis(0).unwrap_or(Timestamp::MAX).plus_days(day)
    }

    fn event(at: u32, effect: &str) -> Item {
        let texts = [("event", format!("{}#id", day(at))), ("effect", effect.to_owned())];
        texts.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).collect()
    }

    #[test]
    fn a_suppression_lasts_until_its_lift_in_any_order_of_events() {
        let events = [event(9, "suppress complaint *"), event(5, "lift complaint *"), event(2, "suppress complaint *")];
        let found = suppressed_times(&SuppressionRecord::default(), &events, day(10));
        let expected = [Suppressed { from: day(2), until: Some(day(5)) }, Suppressed { from: day(9), until: None }];
        assert_eq!(found.values().cloned().collect::<Vec<_>>(), [expected]);
    }

    fn record(state: State, at: u32, until: Option<Timestamp>) -> SuppressionRecord {
        let entry = Entry {
            state,
            at: day(at),
            first_at: Some(day(2)),
            suppressed_at: None,
            lifted_event: None,
            until,
            provider: "ses".to_owned(),
            event_id: "id".to_owned(),
            code: None,
            detail: None,
            recipient: None,
            actor: None,
            note: None,
        };
        let mut record = SuppressionRecord::default();
        record.suppressions.entry(Scope::everything()).or_default().insert(Reason::Complaint, entry);
        record
    }

    fn only(record: &SuppressionRecord, events: &[Item]) -> Vec<Suppressed> {
        suppressed_times(record, events, day(30)).into_values().flatten().collect()
    }

    #[test]
    fn a_lift_on_a_newer_page_ends_the_suppression() {
        let older = [event(2, "suppress complaint *")];
        let lifted = record(State::Lifted, 5, None);
        assert_eq!(only(&lifted, &older), [Suppressed { from: day(2), until: Some(day(5)) }]);
        assert_eq!(only(&lifted, &[]), [Suppressed { from: day(2), until: Some(day(5)) }]);
    }

    #[test]
    fn a_suppression_on_a_newer_page_is_another_one() {
        let older = [event(5, "lift complaint *"), event(2, "suppress complaint *")];
        let again = record(State::Suppressed, 9, Some(day(20)));
        let first = Suppressed { from: day(2), until: Some(day(5)) };
        assert_eq!(only(&again, &older), [first, Suppressed { from: day(9), until: Some(day(20)) }]);
        let open = [event(2, "suppress complaint *")];
        let expected = Suppressed { from: day(2), until: Some(day(20)) };
        assert_eq!(only(&again, &open), [expected], "nothing here ended it");
    }

    #[test]
    fn an_expired_suppression_begins_again() {
        let mut times = Vec::new();
        begin(&mut times, day(1), Some(day(3)));
        begin(&mut times, day(2), Some(day(4)));
        begin(&mut times, day(6), None);
        end(&mut times, day(7));
        end(&mut times, day(8));
        let expected =
            [Suppressed { from: day(1), until: Some(day(4)) }, Suppressed { from: day(6), until: Some(day(7)) }];
        assert_eq!(times, expected);
    }
}
