//! What people decide about an address.

use std::fmt;

use super::{Change, Entry, Scope, SoftBounceLift, SoftBounceRules, State, SuppressionRecord, folded_reason};
use crate::address::Address;
use crate::event::{EventId, Reason};
use crate::timestamp::Timestamp;

/// How far a report may be dated ahead of the clock of who decides and still count as of the past, in milliseconds.
const CLOCK_SKEW_MS: i64 = 15 * 60 * 1000;

/// A decision of a person about one reason in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// For which sends; at most [`Scope::MAX_BYTES`].
    pub scope: Scope,
    /// Which reason.
    pub reason: Reason,
    /// When a suppression ends by itself; `None`: never.
    pub until: Option<Timestamp>,
    /// Who decided; at most [`Entry::ACTOR_BYTES`].
    pub actor: String,
    /// Why, in the actor's words; at most [`Entry::NOTE_BYTES`].
    pub note: Option<String>,
}

/// Why a decision was refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionRefusal {
    /// The reason came for more than 100 scopes, or this scope would be one too many: it is decided for `*`, without end.
    Folded {
        /// The reason under which it stands for `*`.
        reason: Reason,
    },
    /// What stands there takes precedence over the decision.
    Overruled,
    /// The end of the suppression has passed.
    Ended,
    /// A text is too long.
    TooLong {
        /// Which: `scope`, `actor` or `note`.
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
                "a record keeps one reason apart for at most 100 scopes, and past them holds it for every send; decide on \
                 {reason} for scope *, without an end"
            ),
            Self::Overruled => f.write_str("what stands there outweighs the decision; look at it with explain"),
            Self::Ended => f.write_str("the end lies in the past; give a time to come, or none"),
            Self::TooLong { text, limit } => write!(f, "the {text} is longer than {limit} bytes; shorten it"),
        }
    }
}

impl std::error::Error for DecisionRefusal {}

impl Decision {
    /// Refuses what can be refused without the record.
    ///
    /// # Errors
    /// The end has passed, or a text is too long.
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

    /// Changes the record of an address to what was decided.
    ///
    /// # Errors
    /// The decision would not stand. The record may have changed then; it must not be written.
    pub(crate) fn apply(
        &self,
        record: &mut SuppressionRecord,
        address: &Address,
        state: State,
        rules: SoftBounceRules,
        now: Timestamp,
    ) -> Result<(), DecisionRefusal> {
        // A record of an older version may hold more scopes than it keeps apart, and longer ones.
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
        if took_effect(record, &change) { Ok(()) } else { Err(refusal(record, self)) }
    }
}

/// Whether a lift of soft bounces would leave the suppression that was meant: one set by hand, which is held as manual.
fn lifts_nothing(record: &SuppressionRecord, decision: &Decision, state: State) -> bool {
    let of_bounces = (state, decision.reason) == (State::Lifted, Reason::SoftBounce);
    let everything = of_bounces && decision.scope == Scope::everything();
    everything && record.soft_bounces.bounces().is_empty() && record.is_folded(Reason::SoftBounce)
}

/// Why a record does not say what was decided.
fn refusal(record: &SuppressionRecord, decision: &Decision) -> DecisionRefusal {
    let limited = decision.scope != Scope::everything() || decision.until.is_some();
    if limited && record.is_folded(decision.reason) {
        return DecisionRefusal::Folded { reason: folded_reason(decision.reason) };
    }
    DecisionRefusal::Overruled
}

/// The report that a lift of an entry ends, now or already.
fn ended_event(known: &Entry) -> Option<String> {
    match known.state {
        State::Suppressed => Some(known.event_id.clone()).filter(|_| known.actor.is_none()),
        State::Lifted => known.lifted_event.clone(),
    }
}

/// Whether a record says what was decided.
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

/// Takes the entry away that a decision replaces although it is dated later.
fn remove_later_entry(record: &mut SuppressionRecord, decided: &Change) {
    if let Change::Entry { scope, reason, entry } = decided
        && let Some(reasons) = record.suppressions.get_mut(scope)
    {
        let _ = reasons.extract_if(.., |known, standing| known == reason && standing.at >= entry.at).count();
    }
}

/// The change that wins over whatever stands there: later than it by a millisecond, or dated now where that is dated ahead
/// by more than clocks differ. A decision dated as far ahead would outweigh genuine reports until then.
fn change(record: &SuppressionRecord, address: &Address, decision: &Decision, state: State, now: Timestamp) -> Change {
    let Decision { scope, reason, until, actor, note } = decision;
    // This entry is derived from the bounces, so the bounces are what is lifted.
    if (state, *reason, scope) == (State::Lifted, Reason::SoftBounce, &Scope::everything()) {
        let latest = record.soft_bounces.bounces().last().map(|bounce| bounce.at);
        let known = record.soft_bounces.lifted_at().map(Timestamp::next);
        let at = [latest, known].into_iter().flatten().fold(now, Timestamp::max);
        return Change::LiftSoftBounces(SoftBounceLift { at, actor: Some(actor.clone()), note: note.clone() });
    }
    // The same entry cannot be set by hand: it would be derived anew.
    let reason = if (*reason, scope) == (Reason::SoftBounce, &Scope::everything()) { Reason::Manual } else { *reason };
    let known = record.entry(scope, reason);
    let at = known.map_or(now, |entry| entry.at.next().max(now));
    let at = if at.millis_since(now) > CLOCK_SKEW_MS { now } else { at };
    let lifted = known.filter(|_| state == State::Lifted);
    let id =
        [Some("manual"), Some(address.as_str()), Some(scope.as_str()), Some(reason.as_str()), Some(actor.as_str())];
    let entry = Entry {
        state,
        at,
        first_at: known.and_then(|known| known.first_at).or((state == State::Suppressed).then_some(at)),
        suppressed_at: lifted.and_then(Entry::latest_suppression).map(|suppressed_at| suppressed_at.min(at)),
        lifted_event: lifted.and_then(ended_event),
        until: until.filter(|_| state == State::Suppressed),
        provider: "manual".to_owned(),
        event_id: EventId::of(&id).to_string(),
        code: None,
        detail: None,
        recipient: None,
        actor: Some(actor.clone()),
        note: note.clone(),
    };
    Change::Entry { scope: scope.clone(), reason, entry }
}
