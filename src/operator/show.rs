//! Formats verdicts, entries and event records, for people and for programs.

use serde::Serialize;
use serde_json::{Value, json};

use super::sanitize::sanitize;
use crate::api::BlockedBy;
use crate::lookup::item::{Item, text};
use crate::lookup::{OF_THE_MESSAGE, time_of};
use crate::suppression::{Block, MAX_SCOPES, ManualKind, Scope, SuppressionRecord};

/// How many suppressions in other scopes a line names; JSON has all of them.
const SHOWN_ELSEWHERE: usize = 10;

/// The reasons reported for too many scopes, one line each.
pub(super) fn folded_lines(record: &SuppressionRecord) -> impl Iterator<Item = String> {
    record.folded.iter().map(|reason| {
        format!(
            "folded   {:<15}  *  was reported for more than {MAX_SCOPES} scopes: each report applies to every send, and only a \
             lift for * ends it",
            reason.as_str()
        )
    })
}

/// Scopes as a phrase: `*, provider:ses and domain:example.com`.
pub(super) fn scopes_phrase(scopes: &[Scope]) -> String {
    let names: Vec<String> = scopes.iter().map(|scope| sanitize(scope.as_str())).collect();
    match names.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        names => names.concat(),
    }
}

/// What is suppressed in scopes that were not asked about, as the rest of a sentence.
pub(super) fn elsewhere_phrase(elsewhere: &[Block]) -> String {
    if elsewhere.is_empty() {
        return String::new();
    }
    let named = elsewhere.iter().take(SHOWN_ELSEWHERE);
    let named = named.map(|block| format!("{} for {}", block.reason, sanitize(block.scope.as_str())));
    let named = named.collect::<Vec<_>>().join(", ");
    match elsewhere.len().saturating_sub(SHOWN_ELSEWHERE) {
        0 => format!("; elsewhere: {named}"),
        more => format!("; elsewhere: {named} and {more} more"),
    }
}

/// One reason not to send, as a line.
pub(super) fn block_line(block: &Block) -> String {
    let until = block.until.map_or_else(|| "without end".to_owned(), |until| format!("until {until}"));
    let code = block.code.as_deref().map_or_else(String::new, |code| format!(" ({})", sanitize(code)));
    format!(
        "{:<15}  {}  since {} {until}, from {}{code}; ended by {}",
        block.reason.as_str(),
        sanitize(block.scope.as_str()),
        block.since,
        sanitize(&block.provider),
        block.lifted_by(),
    )
}

/// The same as [`block_line`], for programs.
pub(super) fn block_json(block: &Block) -> Value {
    with_fields(&BlockedBy::from(block), [("folded", block.folded.into())])
}

/// An object as JSON, with more fields.
pub(super) fn with_fields<const N: usize>(object: &impl Serialize, more: [(&str, Value); N]) -> Value {
    let mut json = json!(object);
    if let Some(fields) = json.as_object_mut() {
        fields.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    json
}

/// An event record as lines: what happened; below it the diagnostic text, the message, and the person who decided.
pub(super) fn event_lines(item: &Item) -> String {
    let field = |name| text(item, name).map(sanitize).unwrap_or_default();
    let time = text(item, "occurred_at").map_or_else(|| time_of(item), sanitize);
    let effect = text(item, "effect").map_or_else(String::new, |effect| format!("-> {}", sanitize(effect)));
    let head = columns(&time, &field("provider"), &field("kind"), &field("permanence"), &field("cause"));
    let head = format!("{head}  {:<8}  {effect}", field("code"));
    let below = [text(item, "detail").map(sanitize), message_line(item), actor_line(item)].into_iter().flatten();
    below.fold(head.trim_end().to_owned(), |lines, line| format!("{lines}\n{:26}{line}", ""))
}

/// What an erasure did; it has no note of its own.
const FORGOTTEN: &str = ": erased earlier reports and personal texts";

fn message_line(item: &Item) -> Option<String> {
    let known = OF_THE_MESSAGE.iter().filter_map(|(word, name)| Some((word, text(item, name)?)));
    let parts: Vec<String> = known.map(|(word, text)| format!("{word} {}", sanitize(text))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn actor_line(item: &Item) -> Option<String> {
    let actor = text(item, "actor")?;
    let part =
        |word: &str, name: &str| text(item, name).map(|text| format!("{word}{}", sanitize(text))).unwrap_or_default();
    let [at, until, note] =
        [(" on ", "decided_at"), (", until ", "until"), (": ", "note")].map(|(word, name)| part(word, name));
    let erased = if text(item, "kind") == Some(ManualKind::Forgotten.as_str()) { FORGOTTEN } else { "" };
    Some(format!("by {}{at}{until}{note}{erased}", sanitize(actor)))
}

/// A number with its noun.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The first columns of a timeline.
pub(super) fn columns(time: &str, provider: &str, kind: &str, permanence: &str, cause: &str) -> String {
    format!("{time:<24}  {provider:<8}  {kind:<13}  {permanence:<12}  {cause:<16}")
}
