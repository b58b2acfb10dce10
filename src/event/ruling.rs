//! What a row of the decision table decides.

use super::{Cause, Kind, Permanence, Reason};

/// The kind of a scope; the names come from the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// Every send: `*`.
    Everything,
    /// Sends through the reporting provider: `provider:<provider>`.
    Provider,
    /// Sends of the event's stream, `stream:<stream>`; without one, from its sender domain, `domain:<domain>`; without that,
    /// as [`ScopeKind::Provider`].
    Sender,
    /// Sends on behalf of the event's tenant, `tenant:<provider>:<tenant>`; without one, no sends at all.
    Tenant,
    /// Sends to the event's list, `list:<provider>:<list>`; without one, as [`ScopeKind::Sender`].
    List,
}

/// What a row of the decision table does to the suppression record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Counts one soft bounce.
    SoftBounce,
    /// Suppresses the address.
    Suppress {
        /// Why.
        reason: Reason,
        /// For which sends.
        scope_kind: ScopeKind,
        /// For how many days from the event; `None`: forever.
        days: Option<u32>,
    },
    /// Ends a suppression of this reason and scope.
    Lift {
        /// Which reason.
        reason: Reason,
        /// For which sends.
        scope_kind: ScopeKind,
    },
    /// Discards older soft bounces.
    Delivered,
}

impl Effect {
    /// Suppresses every send, forever.
    #[must_use]
    pub const fn suppress(reason: Reason) -> Self {
        Self::Suppress { reason, scope_kind: ScopeKind::Everything, days: None }
    }

    /// A refusal by the provider's own list, which affects that provider only (general rule 5).
    #[must_use]
    pub const fn provider_block(days: Option<u32>) -> Self {
        Self::Suppress { reason: Reason::ProviderBlock, scope_kind: ScopeKind::Provider, days }
    }

    /// A refusal by the list of a tenant, which concerns that tenant only (general rule 9).
    #[must_use]
    pub const fn tenant_block() -> Self {
        Self::Suppress { reason: Reason::ProviderBlock, scope_kind: ScopeKind::Tenant, days: None }
    }

    /// An unsubscribe in this scope, forever.
    #[must_use]
    pub const fn unsubscribe(scope_kind: ScopeKind) -> Self {
        Self::Suppress { reason: Reason::Unsubscribe, scope_kind, days: None }
    }
}

/// The answer of one row of the decision table: everything it decides about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// What happened.
    pub kind: Kind,
    /// Whether it is permanent; bounces only.
    pub permanence: Option<Permanence>,
    /// Why.
    pub cause: Option<Cause>,
    /// The effects on the suppression record, in this order; empty: none.
    pub effects: &'static [Effect],
}

impl Ruling {
    /// A ruling that says only what happened.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        Self { kind, permanence: None, cause: None, effects: &[] }
    }

    /// A ruling with a cause and no effect.
    #[must_use]
    pub const fn with_cause(kind: Kind, cause: Cause) -> Self {
        Self { kind, permanence: None, cause: Some(cause), effects: &[] }
    }

    /// A bounce.
    #[must_use]
    pub const fn bounce(permanence: Permanence, cause: Cause, effects: &'static [Effect]) -> Self {
        Self { kind: Kind::Bounced, permanence: Some(permanence), cause: Some(cause), effects }
    }

    /// A bounce that suppresses the address.
    #[must_use]
    pub const fn hard(cause: Cause) -> Self {
        Self::bounce(Permanence::Permanent, cause, const { &[Effect::suppress(Reason::HardBounce)] })
    }

    /// A temporary bounce that counts against the address.
    #[must_use]
    pub const fn soft(cause: Cause) -> Self {
        Self::bounce(Permanence::Transient, cause, &[Effect::SoftBounce])
    }

    /// A temporary bounce caused by the message or the sender, which says nothing about the address (general rule 4).
    #[must_use]
    pub const fn sender_fault(cause: Cause) -> Self {
        Self::bounce(Permanence::Transient, cause, &[])
    }

    /// A bounce of unknown permanence, which counts as a soft one (general rule 1).
    #[must_use]
    pub const fn undetermined() -> Self {
        Self::bounce(Permanence::Undetermined, Cause::Undetermined, &[Effect::SoftBounce])
    }

    /// A refusal by the provider before any delivery attempt.
    #[must_use]
    pub const fn rejected(cause: Cause, effects: &'static [Effect]) -> Self {
        Self { kind: Kind::Rejected, permanence: None, cause: Some(cause), effects }
    }

    /// The same ruling with these effects.
    #[must_use]
    pub const fn with(self, effects: &'static [Effect]) -> Self {
        Self { effects, ..self }
    }
}
