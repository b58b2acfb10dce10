//! Reads the table, and compares each record with what SES's list had.

use super::super::Console;
use super::super::failure::Failure;
use super::super::progress::counter;
use super::super::ses::{SesEntry, SesReason, spellings};
use super::compare::Own;
use super::line::Lifted;
use super::report::Difference;
use super::{Sync, show};
use crate::address::Address;
use crate::timestamp::Timestamp;

/// What SES's list needs, so that it agrees with the table.
#[derive(Default)]
pub(super) struct Changes {
    /// Addresses that are suppressed only here.
    pub(super) put: Vec<(Address, SesReason)>,
    /// Addresses that a person lifted here after SES listed them.
    pub(super) remove: Vec<Address>,
}

impl Sync<'_> {
    /// Shows what only the table has; `None` after a request to stop.
    pub(super) async fn compare_table(&mut self, console: &mut Console<'_>) -> Result<Option<Changes>, Failure> {
        let progress = counter(console, "records of the table");
        let mut changes = Changes::default();
        let mut start = None;
        loop {
            let page = self.tables.suppressions.scan(start);
            let Some(page) = self.stopping.abandon(page).await else {
                progress.finish_and_clear();
                return Ok(None);
            };
            let page = page?;
            for scanned in page.records {
                progress.inc(1);
                let (Some(address), Some(record)) = (Address::parse(&scanned.address), scanned.record) else {
                    self.state.run.tally.unreadable = self.state.run.tally.unreadable.saturating_add(1);
                    continue;
                };
                let own = Own::of(&record, &self.scope);
                if let Some(reason) = self.only_here(&address, &own) {
                    self.state.run.tally.only_here = self.state.run.tally.only_here.saturating_add(1);
                    let difference = Difference::OnlyHere { address: address.as_str(), reason };
                    progress.suspend(|| show(&difference, console))?;
                    changes.put.push((address, reason));
                } else if let Some(listed) = self.listed_of(&address, &own).await? {
                    if self.stopping.asked {
                        progress.finish_and_clear();
                        return Ok(None);
                    }
                    if let Some((reason, at)) = lifted_after(&own, &listed) {
                        self.state.run.tally.lifted = self.state.run.tally.lifted.saturating_add(1);
                        let difference = Difference::Lifted { address: address.as_str(), reason, at };
                        progress.suspend(|| show(&difference, console))?;
                        changes.remove.push(address);
                    }
                }
            }
            console.out.flush()?;
            start = page.next;
            if start.is_none() {
                break;
            }
        }
        progress.finish_and_clear();
        Ok(Some(changes))
    }

    /// The reason to put an address on the list for, if SES does not have it.
    fn only_here(&self, address: &Address, own: &Own) -> Option<SesReason> {
        let is_known = self.state.run.is_complete && self.state.known.seen.reasons(address).next().is_none();
        own.to_put().filter(|_| is_known)
    }

    /// What SES has of an address that a person lifted here; `None` if nothing was lifted, SES does not have it, or it was
    /// not found since the lift.
    async fn listed_of(
        &mut self,
        address: &Address,
        own: &Own,
    ) -> Result<Option<Vec<(SesReason, Timestamp)>>, Failure> {
        let Some(lift) = own.latest_lift() else { return Ok(None) };
        if self.state.known.seen.reasons(address).next().is_none() {
            return Ok(None);
        }
        if let Some(listed) = self.state.known.lifted(address) {
            return Ok(Some(listed.iter().filter_map(Lifted::entry).collect()));
        }
        if self.state.known.is_missed(address, lift) {
            return Ok(None);
        }
        // SES listed it before this run, and it was lifted since: only SES knows its time.
        let known = spellings(self.tables, address, []).await?;
        let mut found = Vec::new();
        for spelling in known {
            let Some(entry) = self.stopping.abandon(self.ses.get(&spelling)).await else { break };
            found.extend(entry.map_err(|error| Failure::new(error.to_string()))?);
        }
        if found.is_empty() && !self.stopping.asked {
            self.state.run.tally.unfound = self.state.run.tally.unfound.saturating_add(1);
            self.state.miss(address, lift)?;
        }
        Ok(Some(found.iter().filter_map(dated).collect()))
    }
}

/// SES's reason and time of an entry that has both.
pub(super) fn dated(entry: &SesEntry) -> Option<(SesReason, Timestamp)> {
    Some((*entry.reason.as_ref().ok()?, entry.at?))
}

/// A reason that a person lifted after SES listed it.
fn lifted_after(own: &Own, listed: &[(SesReason, Timestamp)]) -> Option<(SesReason, Timestamp)> {
    listed.iter().find_map(|(reason, at)| Some((*reason, own.lifted_at(*reason).filter(|lift| lift > at)?)))
}
