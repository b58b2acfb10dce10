//! The page about an address.

use aws_sdk_dynamodb::types::AttributeValue;
use maud::{Markup, html};

use super::ask::{AddressQuestion, PageName};
use super::error::ViewError;
use super::escape::shown;
use super::events_table::{Column, events_table};
use super::frame::{Page, alert, field};
use super::home::{Submit, View};
use super::responder::Responder;
use super::suppressed_times::suppressed_times;
use super::timeline::timeline;
use super::verdict::{VerdictInput, verdict};
use crate::address::Address;
use crate::lookup::item::{Item, text};
use crate::lookup::{EVENTS_GONE, Order, SoftBounceCount, UNKNOWN, is_event_key, time_of, unwritten_decisions};
use crate::suppression::SuppressionRecord;
use crate::timestamp::Timestamp;

/// How many events a page shows.
const EVENTS: i32 = 200;

/// What is known about an address.
pub(super) struct Known {
    /// The address.
    pub(super) address: Address,
    /// Its record.
    pub(super) record: SuppressionRecord,
    /// Its events, the newest first.
    pub(super) events: Vec<Item>,
    /// The sort key before which older events are.
    pub(super) older: Option<String>,
}

/// Answers a question about an address.
pub(super) async fn answer(
    responder: &Responder,
    question: &AddressQuestion,
    view: &View,
    now: Timestamp,
) -> Result<Page, ViewError> {
    let Some(typed) = &question.address else {
        let content = html! {
            h1 { "Why did it not arrive?" }
            (form(question, view))
            p.mf-empty { "Enter an address. The other fields name the send that you ask about; empty ones mean any." }
        };
        return Ok(Page::answer(PageName::Address, content));
    };
    let Some(address) = Address::parse(typed) else {
        let content = html! {
            h1 { "Address" }
            (alert("Not an e-mail address", &html! { (shown(typed)) " can have no record; do not send to it." }))
            (form(question, view))
        };
        return Ok(Page::correct(PageName::Address, content));
    };
    if question.before.as_deref().is_some_and(|before| !is_event_key(before)) {
        let content = html! {
            h1 { (shown(address.as_str())) }
            (alert("Not a page of its events", &html! { "The link is damaged. Look the address up again." }))
            (form(question, view))
        };
        return Ok(Page::correct(PageName::Address, content));
    }
    let known = read(responder, address, question.before.as_deref()).await?;
    Ok(Page::answer(PageName::Address, content(responder, &known, question, view, now, &html! {})))
}

/// Reads the newest events of an address before a sort key, then its record.
pub(super) async fn read(responder: &Responder, address: Address, before: Option<&str>) -> Result<Known, ViewError> {
    let start = before.map(|before| {
        let texts = [("address", address.as_str()), ("event", before)];
        texts.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))).collect()
    });
    // Evidence is written to the record before its event: a record read last includes all that the events show.
    let (mut events, next) =
        responder.events.of_address(address.as_str(), start, Order::NewestFirst, Some(EVENTS)).await?;
    let record = responder.recorder.suppressions().get(&address).await?;
    let older = next.as_ref().and_then(|key| text(key, "event")).map(str::to_owned);
    let unwritten = unwritten_decisions(&address, &record, responder.retention, events.iter());
    let is_here = |item: &Item| {
        let key = text(item, "event").unwrap_or_default();
        before.is_none_or(|before| key < before) && older.as_ref().is_none_or(|older| key >= older.as_str())
    };
    events.extend(unwritten.into_iter().filter(is_here));
    events.sort_by_cached_key(|item| std::cmp::Reverse(time_of(item)));
    Ok(Known { address, record, events, older })
}

/// The content of the page, below a note on what was just done.
pub(super) fn content(
    responder: &Responder,
    known: &Known,
    question: &AddressQuestion,
    view: &View,
    now: Timestamp,
    done: &Markup,
) -> Markup {
    let Known { address, record, events, older } = known;
    let is_known = *record != SuppressionRecord::default();
    let context = &question.context;
    let input = VerdictInput { address, record, now, may_decide: responder.may_decide };
    let times = suppressed_times(record, events, now);
    html! {
        h1 { (shown(address.as_str())) }
        (done)
        (verdict_or_error(&input, context, view))
        @if let Some(sentence) = SoftBounceCount::of(record, responder.rules, now).sentence(responder.rules) {
            p { strong { "Soft bounces: " } (sentence) "." }
        }
        @if let Some(picture) = timeline(events, &times, record, responder.rules, &view.reader, now) {
            h2 { "Timeline" }
            (picture)
        }
        h2 { "Events" }
        @if events.is_empty() {
            (nothing(is_known))
        } @else {
            (events_table(events, Column::None, view))
        }
        @if let Some(older) = older {
            p {
                @let fields = question.fields().into_iter().chain([("before", older.as_str())]).collect::<Vec<_>>();
                (view.link(&html! { "Older events" }, PageName::Address, &fields))
            }
        }
        @if question.before.is_some() {
            p { (view.link(&html! { "Newest events" }, PageName::Address, &question.fields())) }
        }
        @if view.is_browser() {
            p { (view.link(&html! { "New events of this address, as they come in" }, PageName::Live, &[("address", address.as_str())])) }
        }
        h2 { "Ask again" }
        (form(question, view))
    }
}

fn verdict_or_error(input: &VerdictInput<'_>, context: &crate::suppression::Context, view: &View) -> Markup {
    match context.scopes() {
        Ok(asked) => verdict(input, &asked, view),
        Err(error) => alert("The send cannot be as you say", &html! { (error) "." }),
    }
}

/// Why there are no events.
fn nothing(is_known: bool) -> Markup {
    if is_known {
        return html! { p.mf-empty { "No events: " (EVENTS_GONE) "." } };
    }
    let mut lines = UNKNOWN.lines().map(str::trim);
    html! {
        p.mf-empty { (lines.next().unwrap_or_default()) ":" }
        ul { @for line in lines { li { (line) } } }
    }
}

pub(super) fn form(question: &AddressQuestion, view: &View) -> Markup {
    let context = &question.context;
    let fields = html! {
        (field("Address", "address", question.address.as_deref(), ""))
        div.mf-fields {
            (field("Provider", "provider", context.provider.as_deref(), "ses, tencent, mailjet"))
            (field("Sender domain", "domain", context.sender_domain.as_deref(), "example.com"))
            (field("List", "list", context.lists.first().map(String::as_str), "News, or list:own:weekly"))
            (field("Stream", "stream", context.stream.as_deref(), "marketing"))
            (field("Tenant", "tenant", context.tenant.as_deref(), "Acme"))
        }
    };
    let typed = ["address", "provider", "domain", "list", "stream", "tenant"];
    view.form(PageName::Address, &[], &fields, &Submit::ask("Look up", &typed))
}
