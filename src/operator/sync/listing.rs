//! Reads SES's list, compares each page with the table, and imports what only SES has.

use futures_util::{StreamExt, TryStreamExt};
use indicatif::ProgressBar;

use super::super::Console;
use super::super::cli_ses::Side;
use super::super::failure::Failure;
use super::super::format::ses_entry;
use super::super::import::IN_FLIGHT;
use super::super::import_row::change;
use super::super::import_write::{Rows, lanes, write_lane};
use super::super::progress::{bar, counter};
use super::super::sanitize::sanitize;
use super::super::ses::{SesEntry, SesReason};
use super::compare::{AtSes, Own};
use super::digests::Digest;
use super::line::Lifted;
use super::report::Difference;
use super::{NAMED, Phase, SOURCE, Sync, show};
use crate::address::Address;
use crate::suppression::{Change, Scope};
use crate::timestamp::Timestamp;

/// What the progress counts.
const COUNTED: &str = "entries of SES's list";

/// Why an entry is left out, in words.
enum Flaw {
    /// No run can compare it.
    NoAddress,
    /// A later run may be able to compare it.
    Uncompared(String),
    /// It was compared, and a later run may be able to import it.
    Unimported(String),
}

/// An entry that can be compared.
struct Comparable<'e> {
    address: Address,
    spelling: &'e str,
    reason: SesReason,
    at: Timestamp,
}

