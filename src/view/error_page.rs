//! The page without an answer: why, what to do, and what was typed.

use maud::{Markup, html};

use super::ask::{Ask, PageName};
use super::decision_form::Step;
use super::error::ViewError;
use super::frame::{Page, alert};
use super::home::View;
use super::{address, decide, message};

impl Page {
    /// A page that says why there is no answer.
    #[must_use]
    pub fn failed(ask: &Ask, error: ViewError, view: &View) -> Self {
        let name = ask.page();
        let content = html! {
            h1 { (name.title()) }
            (alert("No answer", &html! { (error.advice()) }))
            @if let Some(address) = written_for(ask).filter(|_| error.may_have_written()) {
                p { "It is not known whether the decision was written. Before you repeat it, "
                    (view.link(&html! { "look the address up" }, PageName::Address, &[("address", address)])) "." }
            }
            (form(ask, view))
        };
        Self { name, content, status: if matches!(error, ViewError::Refused(_)) { 409 } else { 503 } }
    }
}

/// The address of a question that writes.
fn written_for(ask: &Ask) -> Option<&str> {
    match ask {
        Ask::Decide(form) if form.step == Step::Write => form.address.as_deref(),
        Ask::Decide(_) | Ask::Address(_) | Ask::Message(_) | Ask::Overview(_) | Ask::Failures | Ask::Live(_) => None,
    }
}

/// The form of a question, so that nobody types it again.
fn form(ask: &Ask, view: &View) -> Markup {
    match ask {
        Ask::Address(question) => address::form(question, view),
        Ask::Message(question) => message::form(question, view),
        Ask::Decide(form) => form.key().map_or_else(|| html! {}, |key| decide::form(form, &key, view)),
        Ask::Overview(_) | Ask::Failures | Ask::Live(_) => html! {},
    }
}
