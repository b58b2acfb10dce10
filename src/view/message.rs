//! The page about a message: what happened to it, for every recipient.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use maud::{Markup, html};

use super::ask::{MessageQuestion, PageName};
use super::error::ViewError;
use super::escape::shown;
use super::events_table::{Column, events_table};
use super::frame::{Page, alert, field};
use super::home::{Submit, View};
use super::responder::Responder;
use crate::event::Provider;
use crate::lookup::is_event_key;
use crate::lookup::item::{Item, text};

/// How many events a page shows.
const EVENTS: i32 = 200;
/// The most bytes of a partition key, which DynamoDB accepts.
const KEY_BYTES: usize = 2_048;

/// Answers a question about a message.
pub(super) async fn answer(responder: &Responder, question: &MessageQuestion, view: &View) -> Result<Page, ViewError> {
    let Some(id) = &question.id else {
        let content = html! {
            h1 { "What happened to this message?" }
            (form(question, view))
            p.mf-empty { "Enter the id that the provider gave the message: " code { "MessageId" } " in the answer of SES, "
                code { "MessageID" } " of Mailjet, " code { "MessageId" } " of Tencent." }
        };
        return Ok(Page::answer(PageName::Message, content));
    };
    let provider = question.provider.as_deref().unwrap_or(Provider::Ses.as_str());
    if Provider::from_label(provider).is_none_or(|provider| !provider.sends_mail()) {
        let content = html! {
            h1 { "Message" }
            (alert("Not a provider", &html! { "Give ses, tencent or mailjet." }))
            (form(question, view))
        };
        return Ok(Page::correct(PageName::Message, content));
    }
    let message = format!("{provider}:{id}");
    let damaged =
        question.after.as_ref().is_some_and(|(address, event)| address.len() > KEY_BYTES || !is_event_key(event));
    if damaged || message.len() > KEY_BYTES {
        let why = if damaged {
            "The link is damaged. Look the message up again."
        } else {
            "It is longer than the id of any provider."
        };
        let content = html! {
            h1 { "Message" }
            (alert(if damaged { "Not a page of its events" } else { "Not a message id" }, &html! { (why) }))
            (form(question, view))
        };
        return Ok(Page::correct(PageName::Message, content));
    }
    let (indexed, next) = responder.events.of_message(&message, start(question, &message), Some(EVENTS)).await?;
    let mut events = responder.events.whole(indexed).await?;
    // Each recipient's events together, in order of time.
    events.sort_by(|one, other| text(one, "address").cmp(&text(other, "address")));
    Ok(Page::answer(PageName::Message, content(question, provider, id, &events, next.as_ref(), view)))
}

fn start(question: &MessageQuestion, message: &str) -> Option<Item> {
    let (address, event) = question.after.as_ref()?;
    let texts = [("address", address.as_str()), ("event", event.as_str()), ("message", message)];
    Some(texts.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))).collect())
}

fn content(
    question: &MessageQuestion,
    provider: &str,
    id: &str,
    events: &[Item],
    next: Option<&Item>,
    view: &View,
) -> Markup {
    let mut latest: BTreeMap<&str, &str> = BTreeMap::new();
    for item in events {
        latest.insert(text(item, "address").unwrap_or_default(), text(item, "kind").unwrap_or_default());
    }
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    for kind in latest.values() {
        let count = outcomes.entry(*kind).or_default();
        *count = count.saturating_add(1);
    }
    html! {
        h1 { (provider) " " (shown(id)) }
        @if events.is_empty() && question.after.is_none() {
            p.mf-empty { "Nothing is known about this message. Check the id and the provider. The events may have expired (EVENT_RETENTION_DAYS)." }
        } @else {
            p { strong { (view.reader.number(count(latest.len()))) @if latest.len() == 1 { " recipient" } @else { " recipients" } }
                @if next.is_some() || question.after.is_some() { " on this page" }
                ". Latest event: "
                @for (at, (kind, number)) in outcomes.iter().enumerate() {
                    @if at > 0 { ", " } (shown(kind)) " " (view.reader.number(*number))
                } "."
            }
            (events_table(events, Column::Recipient, view))
        }
        @if let Some((address, event)) = next.and_then(|key| Some((text(key, "address")?, text(key, "event")?))) {
            p { (view.link(&html! { "Later events" }, PageName::Message,
                &[("provider", provider), ("id", id), ("after_address", address), ("after_event", event)])) }
        }
        h2 { "Ask again" }
        (form(question, view))
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

pub(super) fn form(question: &MessageQuestion, view: &View) -> Markup {
    let content = html! {
        (field("Message id", "id", question.id.as_deref(), ""))
        (field("Provider", "provider", Some(question.provider.as_deref().unwrap_or(Provider::Ses.as_str())), "ses, tencent or mailjet"))
    };
    view.form(PageName::Message, &[], &content, &Submit::ask("Look up", &["id", "provider"]))
}
