//! `explain`: the history behind the suppressions of an address.

use serde_json::{Value, json};

use super::cli::ExplainArgs;
use super::failure::Failure;
use super::refusal;
use super::sanitize::sanitize;
use super::show::{block_json, block_line, event_lines, folded_lines};
use super::tables::Tables;
use super::{Console, Outcome};
use crate::event::Reason;
use crate::lookup::item::{Item, to_json};
use crate::lookup::{
    EVENTS_GONE, EntryStatus, SoftBounceCount, UNKNOWN, entries, everything, time_of, unwritten_decisions,
};
use crate::store::is_manual;
use crate::suppression::{Block, Entry, Scope, SoftBounceRules, SuppressionRecord};
use crate::timestamp::Timestamp;

/// One event of the timeline.
struct TimelineEntry {
    /// Its sort key: the time as text, `-` if unknown.
    time: String,
    item: Item,
}

impl TimelineEntry {
    fn of(item: Item) -> Self {
        Self { time: time_of(&item), item }
    }

    /// For programs.
    fn json(&self) -> Value {
        let mut json = to_json(&self.item);
        if let Some(fields) = json.as_object_mut() {
            let what = if is_manual(&self.item) { "decision" } else { "event" };
            fields.insert("what".to_owned(), what.into());
        }
        json
    }
}

/// Prints the timeline, and the current state.
pub(super) async fn run(args: &ExplainArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let address = args.address.as_str();
    // Evidence is written to the record before its event: a record read last includes all that the events show.
    let mut timeline = Vec::new();
    let mut start = None;
    loop {
        let (items, next) = tables.events_of_address(address, start).await?;
        timeline.extend(items.into_iter().map(TimelineEntry::of));
        start = next;
        if start.is_none() {
            break;
        }
    }
    let record = tables.suppressions.get(&args.address).await?;
    let known = timeline.iter().map(|entry| &entry.item);
    let unwritten = unwritten_decisions(&args.address, &record, tables.retention, known);
    timeline.extend(unwritten.into_iter().map(TimelineEntry::of));
    // A stable sort: events of the same time keep the order of the table.
    timeline.sort_by(|one, other| one.time.cmp(&other.time));
    if console.json {
        writeln!(console.out, "{}", document(address, &timeline, &record, tables.rules, console.now))?;
        return Ok(Outcome::Done);
    }
    writeln!(console.out, "{address}\n")?;
    for entry in &timeline {
        writeln!(console.out, "{}", event_lines(&entry.item))?;
    }
    if timeline.is_empty() {
        let is_known = record != SuppressionRecord::default();
        writeln!(console.out, "{}", if is_known { EVENTS_GONE } else { UNKNOWN })?;
    }
    writeln!(console.out, "\nnow, {}: {}", console.now, verdict_text(&record, console.now))?;
    for (scope, reason, entry) in entries(&record) {
        writeln!(console.out, "  {}", entry_line(&record, scope, reason, entry, console.now))?;
        let block = entry.is_active(console.now).then(|| Block::of(&record, scope, reason, entry));
        if let Some(line) = block.and_then(|block| refusal::line(address, &block)) {
            writeln!(console.out, "           {line}")?;
        }
    }
    for line in folded_lines(&record) {
        writeln!(console.out, "  {line}")?;
    }
    if let Some(sentence) = SoftBounceCount::of(&record, tables.rules, console.now).sentence(tables.rules) {
        writeln!(console.out, "  counted  soft_bounce      {sentence}")?;
    }
    Ok(Outcome::Done)
}

fn verdict_text(record: &SuppressionRecord, now: Timestamp) -> &'static str {
    let verdict = everything(record, now);
    match verdict.blocks.iter().any(|block| block.scope == Scope::everything()) {
        true => "blocked for every send",
        false if verdict.is_allowed() => "not blocked",
        false => "blocked for some sends",
    }
}

fn entry_line(record: &SuppressionRecord, scope: &Scope, reason: Reason, entry: &Entry, now: Timestamp) -> String {
    let status = EntryStatus::of(entry, now);
    let head = format!("{:<8}", status.as_str());
    let named = format!("{head} {:<15}  {}", reason.as_str(), sanitize(scope.as_str()));
    match status {
        EntryStatus::Blocked => format!("{head} {}", block_line(&Block::of(record, scope, reason, entry))),
        EntryStatus::Ended => format!("{named}  at {}", entry.until.unwrap_or(entry.at)),
        EntryStatus::Lifted => {
            let by = entry.actor.as_deref().unwrap_or(&entry.provider);
            format!("{named}  at {} by {}", entry.at, sanitize(by))
        }
    }
}

fn document(
    address: &str,
    timeline: &[TimelineEntry],
    record: &SuppressionRecord,
    rules: SoftBounceRules,
    now: Timestamp,
) -> Value {
    let timeline: Vec<Value> = timeline.iter().map(TimelineEntry::json).collect();
    let entries = entries(record).map(|(scope, reason, entry)| {
        let block = Block::of(record, scope, reason, entry);
        let command = entry.is_active(now).then(|| refusal::command(address, &block)).flatten();
        let mut json = block_json(&block);
        if let Some(fields) = json.as_object_mut() {
            fields.insert("standing".to_owned(), EntryStatus::of(entry, now).as_str().into());
            fields.insert("at".to_owned(), entry.at.to_string().into());
            fields.insert("actor".to_owned(), entry.actor.as_deref().into());
            fields.insert("note".to_owned(), entry.note.as_deref().into());
            fields.insert("command".to_owned(), command.into());
        }
        json
    });
    let count = SoftBounceCount::of(record, rules, now);
    let (bounces_missing, days_missing) = count.missing(rules);
    json!({
        "address": address,
        "now": now.to_string(),
        "timeline": timeline,
        "entries": entries.collect::<Vec<_>>(),
        "folded": record.folded.iter().map(|reason| reason.as_str()).collect::<Vec<_>>(),
        "soft_bounces": {
            "counted": count.bounces, "threshold": rules.threshold, "missing": bounces_missing,
            "days": count.days, "min_days": rules.min_days, "days_missing": days_missing,
            "window_days": rules.window_days,
        },
    })
}
