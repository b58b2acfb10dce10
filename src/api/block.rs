//! One reason not to send, as JSON.

use serde::Serialize;

use crate::suppression::Block;

/// One reason not to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockedBy {
    /// The sends it applies to.
    pub scope: String,
    /// Why.
    pub reason: &'static str,
    /// Since when: the first event of this reason and scope.
    pub since: String,
    /// When it expires; `null`: never.
    pub until: Option<String>,
    /// Who reported it.
    pub provider: String,
    /// The provider's code; `null` if there is none.
    pub code: Option<String>,
    /// What would end it, as one clause.
    pub lift: &'static str,
}

impl From<&Block> for BlockedBy {
    fn from(block: &Block) -> Self {
        Self {
            scope: block.scope.as_str().to_owned(),
            reason: block.reason.as_str(),
            since: block.since.to_string(),
            until: block.until.map(|until| until.to_string()),
            provider: block.provider.clone(),
            code: block.code.clone(),
            lift: block.lifted_by(),
        }
    }
}
