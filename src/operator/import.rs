//! `import`: adds suppressions from elsewhere.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use indicatif::ProgressBar;
use serde_json::json;
use tokio::sync::mpsc::Receiver;

use super::cli::ImportArgs;
use super::failure::Failure;
use super::format::{Format, ReadError, Reader};
use super::header_row::Renamed;
use super::import_row::change;
use super::import_write::{Rows, Written, lanes, write_lane};
use super::lines::Lines;
use super::progress::{bar, counter};
use super::records::{Record, Records};
use super::show::counted;
use super::stop::Stop;
use super::tables::Tables;
use super::{Console, Outcome};
use crate::api::unknown_providers_warning;
use crate::suppression::Change;
use crate::timestamp::Timestamp;

/// How many rows are read before they are written. Those of one address are written one after the other.
const WINDOW: usize = 3_200;
/// How many transactions run concurrently.
pub(super) const IN_FLIGHT: usize = 16;
/// How many rejected rows are named.
const NAMED_ROWS: u64 = 20;
/// How many unknown providers are named.
const NAMED_PROVIDERS: usize = 20;

/// The counts so far.
#[derive(Clone, Copy, Default)]
struct Tally {
    imported: u64,
    rejected: u64,
    /// How many suppressions are new.
    suppressed: u64,
}

/// A column, or a name in the header row, that several `--column` have.
fn named_twice(columns: &[Renamed]) -> Option<&str> {
    let names = |nth: usize| columns.iter().take(nth).map(|one| (one.column, one.name.as_str()));
    columns.iter().enumerate().find_map(|(nth, one)| {
        let name = names(nth).any(|(_, name)| name.eq_ignore_ascii_case(&one.name)).then_some(one.name.as_str());
        name.or_else(|| names(nth).any(|(column, _)| column == one.column).then_some(one.column))
    })
}

/// Merges each row as an event at its time; a row that was merged before changes nothing.
///
/// The list is read as it is written, so it may be longer than the memory.
pub(super) async fn run(
    args: &ImportArgs,
    tables: &Tables,
    stop: Stop,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    if args.format == Format::Mailjet && args.at.is_none() {
        return Err(Failure::new("an exclusion list has no times; give the time of its rows with --at <time>"));
    }
    if args.format != Format::Csv && !args.columns.is_empty() {
        return Err(Failure::new("only csv has a header row; leave out --column, or use --format csv"));
    }
    if matches!(args.format, Format::Ses | Format::Mailjet) && args.reason.is_some() {
        return Err(Failure::new(
            "this format says why each row is suppressed; leave out --reason, or use another --format",
        ));
    }
    if let Some(twice) = named_twice(&args.columns) {
        return Err(Failure::new(format!("--column names {twice} twice; give each column and each name once")));
    }
    if args.at.is_some_and(|at| at > console.now) {
        return Err(Failure::new(
            "--at is in the future, so the list would outweigh everything that follows; give its time",
        ));
    }
    let lines = Lines::open(args.file.as_deref())?;
    let count = lines.count;
    let mut records = Records::new(lines, args.format.has_quotes());
    let mut import = Import {
        tables,
        dry_run: args.dry_run,
        now: console.now,
        stop: stop.listen()?,
        bar: count.map_or_else(|| counter(console, "lines"), |count| bar(console, count, "lines")),
        tally: Tally::default(),
        unknown_providers: BTreeSet::new(),
        stopped: false,
    };
    let mut reader = Reader::new(args.format, &args.columns, args.at.is_some(), args.reason);
    let mut rows = Rows::new();
    let (mut waiting, mut next) = (0_usize, 1_u64);
    while let Some(Record { line, lines: of_record }) = import.next(&mut records).await? {
        let number = next;
        next = next.saturating_add(of_record);
        // The row itself is counted once it is written or rejected.
        import.bar.inc(of_record.saturating_sub(1));
        let read = reader.read(&line);
        match read.and_then(|row| Ok(row.map(|row| change(&row, &args.source, args.at, console.now)).transpose()?)) {
            Ok(Some((address, change))) => {
                import.warn(&change, console)?;
                rows.entry(address).or_default().push((number, change));
                waiting = waiting.saturating_add(1);
            }
            Ok(None) => import.bar.inc(1),
            Err(ReadError::List(why)) => return Err(Failure::new(format!("line {number}: {why}"))),
            Err(ReadError::Row(why)) => import.reject(number, &why, console)?,
        }
        if waiting >= WINDOW {
            waiting = 0;
            import.write(std::mem::take(&mut rows), console).await?;
        }
    }
    import.write(rows, console).await?;
    import.bar.finish_and_clear();
    import.report(console)
}

/// A running import.
struct Import<'i> {
    tables: &'i Tables,
    dry_run: bool,
    now: Timestamp,
    stop: Receiver<()>,
    bar: ProgressBar,
    tally: Tally,
    unknown_providers: BTreeSet<String>,
    stopped: bool,
}

