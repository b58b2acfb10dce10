//! Manual decisions about an address.

use std::fmt;

use super::manual_event::decision_id;
use super::{Change, Entry, Scope, SoftBounceLift, SoftBounceRules, State, SuppressionRecord, folded_reason};
use crate::address::Address;
use crate::event::Reason;
use crate::timestamp::Timestamp;

/// How far the date of a report may be ahead of the decider's clock and still count as past, in milliseconds.
const CLOCK_SKEW_MS: i64 = 15 * 60 * 1000;

/// A decision of a person about one reason in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The sends it applies to; at most [`Scope::MAX_BYTES`].
    pub scope: Scope,
    /// Which reason.
    pub reason: Reason,
    /// When a suppression expires; `None`: never.
    pub until: Option<Timestamp>,
    /// Who decided; at most [`Entry::ACTOR_BYTES`].
    pub actor: String,
    /// The reason, in the actor's words; at most [`Entry::NOTE_BYTES`].
    pub note: Option<String>,
}

/// Why a decision was refused; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionRefusal {
    /// The reason was reported for more than 100 scopes, or this scope would exceed that: it can only be decided for
    /// `*`, without expiry.
    Folded {
        /// The reason that it has for `*`.
        reason: Reason,
    },
    /// The existing entry takes precedence over the decision.
    Overruled,
    /// The expiry of the suppression has passed.
    Ended,
    /// A text is too long.
    TooLong {
        /// Which text: `scope`, `actor` or `note`.
        text: &'static str,
        /// The most bytes.
        limit: usize,
    },
}

impl fmt::Display for DecisionRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folded { reason } => write!(
                f,
                "a record keeps a reason apart for at most 100 scopes, and above that applies it to every send; decide on \
                 {reason} for scope *, without an end"
            ),
            Self::Overruled => f.write_str("the existing entry outweighs the decision; see it with explain"),
            Self::Ended => f.write_str("the end is in the past; give a future time, or none"),
            Self::TooLong { text, limit } => write!(f, "the {text} is longer than {limit} bytes; shorten it"),
        }
    }
}

impl std::error::Error for DecisionRefusal {}

impl Decision {
    /// Refuses what can be refused without reading the record.
    ///
    /// # Errors
    /// The expiry has passed, or a text is too long.
    pub(crate) fn check(&self, state: State, now: Timestamp) -> Result<(), DecisionRefusal> {
        if state == State::Suppressed && self.until.is_some_and(|until| until <= now) {
            return Err(DecisionRefusal::Ended);
        }
        let texts = [
            ("actor", Some(self.actor.as_str()), Entry::ACTOR_BYTES),
            ("note", self.note.as_deref(), Entry::NOTE_BYTES),
        ];
        match texts.into_iter().find(|(_, text, limit)| text.is_some_and(|text| text.len() > *limit)) {
            Some((text, _, limit)) => Err(DecisionRefusal::TooLong { text, limit }),
            None => Ok(()),
        }
    }

    /// Applies a decision to the record of an address, and returns the change that it made.
    ///
    /// # Errors
    /// The decision would have no effect. The record may have changed even so, and must not be written.
    pub(crate) fn apply(
        &self,
        record: &mut SuppressionRecord,
        address: &Address,
        state: State,
        rules: SoftBounceRules,
        now: Timestamp,
    ) -> Result<Change, DecisionRefusal> {
        // A record of an older version may have more scopes than are kept apart, and longer ones.
        record.fold();
        let known = record.entry(&self.scope, self.reason).is_some();
        if !known && self.scope.as_str().len() > Scope::MAX_BYTES {
            return Err(DecisionRefusal::TooLong { text: "scope", limit: Scope::MAX_BYTES });
        }
        if lifts_nothing(record, self, state) {
            return Err(DecisionRefusal::Folded { reason: Reason::Manual });
        }
        let change = change(record, address, self, state, now);
        remove_later_entry(record, &change);
        record.merge(&change, rules);
        if took_effect(record, &change) { Ok(change) } else { Err(refusal(record, self)) }
    }
}

