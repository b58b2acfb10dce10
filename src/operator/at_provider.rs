//! The part of `lift` and `suppress` that SES's own suppression list needs.

use serde_json::{Value, json};

use super::failure::Failure;
use super::sanitize::sanitize;
use super::ses::{self, ListName, Pace, Removal, SesList, SesReason, spellings};
use super::tables::Tables;
use crate::address::Address;
use crate::event::Tenant;
use crate::suppression::Scope;

/// The list of a decision about a scope.
pub(super) fn list_of(scope: &Scope, tenant: Option<&Tenant>) -> Result<ListName, Failure> {
    let list = ListName::of(tenant);
    if list.covers(scope) {
        return Ok(list);
    }
    let scope = sanitize(scope.as_str());
    Err(Failure::new(match scope.strip_prefix("tenant:ses:") {
        Some(tenant) => format!("{scope} does not concern {list}; name its list with --tenant {tenant}"),
        None => format!(
            "SES's list blocks all mail of its account or tenant; --at-provider goes with --scope '*', provider:ses or \
             tenant:ses:TENANT, not with {scope}"
        ),
    }))
}

/// The client for SES's lists.
pub(super) fn ses(tables: &Tables) -> Result<&ses::Client, Failure> {
    tables.ses.as_ref().ok_or_else(|| Failure::new(ses::NO_CLIENT))
}

/// The spellings that were removed from a list, and those that were not on it.
pub(super) struct Removed {
    list: ListName,
    spellings: Vec<(String, Removal)>,
}

/// Removes every known spelling of an address from a list. If SES refuses or does not know the list, the failure says what
/// each side now has.
pub(super) async fn remove(
    list: ListName,
    address: &Address,
    typed: &str,
    tables: &Tables,
) -> Result<Removed, Failure> {
    let known = spellings(tables, address, [typed.to_owned()]).await?;
    let mut ses = SesList::new(ses(tables)?, list.clone(), Pace::SES);
    let mut removed = Removed { list, spellings: Vec::new() };
    let mut waiting = known.into_iter();
    while let Some(spelling) = waiting.next() {
        match ses.delete(&spelling).await {
            Ok(removal) => removed.spellings.push((spelling, removal)),
            Err(error) => {
                let mut text = format!("{error}\n{}:", removed.list);
                for line in removed.lines() {
                    push_line(&mut text, &line);
                }
                for spelling in std::iter::once(spelling).chain(waiting) {
                    push_line(&mut text, &format!("{}  not removed", sanitize(&spelling)));
                }
                text.push_str("\nhere: nothing was lifted; the same command may be run again");
                return Err(Failure::new(text));
            }
        }
    }
    if removed.list.tenant().is_some() && !removed.any() {
        ses.confirm().await.map_err(|error| removed.then(&Failure::new(error.to_string())))?;
    }
    Ok(removed)
}

impl Removed {
    /// Whether SES had any spelling.
    pub(super) fn any(&self) -> bool {
        self.spellings.iter().any(|(_, removal)| *removal == Removal::Removed)
    }

    /// What SES answered, as a heading and a line per spelling.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}:", self.list);
        for line in self.lines() {
            push_line(&mut text, &line);
        }
        text
    }

    /// The same, for programs.
    pub(super) fn json(&self) -> Value {
        let spellings = self.spellings.iter().map(|(spelling, removal)| match removal {
            Removal::Removed => json!({"spelling": spelling, "result": "removed"}),
            Removal::Absent(message) => json!({"spelling": spelling, "result": "absent", "message": message}),
        });
        json!({"list": list_json(&self.list), "spellings": spellings.collect::<Vec<_>>()})
    }

    /// A failure after the removal, which says what each side now has.
    pub(super) fn then(&self, failure: &Failure) -> Failure {
        Failure::new(format!("{failure}\n{}\nhere: nothing was lifted; the same command may be run again", self.text()))
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        self.spellings.iter().map(|(spelling, removal)| {
            let spelling = sanitize(spelling);
            match removal {
                Removal::Removed => format!("{spelling}  removed"),
                Removal::Absent(message) if message.is_empty() => format!("{spelling}  not on it"),
                Removal::Absent(message) => format!("{spelling}  not on it ({})", sanitize(message)),
            }
        })
    }
}

/// Puts an address on a list, as the key spells it: SES ignores case when it sends, and every later command knows the key.
pub(super) async fn put(list: &ListName, reason: SesReason, address: &Address, tables: &Tables) -> Result<(), Failure> {
    let mut ses = SesList::new(ses(tables)?, list.clone(), Pace::SES);
    ses.put(address.as_str(), reason).await.map_err(|error| {
        Failure::new(format!(
            "{error}\nhere: the address is suppressed\n{list}: not changed; the same command may be run again"
        ))
    })
}

/// A list for programs: `account`, or the tenant's scope.
pub(super) fn list_json(list: &ListName) -> Value {
    match list {
        ListName::Account => "account".into(),
        ListName::Tenant(_) => list.scope().as_str().into(),
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str("\n  ");
    text.push_str(line);
}
