//! Writes the decisions of people about an address.

use std::fmt;

use super::Suppressions;
use crate::address::Address;
use crate::error::Error;
use crate::suppression::{Decision, DecisionRefusal, State};
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

impl Suppressions {
    /// Suppresses an address by a person's decision, whatever its record says.
    ///
    /// # Errors
    /// The decision would have no effect, or one of its texts is too long. Otherwise transient: the table fails, or
    /// every attempt met another writer.
    pub async fn suppress(&self, address: &Address, decision: &Decision, now: Timestamp) -> Result<(), DecisionError> {
        self.decide(address, decision, State::Suppressed, now).await
    }

    /// Lifts a reason by a person's decision.
    ///
    /// The lift is an entry of its own, never a deletion, so that an older report that arrives late or again does not
    /// restore the suppression.
    ///
    /// # Errors
    /// The decision would have no effect, or one of its texts is too long. Otherwise transient: the table fails, or
    /// every attempt met another writer.
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
        decision.check(state, now)?;
        let apply = |record: &mut _| Ok(decision.apply(record, address, state, self.rules(), now)?);
        self.update(address, now, apply).await.map(|_| ())
    }
}
