//! The answer to "may I mail this address, and if not, why?".

use super::{Entry, Scope, SuppressionRecord};
use crate::event::Reason;
use crate::timestamp::Timestamp;

/// The send that is asked about; a missing field matches no scope of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The provider that sends: `ses`, `tencent`, `mailjet`, or another provider's name.
    pub provider: Option<String>,
    /// The domain it is sent from, in lower-case A-labels.
    pub sender_domain: Option<String>,
    /// The provider's list that it is sent to.
    pub list: Option<String>,
    /// The topic of that list.
    pub topic: Option<String>,
}

impl Context {
    /// The scopes that apply to the send.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        let provider = self.provider.as_deref();
        let list = provider.zip(self.list.as_deref());
        let topic = list.zip(self.topic.as_deref());
        [
            Some(Scope::everything()),
            provider.map(Scope::provider),
            self.sender_domain.as_deref().map(Scope::domain),
            list.map(|(provider, list)| Scope::list(provider, list)),
            topic.map(|((provider, list), topic)| Scope::list(provider, &format!("{list}/{topic}"))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

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
            return "a manual lift for * only: it came for more than 100 scopes, so it applies to every send";
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

/// Whether an address may be mailed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The reasons not to; empty if it may.
    pub blocks: Vec<Block>,
}

impl Verdict {
    /// Whether nothing blocks the send.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.blocks.is_empty()
    }
}

impl SuppressionRecord {
    /// What blocks a send at a time.
    #[must_use]
    pub fn verdict(&self, context: &Context, now: Timestamp) -> Verdict {
        let concerned = context.scopes();
        let entries = self.suppressions.iter().filter(|(scope, _)| concerned.contains(scope));
        let blocks = entries.flat_map(|(scope, reasons)| {
            let standing = reasons.iter().filter(|(_, entry)| entry.is_active(now));
            standing.map(|(reason, entry)| Block::of(self, scope, *reason, entry))
        });
        Verdict { blocks: blocks.collect() }
    }
}
