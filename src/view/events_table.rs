//! Events as a table, with every code and diagnostic text.

use aws_sdk_dynamodb::types::AttributeValue;
use maud::{Markup, html};

use super::ask::PageName;
use super::escape::shown;
use super::home::View;
use crate::lookup::item::{Item, text};
use crate::lookup::{OF_THE_MESSAGE, time_of};
use crate::store::is_manual;
use crate::suppression::ManualKind;

/// What else a report says, each with the word before it.
const MORE: [(&str, &str); 6] = [
    ("written as", "recipient"),
    ("received by", "recipient_isp"),
    ("link", "url"),
    ("user agent", "user_agent"),
    ("bot", "bot"),
    ("report", "raw"),
];

/// A column before the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// None: all events are of one address.
    None,
    /// The address.
    Recipient,
}

/// Event records as a table, in the given order.
pub(super) fn events_table(events: &[Item], first: Column, view: &View) -> Markup {
    html! {
        table.mf-table.mf-events {
            thead { tr {
                @if first == Column::Recipient { th scope="col" { "Recipient" } }
                th scope="col" { "Time" } th scope="col" { "From" } th scope="col" { "Event" } th scope="col" { "Code" } th scope="col" { "Effect" } th scope="col" { "Details" }
            } }
            tbody { @for item in events { (row(item, first, view)) } }
        }
    }
}

/// One event as a row.
pub(super) fn row(item: &Item, first: Column, view: &View) -> Markup {
    let field = |name| text(item, name).map(shown);
    html! {
        tr {
            @if first == Column::Recipient { td { span.mf-th { "Recipient" } (recipient(item, view)) } }
            td { span.mf-th { "Time" } (view.reader.time_of(text(item, "occurred_at").unwrap_or(&time_of(item)))) }
            td { span.mf-th { "From" } (field("provider").unwrap_or_default()) }
            td { span.mf-th { "Event" }
                strong { (field("kind").unwrap_or_default()) }
                @for name in ["permanence", "cause"] { @if let Some(text) = field(name) { br; (text) } }
            }
            td { span.mf-th { "Code" } @if let Some(code) = field("code") { (code) } @else { "–" } }
            td { span.mf-th { "Effect" } @if let Some(effect) = field("effect") { (effect) } @else { "–" } }
            td { span.mf-th { "Details" } (details(item, view)) }
        }
    }
}

/// The address of an event, as a link to its page if it is one.
fn recipient(item: &Item, view: &View) -> Markup {
    let address = text(item, "address").unwrap_or_default();
    match crate::address::Address::parse(address) {
        Some(known) => view.link(&shown(address), PageName::Address, &[("address", known.as_str())]),
        None => shown(address),
    }
}

fn details(item: &Item, view: &View) -> Markup {
    let part = |text: &str| view.reader.part(text);
    let known = |names: &'static [(&'static str, &'static str)]| {
        names.iter().filter_map(|(word, name)| Some((*word, text(item, name)?)))
    };
    html! {
        @if let Some(detail) = text(item, "detail") { p { (part(detail)) } }
        @if let Some(actor) = text(item, "actor") { p { (decision(item, actor, view)) } }
        @for (word, text) in known(&OF_THE_MESSAGE).chain(known(&MORE)) {
            p.mf-fact { (word) " " (part(text)) }
        }
        @if let Some(AttributeValue::M(tags)) = item.get("tags") {
            @for (name, value) in tags { p.mf-fact { "tag " (shown(name)) " " (part(value.as_s().map_or("", String::as_str))) } }
        }
    }
}

/// Who decided, when, until when, and why.
fn decision(item: &Item, actor: &str, view: &View) -> Markup {
    html! {
        "by " (shown(actor))
        @if let Some(at) = text(item, "decided_at") { ", on " (view.reader.time_of(at)) }
        @if let Some(until) = text(item, "until") { ", until " (view.reader.time_of(until)) }
        @if let Some(note) = text(item, "note") { ": " (shown(note)) }
        @if is_manual(item) && text(item, "kind") == Some(ManualKind::Forgotten.as_str()) {
            ": erased earlier reports and personal texts"
        }
    }
}