impl Sync<'_> {
    /// Reads the pages that this run still lacks.
    pub(super) async fn list(&mut self, console: &mut Console<'_>) -> Result<Phase, Failure> {
        let known = self.state.entries().filter(|_| self.state.run.since.is_none());
        let known = known.and_then(|entries| usize::try_from(entries).ok());
        let progress = known.map_or_else(|| counter(console, COUNTED), |entries| bar(console, entries, COUNTED));
        progress.set_position(self.state.run.tally.compared);
        let mut may_restart = self.state.run.is_resumed;
        while !self.state.run.is_listed {
            let token = self.state.run.token.clone();
            let page = self.stopping.abandon(self.ses.page(self.state.run.since, token.as_deref())).await;
            let page = match page {
                None => {
                    progress.finish_and_clear();
                    return Ok(Phase::Stopped);
                }
                // How long a token lives is not documented.
                Some(Err(error)) if may_restart && token.is_some() && error.is_of_the_token() => {
                    may_restart = false;
                    self.state.restart()?;
                    progress.set_position(0);
                    continue;
                }
                Some(Err(error)) => return Err(Failure::new(error.to_string())),
                Some(Ok(page)) => page,
            };
            if page.next.is_some() && page.next == token {
                self.state.leave_place()?;
                return Err(Failure::new(
                    "SES's listing does not advance: it repeats its token; the next run reads it from its beginning",
                ));
            }
            if !self.page(&page.entries, page.next, &progress, console).await? {
                progress.finish_and_clear();
                return Ok(Phase::Stopped);
            }
            progress.set_position(self.state.run.tally.compared);
        }
        progress.finish_and_clear();
        Ok(Phase::Done)
    }

    /// Compares a page; `false` if a second request to stop came before its entries were imported.
    async fn page(
        &mut self,
        entries: &[SesEntry],
        next: Option<String>,
        progress: &ProgressBar,
        console: &mut Console<'_>,
    ) -> Result<bool, Failure> {
        let now = self.clock.now();
        let mut comparable = Vec::new();
        for entry in entries {
            match Comparable::of(entry, now) {
                Ok(entry) => comparable.push(entry),
                Err(flaw) => progress.suspend(|| self.reject(&entry.spelling, &flaw, console))?,
            }
        }
        let addresses: Vec<Address> = comparable.iter().map(|entry| entry.address.clone()).collect();
        let scope = self.scope.clone();
        let owns = self.tables.suppressions.read_all(&addresses, |record| Own::of(record, &scope)).await?;
        let (mut rows, mut lifted, mut seen) = (Rows::new(), Vec::new(), Vec::new());
        for (number, entry) in (1..).zip(&comparable) {
            let own = match owns.get(entry.address.as_str()) {
                Some(Ok(own)) => own,
                Some(Err(error)) => {
                    let flaw = Flaw::Uncompared(error.advice().to_owned());
                    progress.suspend(|| self.reject(entry.spelling, &flaw, console))?;
                    continue;
                }
                None => continue,
            };
            seen.push(Digest::of(&entry.address, entry.reason));
            // Also those that SES lists again: only both times together say which is newer.
            if own.lifted_at(entry.reason).is_some() {
                lifted.push(Lifted::new(entry.spelling, entry.reason, entry.at));
            }
            if own.compare(entry.reason, entry.at, now) == AtSes::OnlyThere {
                self.state.run.tally.only_there = self.state.run.tally.only_there.saturating_add(1);
                progress.suspend(|| show(&entry.difference(), console))?;
                match entry.row(&scope, now) {
                    Ok((address, change)) => rows.entry(address).or_default().push((number, change)),
                    Err(why) => progress.suspend(|| self.reject(entry.spelling, &Flaw::Unimported(why), console))?,
                }
            }
        }
        if self.apply.is_some_and(Side::is_here) && !self.import(rows, now, &comparable, console).await? {
            return Ok(false);
        }
        let read = u64::try_from(entries.len()).unwrap_or_default();
        self.state.run.tally.compared = self.state.run.tally.compared.saturating_add(read);
        self.state.page(next, &seen, lifted)?;
        console.out.flush()?;
        Ok(true)
    }

    /// Writes rows as `import` does; `false` after a second request to stop.
    async fn import(
        &mut self,
        rows: Rows,
        now: Timestamp,
        entries: &[Comparable<'_>],
        console: &mut Console<'_>,
    ) -> Result<bool, Failure> {
        let tables = self.tables;
        let written = futures_util::stream::iter(lanes(rows))
            .map(|lane| write_lane(tables, lane, false, now))
            .buffer_unordered(IN_FLIGHT)
            .try_collect::<Vec<_>>();
        let Some(written) = self.stopping.complete(written).await else { return Ok(false) };
        for part in written? {
            let tally = &mut self.state.run.tally;
            tally.imported = tally.imported.saturating_add(part.imported);
            tally.suppressed = tally.suppressed.saturating_add(part.suppressed);
            for (number, error) in part.rejected {
                let place = usize::try_from(number).unwrap_or_default().saturating_sub(1);
                let spelling = entries.get(place).map_or("", |entry| entry.spelling);
                self.reject(spelling, &Flaw::Unimported(error.advice().to_owned()), console)?;
            }
        }
        Ok(true)
    }

    /// Counts an entry that cannot be compared or imported, and names it if it is one of the first.
    fn reject(&mut self, spelling: &str, flaw: &Flaw, console: &mut Console<'_>) -> Result<(), Failure> {
        let tally = &mut self.state.run.tally;
        let why = match flaw {
            Flaw::NoAddress => "not an e-mail address",
            Flaw::Uncompared(why) => {
                tally.uncompared = tally.uncompared.saturating_add(1);
                why
            }
            Flaw::Unimported(why) => {
                tally.unimported = tally.unimported.saturating_add(1);
                why
            }
        };
        tally.rejected = tally.rejected.saturating_add(1);
        if tally.rejected <= NAMED {
            writeln!(console.err, "{}: {why}", sanitize(spelling))?;
        }
        Ok(())
    }
}

impl<'e> Comparable<'e> {
    fn of(entry: &'e SesEntry, now: Timestamp) -> Result<Self, Flaw> {
        let address = Address::parse(&entry.spelling).ok_or(Flaw::NoAddress)?;
        let is_new = |name: &String| Flaw::Uncompared(format!("its reason is new: {}", sanitize(name)));
        let reason = entry.reason.as_ref().map_err(is_new)?;
        // SES's clock may be slightly ahead of this one.
        let at = entry.at.and_then(|at| at.usable_at(now));
        let at = at.ok_or_else(|| Flaw::Uncompared("its time is missing or in the future".to_owned()))?;
        Ok(Self { address, spelling: &entry.spelling, reason: *reason, at })
    }

    fn difference(&self) -> Difference<'e> {
        Difference::OnlyThere { spelling: self.spelling, reason: self.reason, at: self.at }
    }

    /// The entry as a row of an import, of the list's scope.
    fn row(&self, scope: &Scope, now: Timestamp) -> Result<(Address, Change), String> {
        let mut row = ses_entry(self.spelling, self.reason.as_str(), self.at)?;
        scope.as_str().clone_into(&mut row.scope);
        change(&row, SOURCE, None, now.max(self.at))
    }
}
