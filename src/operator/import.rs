//! `import`: adds suppressions from elsewhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use super::cli::{self, ImportArgs};
use super::failure::Failure;
use super::format::{Format, Reader, Row};
use super::progress::counter;
use super::tables::Tables;
use super::{Console, Outcome};
use crate::address::{Address, addr_spec};
use crate::event::{EventId, Reason};
use crate::suppression::{Change, Entry, Scope, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// How many rows are read before they are written.
const BATCH: usize = 256;
/// The longest imported code, and the longest provider name, in bytes.
const CODE_BYTES: usize = 256;
const PROVIDER_BYTES: usize = 32;
/// The longest spelling of an address, in bytes.
const SPELLING_BYTES: usize = 256;
/// How many addresses are written concurrently.
const IN_FLIGHT: usize = 16;

/// Merges each row as an event at its time; a row that was merged before changes nothing.
pub(super) async fn run(args: &ImportArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    if args.format == Format::Mailjet && args.at.is_none() {
        return Err(Failure::new("an exclusion list has no times; give the time of its rows with --at <time>"));
    }
    let lines: Box<dyn BufRead> = match &args.file {
        Some(path) => {
            let file = File::open(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            Box::new(BufReader::new(file))
        }
        None => Box::new(std::io::stdin().lock()),
    };
    let bar = counter(console, "rows read");
    let mut reader = Reader::new(args.format);
    let (mut rows, mut bad, mut new) = (0_u64, 0_u64, 0_u64);
    let mut batch: BTreeMap<Address, Vec<Change>> = BTreeMap::new();
    let mut waiting = 0_usize;
    for (index, line) in lines.split(b'\n').enumerate() {
        let line = line?;
        let read = match str::from_utf8(&line) {
            Ok(line) => reader.read(line).and_then(|row| row.map(|row| change(&row, args, console.now)).transpose()),
            Err(_) => Err("not UTF-8".to_owned()),
        };
        match read {
            Ok(None) => continue,
            Ok(Some((address, change))) => batch.entry(address).or_default().push(change),
            Err(why) => {
                bad = bad.saturating_add(1);
                bar.suspend(|| writeln!(console.err, "line {}: {why}", index.saturating_add(1)))?;
            }
        }
        rows = rows.saturating_add(1);
        waiting = waiting.saturating_add(1);
        bar.inc(1);
        if waiting >= BATCH {
            new = new.saturating_add(write(tables, std::mem::take(&mut batch), console.now).await?);
            waiting = 0;
        }
    }
    new = new.saturating_add(write(tables, batch, console.now).await?);
    bar.finish_and_clear();
    let good = rows.saturating_sub(bad);
    if console.json {
        writeln!(console.out, "{}", json!({"rows": rows, "imported": good, "suppressed": new, "bad": bad}))?;
    } else {
        writeln!(console.out, "{rows} rows: {good} imported, which suppressed {new} more; {bad} bad")?;
    }
    Ok(if bad == 0 { Outcome::Done } else { Outcome::Incomplete })
}

/// Writes the changes of a batch; returns how many suppressions are new.
async fn write(tables: &Tables, batch: BTreeMap<Address, Vec<Change>>, now: Timestamp) -> Result<u64, Failure> {
    let applied: Vec<usize> = stream::iter(batch)
        .map(|(address, changes)| async move {
            let record = tables.suppressions.get(&address).await?;
            let changes: Vec<_> = changes.into_iter().filter(|change| !stands(&record, change)).collect();
            tables.suppressions.apply(&address, &changes, now).await.map(|reasons| reasons.len())
        })
        .buffer_unordered(IN_FLIGHT)
        .try_collect()
        .await?;
    Ok(u64::try_from(applied.into_iter().sum::<usize>()).unwrap_or(u64::MAX))
}

/// Whether the record already has this suppression, with its own evidence or actor, which an import must not replace.
fn stands(record: &SuppressionRecord, change: &Change) -> bool {
    let Change::Entry { scope, reason, entry, .. } = change else { return false };
    let known = record.entry(scope, *reason);
    known.is_some_and(|known| {
        let earlier = known.first_at <= entry.first_at;
        (known.state, known.at, known.until) == (entry.state, entry.at, entry.until) && earlier
    })
}

/// A row as a change that depends on the row and the source alone.
fn change(row: &Row, args: &ImportArgs, now: Timestamp) -> Result<(Address, Change), String> {
    let address = Address::parse(&row.address).ok_or("not an e-mail address")?;
    let scope = Scope::parse(&row.scope).and_then(Scope::limited).map_err(|error| error.to_string())?;
    let given = Reason::from_label(&row.reason).ok_or_else(|| format!("unknown reason; {}", cli::reasons()))?;
    let time = |text: &String| cli::time(text);
    let since = row.since.as_ref().map(time).transpose()?;
    let at = row.at.as_ref().map(time).transpose()?.or(since).or(args.at);
    let at = at.ok_or("no time; give the column since, or --at")?;
    if at > now {
        return Err("its time is in the future, so it would outweigh everything that follows".to_owned());
    }
    let until = row.until.as_ref().map(time).transpose()?;
    if until.is_some_and(|until| until <= at) {
        return Err("it ends before it begins".to_owned());
    }
    // That entry is derived from the bounces, which are missing here: it would vanish at once.
    let derived = given == Reason::SoftBounce && scope == Scope::everything();
    let reason = if derived { Reason::Manual } else { given };
    let at_text = at.to_string();
    let tuple = ["import", &args.source, address.as_str(), scope.as_str(), given.as_str(), &at_text];
    let entry = Entry {
        state: State::Suppressed,
        at,
        first_at: Some(since.map_or(at, |since| since.min(at))),
        until,
        suppressed_at: None,
        lifted_event: None,
        provider: cut(row.provider.as_deref().filter(|name| !name.is_empty()).unwrap_or("manual"), PROVIDER_BYTES),
        event_id: EventId::of(&tuple.map(Some)).to_string(),
        code: row.code.as_deref().map(|code| cut(code, CODE_BYTES)),
        detail: None,
        recipient: Some(cut(addr_spec(&row.address), SPELLING_BYTES)),
        actor: Some(args.source.clone()),
        note: derived.then(|| "imported soft_bounce".to_owned()),
    };
    Ok((address, Change::Entry { scope, reason, entry }))
}

/// The beginning of a text, cut between characters.
fn cut(text: &str, bytes: usize) -> String {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
}
