//! What a deployment sets about decisions.

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
}

impl Default for Policy {
    fn default() -> Self {
        Self { complaint_scope: ComplaintScope::Everything }
    }
}
