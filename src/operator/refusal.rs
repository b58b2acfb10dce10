//! Suppressions that stand because SES's own list refuses, and the commands that end them.

use super::sanitize::sanitize;
use crate::event::{Provider, Reason};
use crate::suppression::{Block, Scope};
use crate::text::shell_quoted;

/// What a lift without SES means.
const ONLY_HERE: &str =
    "lifted only here; if the address is still on SES's list, SES refuses the next mail; to remove it there, too";

/// Which list of SES refused; the report's sub type says so, which is part of an entry's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refuses {
    /// The list of the account.
    Account,
    /// The list of a tenant; `None`: of one that an older version did not record.
    Tenant(Option<String>),
    /// SES's global list.
    Global,
}

impl Refuses {
    /// The list behind a block.
    pub(super) fn of(block: &Block) -> Option<Self> {
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
}

/// The command that ends a block of SES's list; `None` if nobody can end it, or the tenant is not known.
pub(super) fn command(address: &str, block: &Block) -> Option<String> {
    let tenant = match Refuses::of(block)? {
        Refuses::Account => String::new(),
        Refuses::Tenant(Some(tenant)) => format!(" --tenant {}", shell_quoted(&tenant)),
        Refuses::Tenant(None) | Refuses::Global => return None,
    };
    Some(format!(
        "mail-feedbackctl lift {} --reason {} --scope {} --at-provider{tenant}",
        shell_quoted(address),
        block.reason,
        shell_quoted(block.scope.as_str()),
    ))
}

/// Which list of SES refuses and what ends that, as a line; `None` if none does.
pub(super) fn line(address: &str, block: &Block) -> Option<String> {
    Some(match (Refuses::of(block)?, command(address, block)) {
        (Refuses::Account, Some(command)) => format!("SES's list of the account refuses; to end that: {command}"),
        (Refuses::Tenant(Some(tenant)), Some(command)) => {
            format!("SES's list of the tenant {} refuses; to end that: {command}", sanitize(&tenant))
        }
        (Refuses::Tenant(_) | Refuses::Account, _) => format!(
            "SES's list of a tenant refuses; to end that: mail-feedbackctl lift {} --reason {} --scope {} --at-provider \
             --tenant TENANT",
            shell_quoted(address),
            block.reason,
            shell_quoted(block.scope.as_str()),
        ),
        (Refuses::Global, _) => {
            "SES's global list refuses; nobody can remove an address from it, and SES does so after at \
                                 most 14 days"
                .to_owned()
        }
    })
}

/// A hint for somebody who lifted only here what SES's list may have, too.
pub(super) fn hint(address: &str, block: &Block) -> Option<String> {
    let Some(refuses) = Refuses::of(block) else { return of_a_report(address, block) };
    Some(match refuses {
        Refuses::Global => {
            "SES's global list refused, which nobody can change; if the address is still on it, SES refuses \
                            the next mail, too"
                .to_owned()
        }
        Refuses::Account | Refuses::Tenant(_) => {
            let command =
                command(address, block).unwrap_or_else(|| "lift it with --at-provider --tenant TENANT".to_owned());
            format!("{ONLY_HERE}: {command}")
        }
    })
}

/// The same for a bounce or complaint that SES reported, and for which it may have listed the address.
fn of_a_report(address: &str, block: &Block) -> Option<String> {
    let listed = matches!(block.reason, Reason::HardBounce | Reason::Complaint);
    let of_account = [Scope::everything(), Scope::provider(Provider::Ses.as_str())].contains(&block.scope);
    (listed && of_account && block.provider == Provider::Ses.as_str()).then(|| {
        let (address, scope) = (shell_quoted(address), shell_quoted(block.scope.as_str()));
        format!("{ONLY_HERE}: mail-feedbackctl lift {address} --reason {} --scope {scope} --at-provider", block.reason)
    })
}
