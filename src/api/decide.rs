//! Writes the decisions of programs and operators.

use crate::address::Address;
use crate::event::Reason;
#[cfg(feature = "pages")]
use crate::store::Version;
use crate::store::{DecisionError, Recorder};
use crate::suppression::{Decision, Scope, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// The result of a decision.
#[derive(Debug)]
pub enum Decided {
    /// It was written; the record is as written.
    Written(Box<SuppressionRecord>),
    /// Nothing was written, because there is nothing to lift in this record.
    NothingToLift(Box<SuppressionRecord>),
    /// Nothing was written, because `soft_bounce` for `*` is counted, not set.
    Counted,
}

/// Writes a decision and its event, unless there is nothing to decide.
///
/// # Errors
/// The decision would have no effect, or one of its texts is too long. Otherwise transient: a table fails.
pub async fn decide(
    recorder: &Recorder,
    address: &Address,
    decision: &Decision,
    state: State,
    now: Timestamp,
) -> Result<Decided, DecisionError> {
    let (scope, reason) = (&decision.scope, decision.reason);
    let written = match state {
        State::Suppressed if is_counted(scope, reason) => return Ok(Decided::Counted),
        State::Suppressed => recorder.suppress(address, decision, now).await?,
        State::Lifted => {
            let record = recorder.suppressions().get(address).await?;
            if !exists(&record, scope, reason) && !is_refused(&record, scope, reason) {
                return Ok(Decided::NothingToLift(Box::new(record)));
            }
            recorder.lift(address, decision, now).await?
        }
    };
    Ok(Decided::Written(Box::new(written)))
}

/// Writes a decision and its event, unless there is nothing to decide, about a record that a person has reviewed; `None` if
/// another writer has changed it since, and then nothing is written.
///
/// # Errors
/// The decision would have no effect, or one of its texts is too long. Otherwise transient: a table fails.
#[cfg(feature = "pages")]
pub async fn decide_as_reviewed(
    recorder: &Recorder,
    address: &Address,
    decision: &Decision,
    state: State,
    (record, version): (&SuppressionRecord, Version),
    now: Timestamp,
) -> Result<Option<Decided>, DecisionError> {
    if let Some(nothing) = without_effect(record, decision, state) {
        return Ok(Some(nothing));
    }
    let written = recorder.decide_on(address, decision, state, version, now).await?;
    Ok(written.map(|written| Decided::Written(Box::new(written))))
}

/// What a decision would make of a record, without writing anything: [`Decided::Written`] has the record as it would be.
///
/// # Errors
/// The decision would have no effect, or one of its texts is too long.
#[cfg(any(feature = "tables", feature = "pages"))]
pub fn preview(
    record: &SuppressionRecord,
    address: &Address,
    decision: &Decision,
    state: State,
    rules: crate::suppression::SoftBounceRules,
    now: Timestamp,
) -> Result<Decided, crate::suppression::DecisionRefusal> {
    if let Some(nothing) = without_effect(record, decision, state) {
        return Ok(nothing);
    }
    decision.check(state, now)?;
    let mut changed = record.clone();
    decision.apply(&mut changed, address, state, rules, now)?;
    Ok(Decided::Written(Box::new(changed)))
}

/// Why nothing is to be decided about a record, if so.
#[cfg(any(feature = "tables", feature = "pages"))]
fn without_effect(record: &SuppressionRecord, decision: &Decision, state: State) -> Option<Decided> {
    let (scope, reason) = (&decision.scope, decision.reason);
    match state {
        State::Suppressed if is_counted(scope, reason) => Some(Decided::Counted),
        State::Lifted if !exists(record, scope, reason) && !is_refused(record, scope, reason) => {
            Some(Decided::NothingToLift(Box::new(record.clone())))
        }
        State::Suppressed | State::Lifted => None,
    }
}

/// Whether a lift would end anything, including bounces that are counted but do not suppress yet.
fn exists(record: &SuppressionRecord, scope: &Scope, reason: Reason) -> bool {
    if is_counted(scope, reason) {
        return !record.soft_bounces.bounces().is_empty();
    }
    record.entry(scope, reason).is_some_and(|entry| entry.state == State::Suppressed)
}

/// Whether the recorder refuses a lift that would end nothing, and says which one would.
fn is_refused(record: &SuppressionRecord, scope: &Scope, reason: Reason) -> bool {
    record.is_folded(reason) && (*scope != Scope::everything() || is_counted(scope, reason))
}

/// For how many days the same order is a repetition. Later, it is a new decision, which also outweighs what was reported
/// in between.
const REPETITION_DAYS: u32 = 1;

/// Whether this very suppression was decided lately, by the same actor, with the same note and end.
pub(super) fn is_repeated(record: &SuppressionRecord, decision: &Decision, now: Timestamp) -> bool {
    record.entry(&decision.scope, decision.reason).is_some_and(|entry| {
        entry.state == State::Suppressed
            && entry.at.plus_days(REPETITION_DAYS) > now
            && entry.until == decision.until
            && entry.actor.as_ref() == Some(&decision.actor)
            && entry.note == decision.note
    })
}

/// Whether the entry is derived from soft bounces.
#[must_use]
pub fn is_counted(scope: &Scope, reason: Reason) -> bool {
    reason == Reason::SoftBounce && *scope == Scope::everything()
}
