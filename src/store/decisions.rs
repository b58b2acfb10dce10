//! Writes the decisions of people about an address, and their events.
//!
//! The record and the event of a decision are written in one transaction, so neither exists without the other. The key of
//! the event is the time from which the decision counts, and its id: no two decisions about the same reason and scope have
//! the same time.

use std::fmt;

use super::Recorder;
use super::backoff;
use super::item_limit::fitted;
use super::manual_item::to_item;
use super::suppressions::{ATTEMPTS, Version};
use super::transaction::{Committed, Decided};
use crate::address::Address;
use crate::error::{Error, Outage};
use crate::suppression::{Change, Decision, DecisionRefusal, ManualEvent, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// Why a decision was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionError {
    /// The table failed.
    Store(Error),
    /// The decision would have no effect.
    Refused(DecisionRefusal),
}

impl From<Error> for DecisionError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<DecisionRefusal> for DecisionError {
    fn from(refusal: DecisionRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl fmt::Display for DecisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for DecisionError {}

impl Recorder {
    /// Suppresses an address by a person's decision, whatever its record says, and returns the record as written.
    ///
    /// # Errors
    /// The decision would have no effect, or one of its texts is too long. Otherwise transient: a table fails, or every
    /// attempt met another writer.
    pub async fn suppress(
        &self,
        address: &Address,
        decision: &Decision,
        now: Timestamp,
    ) -> Result<SuppressionRecord, DecisionError> {
        self.decide_on_any(address, decision, State::Suppressed, now).await
    }

    /// Lifts a reason by a person's decision, and returns the record as written.
    ///
    /// The lift is an entry of its own, never a deletion, so that an older report that arrives late or again does not
    /// restore the suppression.
    ///
    /// # Errors
    /// The decision would have no effect, or one of its texts is too long. Otherwise transient: a table fails, or every
    /// attempt met another writer.
    pub async fn lift(
        &self,
        address: &Address,
        decision: &Decision,
        now: Timestamp,
    ) -> Result<SuppressionRecord, DecisionError> {
        self.decide_on_any(address, decision, State::Lifted, now).await
    }

    /// Decides about the version of a record that a person has reviewed, and returns the record as written; `None` if
    /// another writer has changed it since, and then nothing is written.
    ///
    /// # Errors
    /// The decision would have no effect, or one of its texts is too long. Otherwise transient: a table fails.
    #[cfg(feature = "pages")]
    pub async fn decide_on(
        &self,
        address: &Address,
        decision: &Decision,
        state: State,
        reviewed: Version,
        now: Timestamp,
    ) -> Result<Option<SuppressionRecord>, DecisionError> {
        self.decide(address, decision, state, Some(reviewed), now).await
    }

    /// Writes the event of an erasure.
    ///
    /// # Errors
    /// Transient: the event table fails.
    pub async fn write_forgotten(&self, address: &Address, actor: &str, now: Timestamp) -> Result<(), Error> {
        let event = ManualEvent::forgotten(address, actor, now);
        self.events.write(vec![to_item(address, &event, self.retention)]).await.map_err(|unwritten| unwritten.error)
    }

    /// Decides whatever version the record has.
    async fn decide_on_any(
        &self,
        address: &Address,
        decision: &Decision,
        state: State,
        now: Timestamp,
    ) -> Result<SuppressionRecord, DecisionError> {
        let written = self.decide(address, decision, state, None, now).await?;
        written.ok_or_else(|| Error::Transient(Outage::Contention).into())
    }

    /// Decides; `None` if the record no longer has the version that it must have.
    async fn decide(
        &self,
        address: &Address,
        decision: &Decision,
        state: State,
        demanded: Option<Version>,
        now: Timestamp,
    ) -> Result<Option<SuppressionRecord>, DecisionError> {
        decision.check(state, now)?;
        let rules = self.suppressions.rules();
        let mut outage = Outage::Contention;
        for attempt in 1..=ATTEMPTS {
            let stored = self.suppressions.stored(address).await?;
            if demanded.is_some_and(|version| version != Version(stored.version)) {
                return Ok(None);
            }
            let mut changed = stored.record.clone();
            let change = decision.apply(&mut changed, address, state, rules, now)?;
            self.keep_replaced(address, &stored.record, &change, now).await?;
            let event = ManualEvent::of(address, &change, Some(now));
            let events = event.map(|event| to_item(address, &event, self.retention)).into_iter().collect();
            let record = fitted(address, &mut changed, &stored, rules, now);
            let decided = Decided { record, read: stored.version, events };
            match self.commit([decided]).await? {
                Committed::Yes => return Ok(Some(changed)),
                Committed::Again(why) => outage = why,
            }
            backoff::wait(attempt).await;
        }
        Err(Error::Transient(outage).into())
    }

    /// Writes the event of the decision that another one replaces, if it has none: versions up to 0.2.0 wrote no events of
    /// decisions.
    async fn keep_replaced(
        &self,
        address: &Address,
        record: &SuppressionRecord,
        by: &Change,
        now: Timestamp,
    ) -> Result<(), Error> {
        let event = replaced(record, by).and_then(|change| ManualEvent::of(address, &change, None));
        match event.filter(|event| event.at.plus_days(self.retention.evidence_days) > now) {
            Some(event) => self.events.write_missing(to_item(address, &event, self.retention)).await,
            None => Ok(()),
        }
    }
}

/// The decision that a change replaces.
fn replaced(record: &SuppressionRecord, by: &Change) -> Option<Change> {
    match by {
        Change::Entry { scope, reason, .. } => {
            let known = record.entry(scope, *reason).filter(|entry| entry.actor.is_some())?;
            Some(Change::Entry { scope: scope.clone(), reason: *reason, entry: known.clone() })
        }
        Change::LiftSoftBounces(_) => record.soft_bounces.lifted().cloned().map(Change::LiftSoftBounces),
        Change::SoftBounce(_) | Change::Delivered { .. } => None,
    }
}
