//! What differs between two states of a record for those who send.

use std::collections::BTreeSet;

use super::{Entry, Scope, State, SuppressionRecord};
use crate::event::Reason;
use crate::timestamp::Timestamp;

/// One reason in one scope that began or ceased to forbid mail, or that now ends at another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference<'r> {
    /// The sends it applies to.
    pub scope: &'r Scope,
    /// Why.
    pub reason: Reason,
    /// Whether it forbids mail now.
    pub state: State,
    /// The entry now; `None` if it is gone.
    pub entry: Option<&'r Entry>,
}

/// What an entry means for a sender; a missing one and a lifted one mean the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Free,
    Suppressed { until: Option<Timestamp> },
}

impl Standing {
    fn of(record: &SuppressionRecord, scope: &Scope, reason: Reason) -> Self {
        match record.entry(scope, reason) {
            Some(entry) if entry.state == State::Suppressed => Self::Suppressed { until: entry.until },
            _ => Self::Free,
        }
    }

    const fn state(self) -> State {
        match self {
            Self::Free => State::Lifted,
            Self::Suppressed { .. } => State::Suppressed,
        }
    }
}

/// The places of all entries of a record.
fn places(record: &SuppressionRecord) -> impl Iterator<Item = (&Scope, Reason)> {
    record.suppressions.iter().flat_map(|(scope, reasons)| reasons.keys().map(move |reason| (scope, *reason)))
}

/// The entries that differ in whether they forbid mail or in when they end, by scope and reason.
///
/// Suppressions come before lifts. So whoever follows them in order never sees a gap when a reason is folded: its single
/// scopes go, and `*` takes their place. Counted soft bounces, refreshed times and texts make no difference. Neither
/// does an end that passes, because it does not change the record.
#[must_use]
pub fn differences<'r>(before: &'r SuppressionRecord, after: &'r SuppressionRecord) -> Vec<Difference<'r>> {
    let all: BTreeSet<(&Scope, Reason)> = places(before).chain(places(after)).collect();
    let changed = all.into_iter().filter_map(|(scope, reason)| {
        let now = Standing::of(after, scope, reason);
        let difference = Difference { scope, reason, state: now.state(), entry: after.entry(scope, reason) };
        (Standing::of(before, scope, reason) != now).then_some(difference)
    });
    let (mut found, lifted): (Vec<_>, Vec<_>) = changed.partition(|one| one.state == State::Suppressed);
    found.extend(lifted);
    found
}
