//! Changes SES's list: removes what a person lifted here, and puts what is suppressed only here.

use super::super::Console;
use super::super::failure::Failure;
use super::super::progress::bar;
use super::super::sanitize::sanitize;
use super::super::ses::{Removal, SesError, spellings};
use super::compare::Own;
use super::digests::Digest;
use super::line::Lifted;
use super::table::{Changes, dated};
use super::{NAMED, Phase, Sync};
use crate::address::Address;

/// After how many refusals a run ends in which SES has taken no address: then it may refuse all, as in the sandbox.
const REFUSALS: usize = 5;

/// What became of one address.
enum Pushed {
    /// SES's list was changed.
    Done,
    /// Something changed since the comparison, so SES's list stays as it is.
    Kept,
    /// SES refuses to take this address.
    Refused(SesError, Digest),
}

impl Sync<'_> {
    /// Makes the changes one after the other, at SES's rate.
    ///
    /// What SES refused is left out from then on if it took other addresses, and else tried after all others, so that a few
    /// addresses that it never takes do not keep the others from it.
    pub(super) async fn push(&mut self, changes: Changes, console: &mut Console<'_>) -> Result<Phase, Failure> {
        let Changes { mut put, remove } = changes;
        let known = &self.state.known;
        let all = put.len();
        put.retain(|(address, reason)| !known.refused.contains(Digest::of(address, *reason)));
        let skipped = u64::try_from(all.saturating_sub(put.len())).unwrap_or_default();
        put.sort_by_cached_key(|(address, reason)| known.doubted.contains(Digest::of(address, *reason)));
        self.state.run.tally.skipped = skipped;
        let progress = bar(console, put.len().saturating_add(remove.len()), "addresses changed at SES");
        let removals = remove.into_iter().map(|address| (address, false));
        let (mut phase, mut doubted) = (Phase::Done, Vec::new());
        for (address, is_put) in removals.chain(put.into_iter().map(|(address, _)| (address, true))) {
            if self.stopping.abandon(std::future::ready(())).await.is_none() {
                phase = Phase::Stopped;
                break;
            }
            let pushed = if is_put { self.put(&address).await } else { self.remove(&address).await }?;
            let Some(pushed) = pushed else {
                phase = Phase::Stopped;
                break;
            };
            match pushed {
                Pushed::Done => {}
                Pushed::Kept => self.state.run.tally.kept = self.state.run.tally.kept.saturating_add(1),
                Pushed::Refused(error, digest) => {
                    progress.suspend(|| self.refused(&address, &error, console))?;
                    doubted.push(digest);
                    if self.takes_some() {
                        self.remember(&mut doubted)?;
                    } else if doubted.len() >= REFUSALS {
                        self.remember(&mut doubted)?;
                        self.state.finish()?;
                        return Err(Failure::new(format!(
                            "{error}\nSES refused {REFUSALS} addresses in a row and took none; the next run tries the others \
                             first"
                        )));
                    }
                }
            }
            progress.inc(1);
        }
        progress.finish_and_clear();
        self.remember(&mut doubted)?;
        Ok(phase)
    }

    /// Whether SES took an address in this run.
    const fn takes_some(&self) -> bool {
        self.state.run.tally.put > 0
    }

    /// Remembers what SES refused.
    fn remember(&mut self, refused: &mut Vec<Digest>) -> Result<(), Failure> {
        let is_sure = self.takes_some();
        refused.drain(..).try_for_each(|digest| self.state.refuse(digest, is_sure))?;
        Ok(())
    }

    /// Puts an address that is still suppressed here; `None` after a second request to stop.
    async fn put(&mut self, address: &Address) -> Result<Option<Pushed>, Failure> {
        let own = self.own(address).await?;
        let Some(reason) = own.to_put() else { return Ok(Some(Pushed::Kept)) };
        match self.stopping.complete(self.ses.put(address.as_str(), reason)).await {
            None => Ok(None),
            Some(Ok(())) => {
                let tally = &mut self.state.run.tally;
                tally.put = tally.put.saturating_add(1);
                self.state.put(Digest::of(address, reason))?;
                Ok(Some(Pushed::Done))
            }
            Some(Err(error)) if error.is_of_the_request() => {
                Ok(Some(Pushed::Refused(error, Digest::of(address, reason))))
            }
            Some(Err(error)) => Err(Failure::new(error.to_string())),
        }
    }

    /// Removes each spelling of an address, if SES's entry is still older than the lift.
    async fn remove(&mut self, address: &Address) -> Result<Option<Pushed>, Failure> {
        let listed = self.state.known.lifted(address);
        let listed: Vec<String> = listed.into_iter().flatten().map(|lifted| lifted.spelling.clone()).collect();
        let known = spellings(self.tables, address, listed).await?;
        let mut found = Vec::new();
        for spelling in known {
            match self.stopping.complete(self.ses.get(&spelling)).await {
                None => return Ok(None),
                Some(Ok(entry)) => found.extend(entry),
                Some(Err(error)) => return Err(Failure::new(error.to_string())),
            }
        }
        if found.is_empty() {
            // Somebody else removed it.
            self.state.gone(address, false)?;
            return Ok(Some(Pushed::Done));
        }
        // What the listing said is older, but it may know of a second reason.
        let listed = self.state.known.lifted(address);
        let mut times: Vec<_> = listed.into_iter().flatten().filter_map(Lifted::entry).collect();
        times.extend(found.iter().filter_map(dated));
        let dated_all = found.iter().all(|entry| dated(entry).is_some());
        // Read last, so that a suppression that arrived meanwhile counts.
        let own = self.own(address).await?;
        // SES may have replaced a reason by another. One whose time is not known was listed before this run, and so before
        // its lift if it was lifted since.
        let is_lifted = |reason| own.lifted_at(reason).is_some() || times.iter().any(|(known, _)| *known == reason);
        let also = self.state.known.seen.reasons(address).all(is_lifted);
        if !dated_all || !also || !own.allows_removal(&times, self.clock.now()) {
            return Ok(Some(Pushed::Kept));
        }
        let mut removed = false;
        for entry in found {
            match self.stopping.complete(self.ses.delete(&entry.spelling)).await {
                None => return Ok(None),
                Some(Ok(removal)) => removed |= removal == Removal::Removed,
                Some(Err(error)) => return Err(Failure::new(error.to_string())),
            }
        }
        let tally = &mut self.state.run.tally;
        tally.removed = tally.removed.saturating_add(u64::from(removed));
        self.state.gone(address, removed)?;
        Ok(Some(Pushed::Done))
    }

    /// What the table says about an address now.
    async fn own(&self, address: &Address) -> Result<Own, Failure> {
        Ok(Own::of(&self.tables.suppressions.get(address).await?, &self.scope))
    }

    fn refused(&mut self, address: &Address, error: &SesError, console: &mut Console<'_>) -> Result<(), Failure> {
        let tally = &mut self.state.run.tally;
        tally.refused = tally.refused.saturating_add(1);
        if tally.refused <= NAMED {
            writeln!(console.err, "{}: {error}", sanitize(address.as_str()))?;
        }
        Ok(())
    }
}
