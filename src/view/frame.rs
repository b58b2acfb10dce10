//! What is around the content of every page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::ask::PageName;
use super::escape::{shown, visible};
use super::home::{Home, View};
use crate::timestamp::Timestamp;

/// The one stylesheet, for both homes.
pub const STYLE: &str = include_str!("style.css");

/// A page without what is around it.
#[derive(Debug)]
pub struct Page {
    /// Which one.
    pub name: PageName,
    /// Its content.
    pub content: Markup,
    /// The HTTP status in a browser.
    pub status: u16,
}

impl Page {
    /// A page that answers.
    pub(super) const fn answer(name: PageName, content: Markup) -> Self {
        Self { name, content, status: 200 }
    }

    /// A page that asks to correct something.
    pub(super) const fn correct(name: PageName, content: Markup) -> Self {
        Self { name, content, status: 400 }
    }

    /// A page that says why a request is refused.
    #[must_use]
    pub fn refused(status: u16, why: &str) -> Self {
        let content = html! {
            h1 { "Refused" }
            (alert("Nothing was changed", &html! { (why) }))
        };
        Self { name: PageName::Address, content, status }
    }

    /// The whole HTML, for a home.
    #[must_use]
    pub fn html(&self, view: &View, now: Timestamp) -> String {
        match &view.home {
            Home::Browser { .. } => {
                let mut html = open(self.name, view);
                html.push_str(&self.content.0);
                html.push_str(&close(view, now));
                html
            }
            Home::Widget { dark, .. } => html! {
                style { (PreEscaped(STYLE)) }
                div class=(if *dark { "mf mf-dark cwdb-no-default-styles" } else { "mf cwdb-no-default-styles" }) {
                    (nav(self.name, view))
                    div.mf-main { (self.content) }
                    (foot(view, now))
                }
            }
            .into_string(),
        }
    }
}

/// The beginning of a page in a browser, before its content.
pub(super) fn open(name: PageName, view: &View) -> String {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                // No browser shall make links of what looks like a number or an address.
                meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no";
                title { (name.title()) " – mail-feedback" }
                style { (PreEscaped(STYLE)) }
            }
        }
    }
    .into_string();
    let head = whole.strip_suffix("</html>").unwrap_or(&whole);
    format!("{head}<body class=\"mf mf-auto\">{}<main class=\"mf-main\">", nav(name, view).0)
}

/// The end of a page in a browser, after its content.
pub(super) fn close(view: &View, now: Timestamp) -> String {
    format!("</main>{}</body></html>", foot(view, now).0)
}

fn nav(current: PageName, view: &View) -> Markup {
    let pages = [PageName::Address, PageName::Message, PageName::Overview, PageName::Failures, PageName::Live];
    html! {
        nav.mf-nav aria-label="Pages" {
            ul {
                @for page in pages.into_iter().filter(|page| *page != PageName::Live || view.is_browser()) {
                    li.mf-here[page == current] {
                        @if page == current { span aria-current="page" { (page.title()) } }
                        @else { (view.link(&html! { (page.title()) }, page, &[])) }
                    }
                }
            }
        }
    }
}

fn foot(view: &View, now: Timestamp) -> Markup {
    html! {
        footer.mf-foot {
            p {
                "As of " (view.reader.time(now)) ". Times are in UTC"
                @if (view.reader.zone.offset)(now) == 0 { "." } @else { ", and below in " (view.reader.zone.name) "." }
                " Texts in " span.mf-text { "this type" } " come from outside; ⟨U+…⟩ is the code of a character that cannot be seen."
            }
        }
    }
}

/// What a reader must know first.
pub(super) fn alert(head: &str, text: &Markup) -> Markup {
    html! { div.mf-alert role="alert" { p { strong { (head) ". " } (text) } } }
}

/// What was done.
pub(super) fn notice(text: &Markup) -> Markup {
    html! { div.mf-notice role="status" { p { (text) } } }
}

/// A field of a form with its label.
pub(super) fn field(label: &str, name: &str, value: Option<&str>, hint: &str) -> Markup {
    html! {
        label.mf-field {
            span.mf-label { (label) }
            input name=(name) value=(value.unwrap_or_default()) autocomplete="off" spellcheck="false";
            @if !hint.is_empty() { span.mf-hint { (hint) } }
            @if let Some(value) = value.filter(|value| visible(value) != **value) { span.mf-hint { "Contains characters that cannot be seen: " (shown(value)) } }
        }
    }
}

/// The documentation of the widget, as CloudWatch shows it; the block fills its parameters.
#[must_use]
pub const fn description() -> &'static str {
    "## mail-feedback: support\n\nWhy an address gets no mail, what happened to a message, an overview, and what could not be \
     recorded.\n\nIt shows personal data: do not share the dashboard.\n\n```yaml\n# address, message, overview or \
     failures\npage: address\n```\n"
}
