//! The answer to "may I mail this address, and if not, why?".

use super::{AskedScopes, Entry, Scope, SuppressionRecord};
use crate::event::Reason;
use crate::timestamp::Timestamp;

/// One reason not to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The sends it applies to.
    pub scope: Scope,
    /// Why.
    pub reason: Reason,
    /// Since when: the first event of this reason and scope.
    pub since: Timestamp,
    /// When it expires; `None`: never.
    pub until: Option<Timestamp>,
    /// Who reported it.
    pub provider: String,
    /// The provider's code, if there is one.
    pub code: Option<String>,
    /// Whether it represents a reason reported for more than [`MAX_SCOPES`](super::MAX_SCOPES) scopes.
    pub folded: bool,
}

impl Block {
    /// The block that an entry of a record is for a sender.
    #[must_use]
    pub fn of(record: &SuppressionRecord, scope: &Scope, reason: Reason, entry: &Entry) -> Self {
        Self {
            scope: scope.clone(),
            reason,
            since: entry.first_at.unwrap_or(entry.at),
            until: entry.until,
            provider: entry.provider.clone(),
            code: entry.code.clone(),
            folded: *scope == Scope::everything() && record.folded.contains(&reason),
        }
    }

    /// What would end it, as one clause.
    #[must_use]
    pub const fn lifted_by(&self) -> &'static str {
        if self.folded {
            return "a manual lift for * only: it was reported for more than 100 scopes, so it applies to every send";
        }
        match self.reason {
            Reason::SoftBounce => "its expiry, a later delivery, or a manual lift",
            Reason::Unsubscribe => "the recipient subscribing again where the provider reports it, or a manual lift",
            Reason::ProviderBlock => match self.until {
                Some(_) => "its expiry, or a manual lift once the provider's own list is cleared",
                None => "a manual lift once the provider's own list is cleared",
            },
            Reason::HardBounce | Reason::Complaint | Reason::InvalidAddress | Reason::Manual => match self.until {
                Some(_) => "its expiry, or a manual lift",
                None => "a manual lift only",
            },
        }
    }
}

/// Which suppressions in other scopes a verdict has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// None.
    Nothing,
    /// Those that concern no tenant. Those of the send's own tenant block it, so the others concern other tenants, and
    /// its sender must not learn of them.
    WithoutTenants,
    /// All.
    All,
}

impl Elsewhere {
    fn has(self, scope: &Scope) -> bool {
        match self {
            Self::Nothing => false,
            Self::WithoutTenants => !scope.is_of_a_tenant(),
            Self::All => true,
        }
    }
}

/// Whether an address may be mailed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The reasons not to; empty if it may.
    pub blocks: Vec<Block>,
    /// What exists in scopes that do not concern the send, if it was requested.
    pub elsewhere: Vec<Block>,
}

impl Verdict {
    /// Whether nothing blocks the send.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.blocks.is_empty()
    }
}

impl SuppressionRecord {
    /// What is suppressed at a time: what blocks a send that these scopes apply to, and the rest.
    #[must_use]
    pub fn verdict(&self, asked: &AskedScopes, now: Timestamp) -> Verdict {
        self.verdict_with(asked, Elsewhere::All, now)
    }

    /// Like [`Self::verdict`], with only the requested part of the rest.
    #[must_use]
    pub fn verdict_with(&self, asked: &AskedScopes, elsewhere: Elsewhere, now: Timestamp) -> Verdict {
        let mut verdict = Verdict::default();
        for (scope, reasons) in &self.suppressions {
            let blocks = if asked.contains(scope) {
                &mut verdict.blocks
            } else if elsewhere.has(scope) {
                &mut verdict.elsewhere
            } else {
                continue;
            };
            let active = reasons.iter().filter(|(_, entry)| entry.is_active(now));
            blocks.extend(active.map(|(reason, entry)| Block::of(self, scope, *reason, entry)));
        }
        verdict
    }
}