/// Whether a lift of soft bounces would miss the suppression it is meant for: one set manually, which is stored as
/// `manual`.
fn lifts_nothing(record: &SuppressionRecord, decision: &Decision, state: State) -> bool {
    let of_bounces = (state, decision.reason) == (State::Lifted, Reason::SoftBounce);
    let everything = of_bounces && decision.scope == Scope::everything();
    everything && record.soft_bounces.bounces().is_empty() && record.is_folded(Reason::SoftBounce)
}

/// Why a record does not reflect a decision.
fn refusal(record: &SuppressionRecord, decision: &Decision) -> DecisionRefusal {
    let limited = decision.scope != Scope::everything() || decision.until.is_some();
    if limited && record.is_folded(decision.reason) {
        return DecisionRefusal::Folded { reason: folded_reason(decision.reason) };
    }
    DecisionRefusal::Overruled
}

/// The report whose suppression a lift of an entry ends, now or earlier.
fn ended_event(known: &Entry) -> Option<String> {
    match known.state {
        State::Suppressed => Some(known.event_id.clone()).filter(|_| known.actor.is_none()),
        State::Lifted => known.lifted_event.clone(),
    }
}

/// Whether a record reflects a decision.
fn took_effect(record: &SuppressionRecord, decided: &Change) -> bool {
    match decided {
        Change::Entry { scope, reason, entry, .. } => record.entry(scope, *reason).is_some_and(|known| {
            (known.state, known.at, known.until, &known.event_id)
                == (entry.state, entry.at, entry.until, &entry.event_id)
        }),
        Change::LiftSoftBounces(lift) => !record.soft_bounces.any_at_or_before(lift.at),
        Change::SoftBounce(_) | Change::Delivered { .. } => false,
    }
}

/// Removes the entry that a decision replaces although the entry has a later date.
fn remove_later_entry(record: &mut SuppressionRecord, decided: &Change) {
    if let Change::Entry { scope, reason, entry } = decided
        && let Some(reasons) = record.suppressions.get_mut(scope)
    {
        let _ = reasons.extract_if(.., |known, other| known == reason && other.at >= entry.at).count();
    }
}

/// The change that wins over the existing entry: a millisecond later than it, or dated now if the entry is dated
/// further ahead than clocks differ. A decision dated as far ahead would outweigh genuine reports until then.
fn change(record: &SuppressionRecord, address: &Address, decision: &Decision, state: State, now: Timestamp) -> Change {
    let Decision { scope, reason, until, actor, note } = decision;
    // This entry is derived from the bounces, so the lift must void the bounces.
    if (state, *reason, scope) == (State::Lifted, Reason::SoftBounce, &Scope::everything()) {
        let latest = record.soft_bounces.bounces().last().map(|bounce| bounce.at);
        let known = record.soft_bounces.lifted_at().map(Timestamp::next);
        let at = [latest, known].into_iter().flatten().fold(now, Timestamp::max);
        return Change::LiftSoftBounces(SoftBounceLift { at, actor: Some(actor.clone()), note: note.clone() });
    }
    // The same entry cannot be set manually: it would be derived again.
    let reason = if (*reason, scope) == (Reason::SoftBounce, &Scope::everything()) { Reason::Manual } else { *reason };
    let known = record.entry(scope, reason);
    let at = known.map_or(now, |entry| entry.at.next().max(now));
    let at = if at.millis_since(now) > CLOCK_SKEW_MS { now } else { at };
    let lifted = known.filter(|_| state == State::Lifted);
    let entry = Entry {
        state,
        at,
        first_at: known.and_then(|known| known.first_at).or((state == State::Suppressed).then_some(at)),
        suppressed_at: lifted.and_then(Entry::latest_suppression).map(|suppressed_at| suppressed_at.min(at)),
        lifted_event: lifted.and_then(ended_event),
        until: until.filter(|_| state == State::Suppressed),
        provider: "manual".to_owned(),
        event_id: decision_id(state, address, scope, reason, actor, at).to_string(),
        code: None,
        detail: None,
        recipient: None,
        actor: Some(actor.clone()),
        note: note.clone(),
    };
    Change::Entry { scope: scope.clone(), reason, entry }
}