impl Import<'_> {
    /// The next row; `None` at the end, or after a request to stop.
    async fn next(&mut self, records: &mut Records) -> Result<Option<Record>, Failure> {
        if self.stopped {
            return Ok(None);
        }
        tokio::select! {
            biased;
            Some(()) = self.stop.recv() => {
                self.stopped = true;
                Ok(None)
            }
            record = records.next() => record.map_err(|failure| self.so_far(&failure)),
        }
    }

    /// Counts a rejected row, and names it if it is one of the first.
    fn reject(&mut self, number: u64, why: &str, console: &mut Console<'_>) -> Result<(), Failure> {
        self.tally.rejected = self.tally.rejected.saturating_add(1);
        self.bar.inc(1);
        if self.tally.rejected <= NAMED_ROWS {
            self.bar.suspend(|| writeln!(console.err, "line {number}: {why}"))?;
        }
        Ok(())
    }

    /// Warns of a provider that sends no reports, once.
    fn warn(&mut self, change: &Change, console: &mut Console<'_>) -> Result<(), Failure> {
        let Change::Entry { scope, .. } = change else { return Ok(()) };
        let Some(provider) = scope.unknown_provider() else { return Ok(()) };
        if self.unknown_providers.len() > NAMED_PROVIDERS || !self.unknown_providers.insert(provider.to_owned()) {
            return Ok(());
        }
        let warning = if self.unknown_providers.len() > NAMED_PROVIDERS {
            Some(format!("more unknown providers; only the first {NAMED_PROVIDERS} are named"))
        } else {
            unknown_providers_warning([provider])
        };
        warning.map_or(Ok(()), |warning| self.bar.suspend(|| Ok(writeln!(console.err, "warning: {warning}")?)))
    }

    /// Writes rows in concurrent transactions. After a request to stop, it only finishes those that have begun; a second
    /// request stops at once.
    async fn write(&mut self, rows: Rows, console: &mut Console<'_>) -> Result<(), Failure> {
        let mut waiting = lanes(rows).into_iter();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < IN_FLIGHT && !self.stopped {
                let Some(lane) = waiting.next() else { break };
                running.push(write_lane(self.tables, lane, self.dry_run, self.now));
            }
            tokio::select! {
                biased;
                Some(()) = self.stop.recv() => {
                    if self.stopped {
                        return Ok(());
                    }
                    self.stopped = true;
                }
                written = running.next() => match written {
                    Some(Ok(written)) => self.count(written, console)?,
                    Some(Err(failure)) => return Err(self.so_far(&failure)),
                    None => return Ok(()),
                },
            }
        }
    }

    fn count(&mut self, written: Written, console: &mut Console<'_>) -> Result<(), Failure> {
        let Written { imported, suppressed, rejected } = written;
        self.bar.inc(imported);
        self.tally.imported = self.tally.imported.saturating_add(imported);
        self.tally.suppressed = self.tally.suppressed.saturating_add(suppressed);
        rejected.into_iter().try_for_each(|(number, error)| self.reject(number, error.advice(), console))
    }

    /// Adds to a failure how many rows were imported before it.
    fn so_far(&self, failure: &Failure) -> Failure {
        self.bar.finish_and_clear();
        if self.dry_run {
            return Failure::new(failure.to_string());
        }
        let rows = counted(self.tally.imported, "row", "rows");
        Failure::new(format!("{failure}\n{rows} imported before this; run the same command again to import the rest"))
    }

    /// Prints the counts, and after a stop how to import the rest.
    fn report(&self, console: &mut Console<'_>) -> Result<Outcome, Failure> {
        let Tally { imported, rejected, suppressed } = self.tally;
        if rejected > NAMED_ROWS {
            let more = counted(rejected.saturating_sub(NAMED_ROWS), "more row", "more rows");
            writeln!(console.err, "{more} rejected; only the first {NAMED_ROWS} are named")?;
        }
        if self.stopped {
            let read = counted(self.bar.position(), "line", "lines");
            let of = self.bar.length().map(|lines| format!(" of {lines}")).unwrap_or_default();
            writeln!(console.err, "stopped after {read}{of}; run the same command again to import the rest")?;
        }
        if console.json {
            let Self { dry_run, stopped, .. } = self;
            let warning =
                unknown_providers_warning(self.unknown_providers.iter().take(NAMED_PROVIDERS).map(String::as_str));
            let line = json!({"rows": imported.saturating_add(rejected), "imported": imported, "suppressed": suppressed,
                "bad": rejected, "dry_run": dry_run, "stopped": stopped, "warning": warning});
            writeln!(console.out, "{line}")?;
        } else {
            let [rows, rejected] = [imported, rejected].map(|count| counted(count, "row", "rows"));
            let new = counted(suppressed, "new suppression", "new suppressions");
            if self.dry_run {
                writeln!(console.out, "{rows} valid, at most {new}, {rejected} rejected; nothing was written")?;
            } else {
                writeln!(console.out, "{rows} imported, {new}, {rejected} rejected")?;
            }
        }
        Ok(if self.tally.rejected == 0 && !self.stopped { Outcome::Done } else { Outcome::Incomplete })
    }
}
