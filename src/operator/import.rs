//! `import`: adds suppressions from elsewhere.

use std::collections::BTreeMap;
use std::io::Read;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use indicatif::ProgressBar;
use serde_json::json;
use tokio::sync::mpsc::Receiver;

use super::cli::ImportArgs;
use super::failure::Failure;
use super::format::{Format, ReadError, Reader};
use super::import_row::change;
use super::progress::bar;
use super::show::counted;
use super::stop::Stop;
use super::tables::Tables;
use super::{Console, Outcome};
use crate::address::Address;
use crate::store::MAX_IMPORTED_ROWS;
use crate::suppression::Change;
use crate::timestamp::Timestamp;

/// How many rows are read before they are written. Those of one address are written one after the other.
const WINDOW: usize = 3_200;
/// How many transactions run concurrently.
const IN_FLIGHT: usize = 16;
/// How many rejected rows are named.
const NAMED_ERRORS: u64 = 20;

/// Rows by address, as changes.
type Rows = BTreeMap<Address, Vec<Change>>;

/// The counts so far.
#[derive(Clone, Copy, Default)]
struct Tally {
    imported: u64,
    rejected: u64,
    /// How many suppressions are new.
    suppressed: u64,
}

/// Merges each row as an event at its time; a row that was merged before changes nothing.
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
        return Err(Failure::new("only csv has a heading; leave out --column, or use --format csv"));
    }
    let text = read(args)?;
    let lines: Vec<&[u8]> = text.strip_suffix(b"\n").unwrap_or(&text).split(|byte| *byte == b'\n').collect();
    // Before this, Ctrl-C ends the program: it may be waiting for input.
    let mut import = Import {
        tables,
        dry_run: args.dry_run,
        now: console.now,
        stop: stop.listen()?,
        bar: bar(console, lines.len(), "lines"),
        tally: Tally::default(),
        stopped: false,
    };
    let mut reader = Reader::new(args.format, &args.columns);
    let mut rows = Rows::new();
    let mut waiting = 0_usize;
    for (index, line) in lines.iter().enumerate() {
        let read = str::from_utf8(line).map_err(|_| "not UTF-8".to_owned().into()).and_then(|line| reader.read(line));
        let read = read.and_then(|row| Ok(row.map(|row| change(&row, args, console.now)).transpose()?));
        let number = index.saturating_add(1);
        match read {
            Ok(Some((address, change))) => {
                rows.entry(address).or_default().push(change);
                waiting = waiting.saturating_add(1);
            }
            Ok(None) => import.bar.inc(1),
            Err(ReadError::List(why)) => return Err(Failure::new(format!("line {number}: {why}"))),
            Err(ReadError::Row(why)) => import.reject(number, &why, console)?,
        }
        if waiting >= WINDOW {
            waiting = 0;
            import.write(std::mem::take(&mut rows)).await?;
            if import.stopped {
                break;
            }
        }
    }
    if !import.stopped {
        import.write(rows).await?;
    }
    import.bar.finish_and_clear();
    import.report(console)
}

/// Reads the whole list: the progress bar needs its length.
fn read(args: &ImportArgs) -> Result<Vec<u8>, Failure> {
    let Some(path) = &args.file else {
        let mut text = Vec::new();
        std::io::stdin().lock().read_to_end(&mut text)?;
        return Ok(text);
    };
    std::fs::read(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// A running import.
struct Import<'i> {
    tables: &'i Tables,
    dry_run: bool,
    now: Timestamp,
    stop: Receiver<()>,
    bar: ProgressBar,
    tally: Tally,
    stopped: bool,
}

impl Import<'_> {
    /// Counts a rejected row, and names it if it is one of the first.
    fn reject(&mut self, number: usize, why: &str, console: &mut Console<'_>) -> Result<(), Failure> {
        self.tally.rejected = self.tally.rejected.saturating_add(1);
        self.bar.inc(1);
        if self.tally.rejected <= NAMED_ERRORS {
            self.bar.suspend(|| writeln!(console.err, "line {number}: {why}"))?;
        }
        Ok(())
    }

    /// Writes rows in concurrent transactions. After a request to stop, it only finishes those that have begun; a second
    /// request stops at once.
    async fn write(&mut self, rows: Rows) -> Result<(), Failure> {
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
                    Some(Ok((rows, suppressed))) => {
                        self.bar.inc(rows);
                        self.tally.imported = self.tally.imported.saturating_add(rows);
                        self.tally.suppressed = self.tally.suppressed.saturating_add(suppressed);
                    }
                    Some(Err(failure)) => return Err(self.so_far(&failure)),
                    None => return Ok(()),
                },
            }
        }
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
        if rejected > NAMED_ERRORS {
            let more = counted(rejected.saturating_sub(NAMED_ERRORS), "more row", "more rows");
            writeln!(console.err, "{more} rejected; only the first {NAMED_ERRORS} are named")?;
        }
        if self.stopped {
            let lines = self.bar.length().unwrap_or_default();
            let read = counted(self.bar.position(), "line", "lines");
            writeln!(console.err, "stopped after {read} of {lines}; run the same command again to import the rest")?;
        }
        if console.json {
            let Self { dry_run, stopped, .. } = self;
            let line = json!({"rows": imported.saturating_add(rejected), "imported": imported, "suppressed": suppressed,
                "bad": rejected, "dry_run": dry_run, "stopped": stopped});
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

/// Divides rows into lanes that can be written concurrently, since no address is in two of them. A lane is a list of
/// transactions, written one after the other.
fn lanes(rows: Rows) -> Vec<Vec<Rows>> {
    let (mut lanes, mut part, mut count) = (Vec::new(), Rows::new(), 0_usize);
    for (address, mut changes) in rows {
        if changes.len() > MAX_IMPORTED_ROWS {
            let mut lane = Vec::new();
            while !changes.is_empty() {
                let rest = changes.split_off(changes.len().min(MAX_IMPORTED_ROWS));
                lane.push(Rows::from([(address.clone(), changes)]));
                changes = rest;
            }
            lanes.push(lane);
            continue;
        }
        count = count.saturating_add(changes.len());
        if count > MAX_IMPORTED_ROWS {
            count = changes.len();
            lanes.push(vec![std::mem::take(&mut part)]);
        }
        part.insert(address, changes);
    }
    lanes.push(vec![part]);
    lanes
}

/// Writes the transactions of a lane in order; returns how many rows it has, and how many suppressions are new.
async fn write_lane(tables: &Tables, lane: Vec<Rows>, dry_run: bool, now: Timestamp) -> Result<(u64, u64), Failure> {
    let (mut rows, mut suppressed) = (0_usize, 0_usize);
    for part in lane.iter().filter(|part| !part.is_empty()) {
        let new = if dry_run {
            tables.recorder.preview_import(part, now).await?
        } else {
            tables.recorder.import(part, now).await?
        };
        suppressed = suppressed.saturating_add(new);
        rows = part.values().map(Vec::len).fold(rows, usize::saturating_add);
    }
    let [rows, suppressed] = [rows, suppressed].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
    Ok((rows, suppressed))
}
