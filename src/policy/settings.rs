//! What a deployment sets about decisions.

use crate::event::Reason;
use crate::label::labelled;

labelled! {
    /// How far a complaint reaches; every send, where the event does not name what is set.
    pub enum ComplaintScope {
        /// Every send.
        Everything = "everything",
        /// Sends on behalf of the tenant whose mail was reported.
        Tenant = "tenant",
        /// Sends of the stream that the reported mail belongs to.
        Stream = "stream",
    }
}

/// What a deployment sets about decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How far a complaint reaches.
    pub complaint_scope: ComplaintScope,
    /// For how many days after the latest hard bounce an address is suppressed; 0: without end.
    pub hard_bounce_days: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self { complaint_scope: ComplaintScope::Everything, hard_bounce_days: 0 }
    }
}

impl Policy {
    /// For how many days a reason suppresses where the report sets no end; `None`: without end.
    pub(super) const fn days(self, reason: Reason) -> Option<u32> {
        match (reason, self.hard_bounce_days) {
            (Reason::HardBounce, 1..) => Some(self.hard_bounce_days),
            _ => None,
        }
    }
}
