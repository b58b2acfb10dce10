//! What people decide about an address.

use std::fmt;

use super::Suppressions;
use crate::address::Address;
use crate::error::Error;
use crate::event::{EventId, Reason};
use crate::suppression::{Change, Entry, Scope, SoftLift, State, SuppressionRecord, held_as};
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

/// Why a decision was refused. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionError {
    /// The table failed.
    Store(Error),
    /// The reason came for more than 100 scopes, or this scope would be one too many: it is decided for `*`, without end.
    Folded {
        /// The reason under which it stands for `*`.
        reason: Reason,
    },
    /// What stands there outweighs the decision.
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

impl From<Error> for DecisionError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for DecisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
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

impl std::error::Error for DecisionError {}

impl Suppressions {
    /// Suppresses an address by a person's decision, whatever stands there.
    ///
    /// # Errors
    /// The decision would not stand, or has a text that is too long. Otherwise transient: the table fails, or every
    /// attempt met another writer.
    pub async fn suppress(&self, address: &Address, decision: &Decision, now: Timestamp) -> Result<(), DecisionError> {
        if decision.until.is_some_and(|until| until <= now) {
            return Err(DecisionError::Ended);
        }
        self.decide(address, decision, State::Suppressed, now).await
    }

    /// Lifts a reason by a person's decision. It becomes an entry of its own, never a deletion, so that a late or repeated
    /// older report does not bring the suppression back.
    ///
    /// # Errors
    /// The decision would not stand, or has a text that is too long. Otherwise transient: the table fails, or every
    /// attempt met another writer.
    pub async fn lift(&self, address: &Address, decision: &Decision, now: Timestamp) -> Result<(), DecisionError> {
        self.decide(address, decision, State::Lifted, now).await
    }

    async fn decide(
        &self,
        address: &Address,
        decision: &Decision,
        state: State,
        now: Timestamp,
    ) -> Result<(), DecisionError> {
        decision.measured()?;
        let decide = |record: &mut SuppressionRecord| {
            // A record of an older version may hold more scopes than it keeps apart, and longer ones.
            record.fold();
            let known = record.entry(&decision.scope, decision.reason).is_some();
            if !known && decision.scope.as_str().len() > Scope::MAX_BYTES {
                return Err(DecisionError::TooLong { text: "scope", limit: Scope::MAX_BYTES });
            }
            if voids_nothing_that_stands(record, decision, state) {
                return Err(DecisionError::Folded { reason: Reason::Manual });
            }
            let change = change(record, address, decision, state, now);
            make_way(record, &change);
            record.merge(&change, self.rules());
            if stands(record, &change) { Ok(()) } else { Err(why_not(record, decision)) }
        };
        self.update(address, now, decide).await.map(|_| ())
    }
}

impl Decision {
    fn measured(&self) -> Result<(), DecisionError> {
        let texts = [
            ("actor", Some(self.actor.as_str()), Entry::ACTOR_BYTES),
            ("note", self.note.as_deref(), Entry::NOTE_BYTES),
        ];
        match texts.into_iter().find(|(_, text, limit)| text.is_some_and(|text| text.len() > *limit)) {
            Some((text, _, limit)) => Err(DecisionError::TooLong { text, limit }),
            None => Ok(()),
        }
    }
}

/// Whether a lift of soft bounces would leave the suppression that was meant: one set by hand, which is held as manual.
fn voids_nothing_that_stands(record: &SuppressionRecord, decision: &Decision, state: State) -> bool {
    let of_bounces = (state, decision.reason) == (State::Lifted, Reason::SoftBounce);
    let everything = of_bounces && decision.scope == Scope::everything();
    everything && record.soft_bounces.bounces().is_empty() && record.is_folded(Reason::SoftBounce)
}

/// Why a record does not say what was decided.
fn why_not(record: &SuppressionRecord, decision: &Decision) -> DecisionError {
    let limited = decision.scope != Scope::everything() || decision.until.is_some();
    if limited && record.is_folded(decision.reason) {
        return DecisionError::Folded { reason: held_as(decision.reason) };
    }
    DecisionError::Overruled
}

/// The report that a lift of an entry ends, now or already.
fn ended_event(known: &Entry) -> Option<String> {
    match known.state {
        State::Suppressed => Some(known.event_id.clone()).filter(|_| known.actor.is_none()),
        State::Lifted => known.lifted_event.clone(),
    }
}

/// Whether a record says what was decided.
fn stands(record: &SuppressionRecord, decided: &Change) -> bool {
    match decided {
        Change::Entry { scope, reason, entry, .. } => record.entry(scope, *reason).is_some_and(|known| {
            (known.state, known.at, known.until, &known.event_id)
                == (entry.state, entry.at, entry.until, &entry.event_id)
        }),
        Change::LiftSoftBounces(lift) => !record.soft_bounces.any_until(lift.at),
        Change::SoftBounce(_) | Change::Delivered { .. } => false,
    }
}

/// Takes the entry away that a decision replaces although it is dated later.
fn make_way(record: &mut SuppressionRecord, decided: &Change) {
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
        return Change::LiftSoftBounces(SoftLift { at, actor: Some(actor.clone()), note: note.clone() });
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
