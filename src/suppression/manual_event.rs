//! Manual decisions as events: the part of an address's history that no provider reports.

use std::fmt;

use super::{Change, Scope, State};
use crate::address::Address;
use crate::event::{EventId, Reason};
use crate::label::labelled;
use crate::timestamp::Timestamp;

labelled! {
    /// What was decided manually.
    pub enum ManualKind {
        /// A reason was set.
        Suppressed = "suppressed",
        /// A reason was lifted.
        Lifted = "lifted",
        /// A suppression was imported from a list.
        Imported = "imported",
        /// The data of the person was erased.
        Forgotten = "forgotten",
    }
}

/// One decision about one address, for the event table.
///
/// It depends on the decision alone, and so does its key: writing it twice changes nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ManualEvent {
    /// The id: a digest of kind, address, scope, reason, actor and time, or of an imported row and the name of its list.
    pub id: EventId,
    /// The kind.
    pub kind: ManualKind,
    /// The time from which it counts; for an imported row, the row's time.
    pub at: Timestamp,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// The sends it applies to, and the reason; `None` for an erasure.
    pub concerns: Option<(Scope, Reason)>,
    /// When a suppression expires; `None` if never.
    pub until: Option<Timestamp>,
    /// Who decided; for an imported row, the name of the list.
    pub actor: Option<String>,
    /// Why, in the actor's words.
    pub note: Option<String>,
    /// The provider's code in an imported row.
    pub code: Option<String>,
    /// The address as spelled in an imported row.
    pub recipient: Option<String>,
    /// The change of the suppression record, as text.
    pub effect: Option<String>,
}

impl fmt::Debug for ManualEvent {
    /// Shows only what may be logged, and nothing personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualEvent").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl ManualEvent {
    /// The event of a change that a person made; `None` for a change that only reports make. Without `decided_at`, the
    /// decision was made when the change began to count.
    #[must_use]
    pub fn of(address: &Address, change: &Change, decided_at: Option<Timestamp>) -> Option<Self> {
        let effect = Some(change.to_string());
        match change {
            Change::Entry { scope, reason, entry } => Some(Self {
                id: EventId::stored(&entry.event_id),
                kind: match entry.state {
                    State::Suppressed => ManualKind::Suppressed,
                    State::Lifted => ManualKind::Lifted,
                },
                at: entry.at,
                decided_at: decided_at.unwrap_or(entry.at),
                concerns: Some((scope.clone(), *reason)),
                until: entry.until,
                actor: entry.actor.clone(),
                note: entry.note.clone(),
                code: entry.code.clone(),
                recipient: entry.recipient.clone(),
                effect,
            }),
            Change::LiftSoftBounces(lift) => {
                let scope = Scope::everything();
                let actor = lift.actor.as_deref().unwrap_or_default();
                Some(Self {
                    id: decision_id(State::Lifted, address, &scope, Reason::SoftBounce, actor, lift.at),
                    kind: ManualKind::Lifted,
                    at: lift.at,
                    decided_at: decided_at.unwrap_or(lift.at),
                    concerns: Some((scope, Reason::SoftBounce)),
                    until: None,
                    actor: lift.actor.clone(),
                    note: lift.note.clone(),
                    code: None,
                    recipient: None,
                    effect,
                })
            }
            Change::SoftBounce(_) | Change::Delivered { .. } => None,
        }
    }

    /// The event of an imported row that changed the record.
    #[must_use]
    pub fn imported(address: &Address, change: &Change, imported_at: Timestamp) -> Option<Self> {
        Self::of(address, change, Some(imported_at)).map(|event| Self { kind: ManualKind::Imported, ..event })
    }

    /// The event of an erasure. It has neither a note nor a spelling of the address.
    #[must_use]
    pub fn forgotten(address: &Address, actor: &str, at: Timestamp) -> Self {
        let kind = ManualKind::Forgotten;
        let time = at.to_string();
        let tuple = ["manual", kind.as_str(), address.as_str(), actor, &time];
        Self {
            id: EventId::of(&tuple.map(Some)),
            kind,
            at,
            decided_at: at,
            concerns: None,
            until: None,
            actor: Some(actor.to_owned()),
            note: None,
            code: None,
            recipient: None,
            effect: None,
        }
    }
}

/// The id of a decision. The note is not part of it, so that an erased note cannot be guessed from the id.
pub(super) fn decision_id(
    state: State,
    address: &Address,
    scope: &Scope,
    reason: Reason,
    actor: &str,
    at: Timestamp,
) -> EventId {
    let time = at.to_string();
    let facts = [state.as_str(), address.as_str(), scope.as_str(), reason.as_str(), actor, &time];
    EventId::of_elements(std::iter::once("manual").chain(facts).map(Some))
}
