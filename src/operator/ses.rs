//! The suppression lists of SES: that of the account in one Region, and those of its tenants.
//!
//! Calls, errors and limits: <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutSuppressedDestination.html> and
//! its neighbours. SES ignores the case of an address when it sends, but these calls compare the exact spelling. SES's
//! global list has no calls at all: nobody can change it.

#[cfg_attr(not(feature = "operator"), allow(dead_code, reason = "only a call fails"))]
mod call;
#[cfg_attr(not(feature = "operator"), allow(dead_code, reason = "only a call has an answer"))]
mod entry;
#[cfg(feature = "operator")]
mod list;
#[cfg_attr(not(feature = "operator"), allow(dead_code, reason = "only calls have to wait"))]
mod pace;
mod spellings;
#[cfg(not(feature = "operator"))]
mod without;

use std::fmt;

use clap::ValueEnum;

pub(super) use call::SesError;
pub(super) use entry::{Removal, SesEntry};
#[cfg(feature = "operator")]
pub(super) use list::{Client, NO_CLIENT, SesList, client, region};
pub(super) use pace::{Pace, interval};
pub(super) use spellings::spellings;
#[cfg(not(feature = "operator"))]
pub(super) use without::{Client, NO_CLIENT, SesList, client, region};

use crate::event::{Provider, Reason, Tenant};
use crate::suppression::Scope;

/// Which of SES's suppression lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListName {
    /// That of the account, in one Region.
    Account,
    /// That of a tenant.
    Tenant(Tenant),
}

impl ListName {
    /// The list of a tenant, or without one of the account.
    pub(super) fn of(tenant: Option<&Tenant>) -> Self {
        tenant.map_or(Self::Account, |tenant| Self::Tenant(tenant.clone()))
    }

    /// The tenant, as SES's calls name it.
    pub(super) fn tenant(&self) -> Option<&str> {
        match self {
            Self::Account => None,
            Self::Tenant(tenant) => Some(tenant.as_str()),
        }
    }

    /// Whether it refuses sends that a scope applies to, all of them or all of those through SES.
    pub(super) fn covers(&self, scope: &Scope) -> bool {
        let whole = [Scope::everything(), Scope::provider(Provider::Ses.as_str())];
        whole.contains(scope) || *scope == self.scope()
    }

    /// The sends that its entries concern in the own table.
    pub(super) fn scope(&self) -> Scope {
        match self {
            Self::Account => Scope::everything(),
            Self::Tenant(tenant) => Scope::tenant(Provider::Ses.as_str(), tenant),
        }
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("SES's list of the account"),
            Self::Tenant(tenant) => write!(f, "SES's list of the tenant {}", tenant.as_str()),
        }
    }
}

/// Why an address is on a list of SES.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum SesReason {
    /// a hard bounce
    Bounce,
    /// a complaint
    Complaint,
}

impl SesReason {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Bounce, Self::Complaint];

    /// SES's name.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Bounce => "BOUNCE",
            Self::Complaint => "COMPLAINT",
        }
    }

    /// The reason with one of SES's names.
    pub(super) fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == label)
    }

    /// The reason that it is in the own table, as in an import of SES's list.
    pub(super) const fn own(self) -> Reason {
        match self {
            Self::Bounce => Reason::HardBounce,
            Self::Complaint => Reason::Complaint,
        }
    }
}
