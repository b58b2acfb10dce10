//! `sync ses`: SES's own suppression list beside the suppression table.
//!
//! First SES's list is read page by page, and each page is compared with the records of its addresses. Then the table is
//! read page by page, and compared with the digests of the addresses that SES had. What is to be changed at SES is
//! changed last, so that nothing moves under the listing, whose order and tokens SES does not document.

mod compare;
mod digests;
mod known;
mod line;
mod listing;
mod push;
mod report;
mod state;
mod state_key;
mod table;

use std::time::Instant;

use tokio::sync::mpsc::Receiver;

use super::at_provider;
use super::cli_ses::{Side, SyncArgs};
use super::failure::Failure;
use super::ses::{ListName, SesList, region};
use super::stop::Stop;
use super::tables::Tables;
use super::{Console, Outcome};
use crate::suppression::Scope;
use crate::timestamp::Timestamp;
use report::{Difference, Summary};
use state::{StateFile, Wish};
use state_key::StateKey;

/// How many entries and addresses with a fault are named.
const NAMED: u64 = 20;
/// The name of the list that the imported entries come from; the guide's commands for `import` give the same.
const SOURCE: &str = "ses-list";

/// A run.
struct Sync<'s> {
    tables: &'s Tables,
    ses: SesList<'s>,
    scope: Scope,
    apply: Option<Side>,
    state: StateFile,
    stopping: Stopping,
    clock: Clock,
}

/// Whether a phase was completed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Done,
    Stopped,
}

/// Compares both sides, and applies what was asked for.
pub(super) async fn run(
    args: &SyncArgs,
    tables: &Tables,
    stop: Stop,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let client = at_provider::ses(tables)?;
    let list = ListName::of(args.tenant.as_ref());
    let key = StateKey::new(tables.caller.account().await?, region(client), &tables.suppression_table, &list);
    let path = args.state.clone().map_or_else(|| key.default_path(), Ok)?;
    let wish = Wish { from_start: args.from_start, since: args.since, apply: args.apply };
    let state = StateFile::open(&path, key, wish, console.now)?;
    if state.was_unnamed {
        let path = path.display();
        writeln!(
            console.err,
            "{path} does not say which list it is about; this run reads SES's list from its beginning"
        )?;
    }
    let applies = |is: fn(Side) -> bool| args.apply.is_some_and(is);
    if applies(Side::is_there) && !state.run.is_complete {
        return Err(Failure::new(
            "--since leaves out a part of SES's list, so what is missing there is not known; leave it out, or use --apply here",
        ));
    }
    let mut sync = Sync {
        scope: list.scope(),
        ses: SesList::new(client, list, args.interval),
        tables,
        apply: args.apply,
        state,
        stopping: Stopping { signals: stop.listen()?, asked: false },
        clock: Clock { now: console.now, started: Instant::now() },
    };
    match sync.phases(console).await {
        Ok(phase) => sync.report(phase, console),
        Err(failure) => Err(sync.so_far(&failure)),
    }
}

impl Sync<'_> {
    async fn phases(&mut self, console: &mut Console<'_>) -> Result<Phase, Failure> {
        if self.list(console).await? == Phase::Stopped {
            return Ok(Phase::Stopped);
        }
        let Some(changes) = self.compare_table(console).await? else { return Ok(Phase::Stopped) };
        if self.apply.is_some_and(Side::is_there) && self.push(changes, console).await? == Phase::Stopped {
            return Ok(Phase::Stopped);
        }
        self.state.finish()?;
        Ok(Phase::Done)
    }

    fn summary(&self, stopped: bool) -> Summary<'_> {
        let run = &self.state.run;
        Summary {
            list: self.ses.name(),
            tally: run.tally,
            since: run.since,
            apply: self.apply,
            is_complete: run.is_complete,
            stopped,
            requests: self.ses.requests(),
            seconds: self.clock.started.elapsed().as_secs_f64(),
        }
    }

    fn report(&self, phase: Phase, console: &mut Console<'_>) -> Result<Outcome, Failure> {
        let summary = self.summary(phase == Phase::Stopped);
        if console.json {
            writeln!(console.out, "{}", summary.json())?;
        } else {
            writeln!(console.out, "{}", summary.text())?;
        }
        if phase == Phase::Stopped {
            let path = self.state.path().display();
            writeln!(console.err, "stopped; the same command goes on from here within a day ({path})")?;
        }
        Ok(if summary.is_incomplete() { Outcome::Incomplete } else { Outcome::Done })
    }

    /// Adds to a failure what was done before it.
    fn so_far(&self, failure: &Failure) -> Failure {
        if matches!(failure, Failure::Closed) {
            return Failure::Closed;
        }
        let tally = self.state.run.tally;
        Failure::new(format!(
            "{failure}\nbefore this: {} of SES's entries compared, {} imported, {} put on {list}, {} removed from it; run the \
             same command again to go on ({})",
            tally.compared,
            tally.imported,
            tally.put,
            tally.removed,
            self.state.path().display(),
            list = self.ses.name(),
        ))
    }
}

/// Prints a difference.
fn show(difference: &Difference<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    if console.json {
        writeln!(console.out, "{}", difference.json())?;
    } else {
        writeln!(console.out, "{}", difference.text())?;
    }
    Ok(())
}

/// The current time, which goes on from the console's.
struct Clock {
    now: Timestamp,
    started: Instant,
}

impl Clock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or_default();
        Timestamp::from_millis(self.now.millis().saturating_add(elapsed)).unwrap_or(Timestamp::MAX)
    }
}

/// Requests to stop.
struct Stopping {
    signals: Receiver<()>,
    /// Whether there was one.
    asked: bool,
}

impl Stopping {
    /// Waits for something that may be abandoned at any time; `None` after a request to stop.
    async fn abandon<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        if self.asked {
            return None;
        }
        tokio::select! {
            biased;
            Some(()) = self.signals.recv() => {
                self.asked = true;
                None
            }
            done = work => Some(done),
        }
    }

    /// Completes something in spite of a request to stop; `None` after a second one.
    async fn complete<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                Some(()) = self.signals.recv() => {
                    if std::mem::replace(&mut self.asked, true) {
                        return None;
                    }
                }
                done = &mut work => return Some(done),
            }
        }
    }
}
