//! What people decide about an address.

use super::Suppressions;
use crate::address::Address;
use crate::error::Error;
use crate::event::{EventId, Reason};
use crate::suppression::{Change, Entry, Scope, SoftLift, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// A decision of a person about one reason in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// For which sends.
    pub scope: Scope,
    /// Which reason.
    pub reason: Reason,
    /// When a suppression ends by itself; `None`: never.
    pub until: Option<Timestamp>,
    /// Who decided.
    pub actor: String,
    /// Why, in the actor's words.
    pub note: Option<String>,
}

impl Suppressions {
    /// Suppresses an address by a person's decision, whatever stands there.
    ///
    /// # Errors
    /// Transient when the table fails, or every attempt met another writer.
    pub async fn suppress(&self, address: &Address, decision: &Decision, now: Timestamp) -> Result<(), Error> {
        self.decide(address, decision, State::Suppressed, now).await
    }

    /// Lifts a reason by a person's decision. It becomes an entry of its own, never a deletion, so that a late or repeated
    /// older report does not bring the suppression back.
    ///
    /// # Errors
    /// Transient when the table fails, or every attempt met another writer.
    pub async fn lift(&self, address: &Address, decision: &Decision, now: Timestamp) -> Result<(), Error> {
        self.decide(address, decision, State::Lifted, now).await
    }

    async fn decide(&self, address: &Address, decision: &Decision, state: State, now: Timestamp) -> Result<(), Error> {
        self.update(address, now, |record| vec![change(record, address, decision, state, now)]).await.map(|_| ())
    }
}

/// The change that wins over whatever stands there: later than it by a millisecond at least.
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
    let id =
        [Some("manual"), Some(address.as_str()), Some(scope.as_str()), Some(reason.as_str()), Some(actor.as_str())];
    let entry = Entry {
        state,
        at,
        first_at: (state == State::Suppressed).then_some(at),
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
