//! `explain`: the history behind the suppressions of an address.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cli::ExplainArgs;
use super::failure::Failure;
use super::item::{Item, to_json};
use super::sanitize::sanitize;
use super::show::{
    EntryStatus, block_json, block_line, columns, entries, event_line, everything, folded_lines, time_of,
};
use super::tables::Tables;
use super::{Console, Outcome};
use crate::event::Reason;
use crate::suppression::{Block, Change, Entry, Scope, SoftBounceRules, SuppressionRecord};
use crate::timestamp::Timestamp;

/// One line of the timeline.
struct TimelineEntry {
    /// Its sort key: the time as text, `-` if unknown.
    time: String,
    /// For people.
    line: String,
    /// For programs.
    json: Value,
}

/// Prints the timeline, and the current state.
pub(super) async fn run(args: &ExplainArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let address = args.address.as_str();
    // Evidence is written to the record before its event: a record read last includes all that the events show.
    let mut moments = Vec::new();
    let mut start = None;
    loop {
        let (items, next) = tables.events_of_address(address, false, start).await?;
        moments.extend(items.iter().map(event));
        start = next;
        if start.is_none() {
            break;
        }
    }
    let record = tables.suppressions.get(&args.address).await?;
    moments.extend(decisions(&record));
    // A stable sort: events of the same time keep the order of the table.
    moments.sort_by(|one, other| one.time.cmp(&other.time));
    if console.json {
        writeln!(console.out, "{}", document(address, moments, &record, tables.rules, console.now))?;
        return Ok(Outcome::Done);
    }
    writeln!(console.out, "{address}\n")?;
    for moment in &moments {
        writeln!(console.out, "{}", moment.line)?;
    }
    if moments.is_empty() {
        writeln!(console.out, "no events and no decisions are known")?;
    }
    writeln!(console.out, "\nnow, {}: {}", console.now, verdict(&record, console.now))?;
    for (scope, reason, entry) in entries(&record) {
        writeln!(console.out, "  {}", standing_line(&record, scope, reason, entry, console.now))?;
    }
    for line in folded_lines(&record) {
        writeln!(console.out, "  {line}")?;
    }
    if let Some(line) = count(&record, tables.rules, console.now).line(tables.rules) {
        writeln!(console.out, "  {line}")?;
    }
    Ok(Outcome::Done)
}

fn event(item: &Item) -> TimelineEntry {
    let mut json = to_json(item);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("what".to_owned(), "event".into());
    }
    TimelineEntry { time: time_of(item), line: event_line(item), json }
}

/// The decisions of people and imports that the record still has: the latest per scope and reason.
fn decisions(record: &SuppressionRecord) -> Vec<TimelineEntry> {
    let decided = entries(record).filter(|(_, _, entry)| entry.actor.is_some());
    let mut moments: Vec<TimelineEntry> =
        decided.map(|(scope, reason, entry)| decision(scope, reason, entry)).collect();
    if let Some(lift) = record.soft_bounces.lifted() {
        let time = lift.at.to_string();
        let actor = lift.actor.as_deref().map_or_else(String::new, sanitize);
        let note = lift.note.as_deref().map_or_else(String::new, |note| format!(": {}", sanitize(note)));
        let head = columns(&time, "manual", "decision", "", "");
        let effect = Change::LiftSoftBounces(lift.clone());
        let line = format!("{head}  {:<8}  -> {effect}\n{:26}by {actor}{note}", "", "");
        let json = json!({"what": "decision", "at": time, "state": "lifted", "reason": "soft_bounce", "scope": "*",
            "actor": lift.actor, "note": lift.note});
        moments.push(TimelineEntry { time, line, json });
    }
    moments
}

fn decision(scope: &Scope, reason: Reason, entry: &Entry) -> TimelineEntry {
    let time = entry.at.to_string();
    let actor = entry.actor.as_deref().unwrap_or_default();
    let effect = Change::Entry { scope: scope.clone(), reason, entry: entry.clone() }.to_string();
    let head = columns(&time, &sanitize(&entry.provider), "decision", "", "");
    let note = entry.note.as_deref().map_or_else(String::new, |note| format!(": {}", sanitize(note)));
    let line = format!("{head}  {:<8}  -> {}\n{:26}by {}{note}", "", sanitize(&effect), "", sanitize(actor));
    let json = json!({"what": "decision", "at": time, "state": entry.state.as_str(), "reason": reason.as_str(),
        "scope": scope.as_str(), "until": entry.until.map(|until| until.to_string()), "provider": entry.provider,
        "actor": actor, "note": entry.note});
    TimelineEntry { time, line, json }
}

fn verdict(record: &SuppressionRecord, now: Timestamp) -> &'static str {
    let standing = everything(record, now);
    match standing.blocks.iter().any(|block| block.scope == Scope::everything()) {
        true => "blocked for every send",
        false if standing.is_allowed() => "not blocked",
        false => "blocked for some sends",
    }
}

fn standing_line(record: &SuppressionRecord, scope: &Scope, reason: Reason, entry: &Entry, now: Timestamp) -> String {
    let standing = EntryStatus::of(entry, now);
    let head = format!("{:<8}", standing.as_str());
    let named = format!("{head} {:<15}  {}", reason.as_str(), sanitize(scope.as_str()));
    match standing {
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
        let rest = match self.missing(rules) {
            (0, 0) => "the threshold is reached".to_owned(),
            (0, days) => format!("bounces on {days} more days would suppress"),
            (bounces, 0) => format!("{bounces} more would suppress"),
            (bounces, days) => format!("{bounces} more would suppress, on {days} more days"),
        };
        let Self { bounces, days } = self;
        Some(format!(
            "counted  soft_bounce      {bounces} of {threshold} within {window_days} days, on {days} of {min_days} days; {rest}"
        ))
    }
}

fn document(
    address: &str,
    moments: Vec<TimelineEntry>,
    record: &SuppressionRecord,
    rules: SoftBounceRules,
    now: Timestamp,
) -> Value {
    let timeline: Vec<Value> = moments.into_iter().map(|moment| moment.json).collect();
    let standing = entries(record).map(|(scope, reason, entry)| {
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
        "entries": standing.collect::<Vec<_>>(),
        "folded": record.folded.iter().map(|reason| reason.as_str()).collect::<Vec<_>>(),
        "soft_bounces": {
            "counted": count.bounces, "threshold": rules.threshold, "missing": bounces_missing,
            "days": count.days, "min_days": rules.min_days, "days_missing": days_missing,
            "window_days": rules.window_days,
        },
    })
}
