//! Which of SES's own suppression lists refuses an address.

use crate::event::{Provider, Reason};
use crate::suppression::{Block, Scope};

/// A list of SES; a report's sub type names it, which is part of an entry's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SesList {
    /// The list of the account.
    Account,
    /// The list of a tenant; `None`: of one that an older version did not record.
    Tenant(Option<String>),
    /// SES's global list, which nobody else can change.
    Global,
}

impl SesList {
    /// The list behind a block.
    pub(crate) fn behind(block: &Block) -> Option<Self> {
        if block.reason != Reason::ProviderBlock || block.provider != Provider::Ses.as_str() {
            return None;
        }
        let code = block.code.as_deref()?.to_ascii_lowercase();
        match code.rsplit('/').next()? {
            "onaccountsuppressionlist" => Some(Self::Account),
            "ontenantsuppressionlist" => {
                Some(Self::Tenant(block.scope.as_str().strip_prefix("tenant:ses:").map(str::to_owned)))
            }
            "suppressed" => Some(Self::Global),
            _ => None,
        }
    }

    /// Whether a block is a bounce or complaint that SES reported, for which it may have put the address on the list of the
    /// account.
    pub(crate) fn may_follow(block: &Block) -> bool {
        let is_listed = matches!(block.reason, Reason::HardBounce | Reason::Complaint);
        let is_of_account = [Scope::everything(), Scope::provider(Provider::Ses.as_str())].contains(&block.scope);
        is_listed && is_of_account && block.provider == Provider::Ses.as_str()
    }
}
