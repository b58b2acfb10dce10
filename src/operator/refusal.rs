//! Suppressions that are in force because SES's own list refuses, and the commands that end them.

use super::sanitize::sanitize;
use crate::lookup::SesList;
use crate::suppression::Block;
use crate::text::shell_quoted;

/// What a lift without SES means.
const ONLY_HERE: &str =
    "lifted only here; if the address is still on SES's list, SES refuses the next mail; to remove it there, too";

/// The command that ends a block of SES's list; `None` if nobody can end it, or the tenant is not known.
pub(super) fn command(address: &str, block: &Block) -> Option<String> {
    let tenant = match SesList::behind(block)? {
        SesList::Account => String::new(),
        SesList::Tenant(Some(tenant)) => format!(" --tenant {}", shell_quoted(&tenant)),
        SesList::Tenant(None) | SesList::Global => return None,
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
    Some(match (SesList::behind(block)?, command(address, block)) {
        (SesList::Account, Some(command)) => format!("SES's list of the account refuses; to end that: {command}"),
        (SesList::Tenant(Some(tenant)), Some(command)) => {
            format!("SES's list of the tenant {} refuses; to end that: {command}", sanitize(&tenant))
        }
        (SesList::Tenant(_) | SesList::Account, _) => format!(
            "SES's list of a tenant refuses; to end that: mail-feedbackctl lift {} --reason {} --scope {} --at-provider \
             --tenant TENANT",
            shell_quoted(address),
            block.reason,
            shell_quoted(block.scope.as_str()),
        ),
        (SesList::Global, _) => {
            "SES's global list refuses; nobody can remove an address from it, and SES does so after at \
                                 most 14 days"
                .to_owned()
        }
    })
}

/// A hint for somebody who lifted only here what SES's list may have, too.
pub(super) fn hint(address: &str, block: &Block) -> Option<String> {
    let Some(list) = SesList::behind(block) else { return of_a_report(address, block) };
    Some(match list {
        SesList::Global => {
            "SES's global list refused, which nobody can change; if the address is still on it, SES refuses \
                            the next mail, too"
                .to_owned()
        }
        SesList::Account | SesList::Tenant(_) => {
            let command =
                command(address, block).unwrap_or_else(|| "lift it with --at-provider --tenant TENANT".to_owned());
            format!("{ONLY_HERE}: {command}")
        }
    })
}

/// The same for a bounce or complaint that SES reported, and for which it may have listed the address.
fn of_a_report(address: &str, block: &Block) -> Option<String> {
    SesList::may_follow(block).then(|| {
        let (address, scope) = (shell_quoted(address), shell_quoted(block.scope.as_str()));
        format!("{ONLY_HERE}: mail-feedbackctl lift {address} --reason {} --scope {scope} --at-provider", block.reason)
    })
}
