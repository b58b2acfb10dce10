//! The options about SES's own suppression lists.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::ses::{SesReason, interval};
use super::values::{address, time};
use crate::address::{Address, addr_spec};
use crate::event::Tenant;
use crate::timestamp::Timestamp;

/// An address, and how it was typed.
#[derive(Clone, Debug)]
pub struct TypedAddress {
    /// The key.
    pub address: Address,
    /// The spelling, which SES's lists compare exactly.
    pub spelling: String,
}

/// What `lift` does at SES, too.
#[derive(Args, Debug)]
pub struct LiftAtSesArgs {
    /// Remove the address from SES's suppression list first, in every known spelling, unless a bounce or complaint would
    /// still be in force here; SES's global list cannot be changed by anybody
    #[arg(long)]
    pub at_provider: bool,
    /// The tenant whose list it is; without it, the list of the account
    #[arg(long, requires = "at_provider", value_name = "TENANT", value_parser = tenant)]
    pub tenant: Option<Tenant>,
}

/// What `suppress` does at SES, too.
#[derive(Args, Debug)]
pub struct SuppressAtSesArgs {
    /// Then also put the address on SES's suppression list, for this reason
    #[arg(long, value_name = "REASON", conflicts_with = "until")]
    pub at_provider: Option<SesReason>,
    /// The tenant whose list it is; without it, the list of the account
    #[arg(long, requires = "at_provider", value_name = "TENANT", value_parser = tenant)]
    pub tenant: Option<Tenant>,
}

/// The arguments of `sync`.
#[derive(Args, Debug)]
pub struct SyncArgs {
    /// The provider; the lists of the others cannot be compared (see src/guide/lists.md)
    #[arg(value_parser = ["ses"])]
    pub provider: String,
    /// The tenant whose list it is; without it, the list of the account
    #[arg(long, value_name = "TENANT", value_parser = tenant)]
    pub tenant: Option<Tenant>,
    /// Where to apply what only the other side has, instead of only showing it
    #[arg(long, value_enum)]
    pub apply: Option<Side>,
    /// Compare SES's whole list again, not only what changed since the last run, and try again to put what SES refused
    #[arg(long)]
    pub from_start: bool,
    /// Compare only what SES changed since this time
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "from_start")]
    pub since: Option<Timestamp>,
    /// Requests per second; SES takes one, from all programs of the account in the region together
    #[arg(long = "rate", value_name = "NUMBER", default_value = "1", value_parser = interval)]
    pub interval: Duration,
    /// Where to remember how far it came; by default, a file of its own below ~/.local/state/mail-feedbackctl
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
}

/// Where `sync` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// the suppression table
    Here,
    /// SES's list
    There,
    /// both, the table first
    Both,
}

impl Side {
    /// Whether the table is written.
    #[must_use]
    pub const fn is_here(self) -> bool {
        matches!(self, Self::Here | Self::Both)
    }

    /// Whether SES's list is written.
    #[must_use]
    pub const fn is_there(self) -> bool {
        matches!(self, Self::There | Self::Both)
    }

    /// The name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::There => "there",
            Self::Both => "both",
        }
    }
}

/// An address with its spelling.
pub(super) fn typed(text: &str) -> Result<TypedAddress, String> {
    address(text).map(|address| TypedAddress { address, spelling: addr_spec(text).to_owned() })
}

fn tenant(text: &str) -> Result<Tenant, String> {
    Tenant::parse(text).ok_or_else(|| "not a tenant; give a name of at most 64 letters, digits, - and _".to_owned())
}
