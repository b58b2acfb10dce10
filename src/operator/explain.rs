//! `explain`: the history behind the suppressions of an address.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cli::ExplainArgs;
use super::failure::Failure;
use super::item::{Item, text, to_json};
use super::sanitize::sanitize;
use super::show::{
    EntryStatus, block_json, block_line, counted, entries, event_lines, everything, folded_lines, time_of,
};
use super::tables::Tables;
use super::{Console, Outcome};
use crate::address::Address;
use crate::event::Reason;
use crate::store::{Retention, is_manual, to_manual_item};
use crate::suppression::{Block, Change, Entry, ManualEvent, Scope, SoftBounceRules, SuppressionRecord};
use crate::timestamp::Timestamp;

/// Why nothing may be known about an address.
const UNKNOWN: &str = "\
no events and no decisions are known. Either
  nothing was sent to it, or
  it was sent without the SES configuration set, so SES reported nothing, or
  its events have expired (EVENT_, DELIVERY_ and ENGAGEMENT_RETENTION_DAYS) or were erased (forget), or
  it was sent to another spelling: case does not matter, but dots and anything after a + do";

/// Why there is a suppression record, but no event.
const EVENTS_GONE: &str = "its events were erased (forget) or have expired (EVENT_RETENTION_DAYS)";

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
    let unwritten = decisions(&args.address, &record, tables.retention, &timeline);
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
    }
    for line in folded_lines(&record) {
        writeln!(console.out, "  {line}")?;
    }
    if let Some(line) = count(&record, tables.rules, console.now).line(tables.rules) {
        writeln!(console.out, "  {line}")?;
    }
    Ok(Outcome::Done)
}

/// The decisions that the record has and the event table does not: made by a version that wrote no events for them, or
/// older than the retention of events.
fn decisions(
    address: &Address,
    record: &SuppressionRecord,
    retention: Retention,
    timeline: &[TimelineEntry],
) -> Vec<Item> {
    let decided = entries(record).filter(|(_, _, entry)| entry.actor.is_some());
    let entries =
        decided.map(|(scope, reason, entry)| Change::Entry { scope: scope.clone(), reason, entry: entry.clone() });
    let lift = record.soft_bounces.lifted().cloned().map(Change::LiftSoftBounces);
    let known: BTreeSet<_> = timeline.iter().filter_map(|entry| text(&entry.item, "event")).collect();
    let events = entries.chain(lift).filter_map(|change| ManualEvent::of(address, &change, None));
    let items = events.map(|event| to_manual_item(address, &event, retention));
    items.filter(|item| text(item, "event").is_none_or(|key| !known.contains(key))).collect()
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

/// The soft bounces of the window that ends now.
struct Count {
    bounces: usize,
    days: usize,
}

fn count(record: &SuppressionRecord, rules: SoftBounceRules, now: Timestamp) -> Count {
    let start = now.minus_days(rules.window_days);
    let window: Vec<_> = record.soft_bounces.bounces().iter().filter(|bounce| bounce.at >= start).collect();
    let days: BTreeSet<i64> = window.iter().map(|bounce| bounce.at.day()).collect();
    Count { bounces: window.len(), days: days.len() }
}

impl Count {
    /// How many bounces and days are missing to reach the threshold.
    fn missing(&self, rules: SoftBounceRules) -> (usize, usize) {
        let missing = |demand: u32, had: usize| usize::try_from(demand).unwrap_or(usize::MAX).saturating_sub(had);
        (missing(rules.threshold, self.bounces), missing(rules.min_days, self.days))
    }

    /// The count in words; `None` if nothing is counted.
    fn line(&self, rules: SoftBounceRules) -> Option<String> {
        if rules.threshold == 0 || self.bounces == 0 {
            return None;
        }
        let SoftBounceRules { threshold, window_days, min_days, .. } = rules;
        let more_days = |days: usize| counted(u64::try_from(days).unwrap_or(u64::MAX), "more day", "more days");
        let rest = match self.missing(rules) {
            (0, 0) => "the threshold is reached".to_owned(),
            (0, days) => format!("bounces on {} would suppress", more_days(days)),
            (bounces, 0) => format!("{bounces} more would suppress"),
            (bounces, days) => format!("{bounces} more would suppress, on {}", more_days(days)),
        };
        let Self { bounces, days } = self;
        Some(format!(
            "counted  soft_bounce      {bounces} of {threshold} within {window_days} days, on {days} of {min_days} days; {rest}"
        ))
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
        let mut json = block_json(&Block::of(record, scope, reason, entry));
        if let Some(fields) = json.as_object_mut() {
            fields.insert("standing".to_owned(), EntryStatus::of(entry, now).as_str().into());
            fields.insert("at".to_owned(), entry.at.to_string().into());
            fields.insert("actor".to_owned(), entry.actor.as_deref().into());
            fields.insert("note".to_owned(), entry.note.as_deref().into());
        }
        json
    });
    let count = count(record, rules, now);
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
