//! `export`: all current suppressions.

use super::cli::ExportArgs;
use super::failure::Failure;
use super::format::{Format, Row, csv_line, mailjet_line, ses_line};
use super::header_row::COLUMNS;
use super::progress::counter;
use super::sanitize::escape_controls;
use super::show::counted;
use super::tables::Tables;
use super::{Console, Outcome};
use crate::lookup::item::{Item, map, owned, text};
use crate::store::CERTIFICATES_KEY;

/// Writes the suppressions page by page, in the order of the scan.
pub(super) async fn run(args: &ExportArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let format = args.format.unwrap_or(if console.json { Format::Ndjson } else { Format::Csv });
    if format == Format::Mailjet && console.json {
        return Err(Failure::new("mailjet takes CSV only; leave out --json"));
    }
    if format == Format::Csv && !console.json {
        writeln!(console.out, "{}", COLUMNS.join(","))?;
    }
    let now = console.now.to_string();
    let bar = counter(console, "addresses read");
    let (mut written, mut left_out, mut unreadable) = (0_u64, 0_u64, 0_u64);
    let mut start = None;
    loop {
        let call = tables.client.scan().table_name(&tables.suppression_table).consistent_read(true);
        let page = call.set_exclusive_start_key(start).send().await;
        let page = page.map_err(|error| Failure::of_call(&error, &tables.suppression_table))?;
        let is_of_an_address = |item: &Item| text(item, "address") != Some(CERTIFICATES_KEY);
        for item in page.items.unwrap_or_default().into_iter().filter(is_of_an_address) {
            bar.inc(1);
            let Some(rows) = active_rows(&item, &now) else {
                unreadable = unreadable.saturating_add(1);
                continue;
            };
            if rows.is_empty() {
                continue;
            }
            let lines = lines(&rows, format, console.json)?;
            written = written.saturating_add(u64::try_from(lines.len()).unwrap_or_default());
            left_out = left_out.saturating_add(u64::from(lines.is_empty()));
            for line in lines {
                writeln!(console.out, "{line}")?;
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    bar.finish_and_clear();
    if left_out > 0 {
        let left_out = counted(left_out, "suppressed address", "suppressed addresses");
        writeln!(console.err, "{left_out} left out: {format} cannot express the reason, scope or expiry")?;
    }
    if format == Format::Ses && written > 100_000 {
        writeln!(console.err, "{written} lines; an import job of SES takes 100000, so split them")?;
    }
    if unreadable > 0 {
        let unreadable = counted(
            unreadable,
            "item cannot be read as a suppression record; repair it",
            "items cannot be read as suppression records; repair them",
        );
        writeln!(console.err, "{unreadable}")?;
        return Ok(Outcome::Incomplete);
    }
    Ok(Outcome::Done)
}

/// The lines of one address.
fn lines(rows: &[Row], format: Format, json: bool) -> Result<Vec<String>, Failure> {
    Ok(match format {
        Format::Ndjson => rows.iter().map(to_json).collect::<Result<_, _>>()?,
        Format::Csv if json => rows.iter().map(to_json).collect::<Result<_, _>>()?,
        Format::Csv => rows.iter().map(csv_line).collect(),
        Format::Ses => ses_line(rows, json).into_iter().collect(),
        Format::Mailjet => mailjet_line(rows).into_iter().collect(),
    })
}

fn to_json(row: &Row) -> Result<String, Failure> {
    let json = serde_json::to_string(row).map_err(|error| Failure::new(error.to_string()))?;
    Ok(escape_controls(&json))
}

/// The current entries of an item, by scope and reason; `None` if it is not a suppression record.
///
/// Times as text sort like times.
fn active_rows(item: &Item, now: &str) -> Option<Vec<Row>> {
    let address = text(item, "address")?;
    let mut rows = Vec::new();
    for (scope, reasons) in map(item, "suppressions")? {
        for (reason, entry) in reasons.as_m().ok()? {
            let entry = entry.as_m().ok()?;
            if text(entry, "state")? != "suppressed" || text(entry, "until").is_some_and(|until| until <= now) {
                continue;
            }
            rows.push(Row {
                address: address.to_owned(),
                scope: scope.clone(),
                reason: reason.clone(),
                since: Some(text(entry, "first_at").or_else(|| text(entry, "at"))?.to_owned()),
                at: owned(entry, "at"),
                until: owned(entry, "until"),
                provider: owned(entry, "provider"),
                code: owned(entry, "code"),
                spelling: owned(entry, "recipient"),
            });
        }
    }
    rows.sort_by(|one, other| (&one.scope, &one.reason).cmp(&(&other.scope, &other.reason)));
    Some(rows)
}
