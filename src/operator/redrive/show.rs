//! Formats what was found, for people and for programs.

use serde_json::{Value, json};

use super::super::Console;
use super::super::failure::Failure;
use super::super::sanitize::sanitize;
use super::super::show::counted;
use super::depth::Depth;
use super::diagnosis::Diagnosis;
use super::group::{Group, grouped};
use super::listing::QueueListing;
use super::queue::Limits;
use super::report_summary::ReportSummary;

/// Writes a queue in the form that the console asks for.
pub fn write_queue(shown: &QueueListing, console: &mut Console<'_>, personal: bool) -> Result<(), Failure> {
    if console.json {
        writeln!(console.out, "{}", queue_json(shown, personal))?;
    } else {
        write!(console.out, "{}", queue_text(shown, personal))?;
    }
    Ok(())
}

/// The queue, its groups by reason and their messages, as lines.
#[must_use]
pub fn queue_text(shown: &QueueListing, personal: bool) -> String {
    let QueueListing { kind, depth, limits, found, passed_over } = shown;
    let mut text = format!("{}: {}\n", kind.as_str(), amount(*depth));
    for group in grouped(found) {
        group_text(&mut text, &group, *limits, personal);
    }
    let seen = u64::try_from(found.len().saturating_add(*passed_over)).unwrap_or(u64::MAX);
    if seen < depth.total() {
        line(&mut text, "  ", &format!("{} more were not looked at", depth.total().saturating_sub(seen)));
    }
    text
}

fn amount(depth: Depth) -> String {
    match (depth.total(), depth.hidden) {
        (0, _) => "empty".to_owned(),
        (total, 0) => counted(total, "message", "messages"),
        (total, hidden) => {
            let messages = counted(total, "message", "messages");
            format!("{messages}, {hidden} of them received a short while ago and hidden for now")
        }
    }
}

fn group_text(text: &mut String, group: &Group<'_>, limits: Limits, personal: bool) {
    let Some(first) = group.first() else { return };
    let retry = if first.retry() { "yes" } else { "no" };
    line(text, "  ", &format!("{} x {}", group.messages.len(), first.payload.as_str()));
    line(text, "    why    ", &first.reason.to_string());
    line(text, "    now    ", &first.now.words());
    line(text, "    retry  ", retry);
    line(text, "    do     ", &first.advice());
    if let Some(expires) = group.expires_at() {
        line(text, "    until  ", &format!("{expires}; then the first of them is lost"));
    }
    if let Some(warning) = parking(group, limits) {
        line(text, "    mind   ", &warning);
    }
    for message in &group.messages {
        message_text(text, message, personal);
    }
}

/// Warns about messages that looking has brought closer to being parked.
fn parking(group: &Group<'_>, limits: Limits) -> Option<String> {
    let (left, limit) = (group.receives_left()?, limits.receives?);
    Some(match left {
        0 => format!("received {limit} times; the next look or attempt parks it"),
        1 => format!("one receive of {limit} is left before it is parked; a look is one, an attempt is one"),
        _ => {
            format!("{left} receives of {limit} are left before the first is parked; a look is one, an attempt is one")
        }
    })
}

fn message_text(text: &mut String, diagnosis: &Diagnosis, personal: bool) {
    let message = &diagnosis.message;
    let sent = message.sent_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let request = diagnosis.request_id().map_or_else(String::new, |id| format!("  request {}", sanitize(id)));
    let parked = message.parked_from.as_deref().and_then(|arn| arn.rsplit(':').next());
    let parked = parked.map_or_else(String::new, |queue| format!("  parked from {}", sanitize(queue)));
    let id = sanitize(&message.id);
    line(text, "      ", &format!("{id}  since {sent}  received {}{parked}{request}", message.received));
    for report in &diagnosis.reports {
        line(text, "        ", &report_text(report, personal));
    }
}

fn report_text(report: &ReportSummary, personal: bool) -> String {
    let event = if report.event.is_empty() { "no report of SES" } else { &report.event };
    let mut words = vec![sanitize(event), format!("recipients {}", report.recipients)];
    for (name, value) in [("mail", &report.ses_message_id), ("carried by", &report.carrier_id)] {
        words.extend(value.iter().map(|value| format!("{name} {}", sanitize(value))));
    }
    if personal {
        words.extend(report.addresses.iter().map(|address| sanitize(address)));
    }
    words.join(", ")
}

fn line(text: &mut String, margin: &str, words: &str) {
    for part in [margin, words, "\n"] {
        text.push_str(part);
    }
}

/// The same for programs.
#[must_use]
pub fn queue_json(shown: &QueueListing, personal: bool) -> Value {
    let QueueListing { kind, depth, limits, found, .. } = shown;
    let groups: Vec<Value> = grouped(found).iter().map(|group| group_json(group, personal)).collect();
    json!({
        "queue": kind.as_str(),
        "messages": depth.total(),
        "hidden": depth.hidden,
        "max_receives": limits.receives,
        "groups": groups,
    })
}

fn group_json(group: &Group<'_>, personal: bool) -> Value {
    let messages: Vec<Value> = group.messages.iter().map(|message| message_json(message, personal)).collect();
    let first = group.first();
    json!({
        "count": group.messages.len(),
        "form": first.map(|first| first.payload.as_str()),
        "why": first.map(|first| first.reason.to_string()),
        "now": first.map(|first| first.now.words()),
        "retry": first.map(Diagnosis::retry),
        "advice": first.map(Diagnosis::advice),
        "expires_at": group.expires_at().map(|at| at.to_string()),
        "receives_left": group.receives_left(),
        "messages": messages,
    })
}

fn message_json(diagnosis: &Diagnosis, personal: bool) -> Value {
    let message = &diagnosis.message;
    let reports: Vec<Value> = diagnosis
        .reports
        .iter()
        .map(|report| {
            json!({
                "event": report.event,
                "recipients": report.recipients,
                "addresses": personal.then_some(&report.addresses),
                "ses_message_id": report.ses_message_id,
                "carrier_id": report.carrier_id,
                "from": report.from,
                "published_at": report.published_at,
            })
        })
        .collect();
    json!({
        "id": message.id,
        "sent_at": message.sent_at.map(|at| at.to_string()),
        "received": message.received,
        "receives_left": diagnosis.receives_left,
        "expires_at": diagnosis.expires_at.map(|at| at.to_string()),
        "parked_from": message.parked_from,
        "request_id": diagnosis.request_id(),
        "reports": reports,
        "body": personal.then_some(&message.body),
    })
}
