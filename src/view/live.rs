//! New events as they come in, in a browser.
//!
//! The page is one answer that does not end: each event is a row that the browser adds when it arrives. So nothing is
//! loaded again while somebody reads or types, and there is no script.

use maud::html;

use super::ask::PageName;
use super::escape::shown;
use super::events_table::{Column, row};
use super::frame::{close, open};
use super::home::View;
use crate::store::Item;
use crate::timestamp::Timestamp;

/// The page up to the first row.
#[must_use]
pub fn live_start(address: Option<&str>, view: &View) -> String {
    let content = html! {
        h1 { "New events" @if let Some(address) = address { " of " (shown(address)) } }
        p.mf-empty { "Waiting. Each new event appears below when it is recorded; the newest is the last." }
    };
    let table = "<table class=\"mf-table mf-events\"><thead><tr><th scope=\"col\">Recipient</th><th scope=\"col\">Time</th>\
                 <th scope=\"col\">From</th><th scope=\"col\">Event</th><th scope=\"col\">Code</th><th scope=\"col\">Effect\
                 </th><th scope=\"col\">Details</th></tr></thead><tbody>";
    format!("{}{}{table}", open(PageName::Live, view), content.0)
}

/// One event.
#[must_use]
pub fn live_row(item: &Item, view: &View) -> String {
    row(item, Column::Recipient, view).into_string()
}

/// What stands for events that came faster than they could be shown.
#[must_use]
pub fn live_gap(missed: u64, view: &View) -> String {
    html! { tr { td colspan="7" { strong { "Here " (view.reader.number(missed)) " events are missing, of any address." } " They came faster than this page could show them; the pages of their addresses have them." } } }.into_string()
}

/// The end of the page, if the server ends it.
#[must_use]
pub fn live_end(view: &View, now: Timestamp) -> String {
    let note = html! { p { "No more events are shown here. Load the page again to go on." } };
    format!("</tbody></table>{}{}", note.0, close(view, now))
}
