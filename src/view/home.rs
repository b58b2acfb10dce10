//! Where the pages are shown, and what a link, a form and a button are there.

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::action;
use super::ask::PageName;
use super::reader::Reader;

/// The field of an action that names the typed fields it accepts, with spaces between them.
pub const TYPED: &str = "typed";

/// The home of the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// A browser that talks to this machine.
    Browser {
        /// What a form must contain to change anything: no other site knows it.
        token: String,
    },
    /// A custom widget on a CloudWatch dashboard.
    Widget {
        /// The ARN of the function that its actions call.
        endpoint: String,
        /// Whether the dashboard is dark.
        dark: bool,
    },
}

/// What a page is written for.
#[derive(Debug)]
pub struct View {
    /// Where it is shown.
    pub home: Home,
    /// Who reads it.
    pub reader: Reader,
    /// The name to put into an empty field for the actor.
    pub actor: Option<String>,
}

/// The button of a form.
pub(super) struct Submit<'s> {
    /// Its text.
    pub(super) label: &'s str,
    /// Whether it changes something.
    pub(super) changes: bool,
    /// What CloudWatch lets the reader acknowledge before it calls.
    pub(super) confirmation: Option<&'s str>,
    /// Whether a browser posts the form, so that its fields are in no URL.
    pub(super) post: bool,
    /// The names of the inputs. A widget sends whatever is typed anywhere in it with every call, and only these count.
    pub(super) typed: &'s [&'s str],
}

impl<'s> Submit<'s> {
    /// The button of a question.
    pub(super) const fn ask(label: &'s str, typed: &'s [&'s str]) -> Self {
        Self { label, changes: false, confirmation: None, post: false, typed }
    }
}

impl View {
    /// Whether it is a browser.
    pub(super) const fn is_browser(&self) -> bool {
        matches!(self.home, Home::Browser { .. })
    }

    /// A link that asks a question.
    pub(super) fn link(&self, label: &Markup, page: PageName, fields: &[(&str, &str)]) -> Markup {
        match &self.home {
            Home::Browser { .. } => html! { a href=(path(page, fields)) { (label) } },
            Home::Widget { endpoint, .. } => html! {
                // The documentation has actions on such links; the button in it can be reached by the keyboard.
                a.mf-link { button.mf-plain type="button" { (label) } }
                (call(endpoint, page, fields, &[], None))
            },
        }
    }

    /// A form that asks a question with `fields` and what is typed into `content`.
    pub(super) fn form(
        &self,
        page: PageName,
        fields: &[(&str, &str)],
        content: &Markup,
        submit: &Submit<'_>,
    ) -> Markup {
        let class = if submit.changes { "mf-button mf-changes" } else { "mf-button" };
        match &self.home {
            Home::Browser { token } => html! {
                form.mf-form method=(if submit.post { "post" } else { "get" }) action=(path(page, &[])) {
                    @if submit.post { input type="hidden" name="token" value=(token); }
                    @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                    (content)
                    p.mf-submit { button class=(class) { (submit.label) } }
                }
            },
            Home::Widget { endpoint, .. } => html! {
                form.mf-form {
                    (content)
                    p.mf-submit {
                        a class={ "btn btn-primary " (class) } { button.mf-plain type="button" { (submit.label) } }
                        (call(endpoint, page, fields, submit.typed, submit.confirmation))
                    }
                }
            },
        }
    }
}

/// Makes CloudWatch call the function when the element before is clicked, and show the answer in its place.
fn call(endpoint: &str, page: PageName, fields: &[(&str, &str)], typed: &[&str], confirmation: Option<&str>) -> Markup {
    let typed = typed.join(" ");
    let accepts = (!typed.is_empty()).then_some((TYPED, typed.as_str()));
    let fields = std::iter::once(("page", page.as_str())).chain(accepts).chain(fields.iter().copied());
    html! {
        cwdb-action action="call" display="widget" endpoint=(endpoint) confirmation=[confirmation] { (action::json(fields)) }
    }
}

/// The path and query of a question.
fn path(page: PageName, fields: &[(&str, &str)]) -> String {
    let mut path = format!("/{page}");
    for (at, (name, value)) in fields.iter().enumerate() {
        path.push(if at == 0 { '?' } else { '&' });
        path.push_str(name);
        path.push('=');
        path.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    path
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::super::reader::Zone;
    use super::{Home, PageName, Reader, Submit, View};

    fn view(home: Home) -> View {
        View { home, reader: Reader::new("en", Zone::fixed("+00:00")), actor: None }
    }

    #[test]
    fn a_link_asks_in_both_homes() {
        let fields = [("address", "a&b\"<x>@example.com")];
        let label = html! { "who" };
        let browser = view(Home::Browser { token: String::new() }).link(&label, PageName::Address, &fields);
        assert_eq!(browser.into_string(), "<a href=\"/address?address=a%26b%22%3Cx%3E%40example%2Ecom\">who</a>");
        let widget = Home::Widget { endpoint: "arn:\"x\"".to_owned(), dark: false };
        let widget = view(widget).link(&label, PageName::Address, &fields).into_string();
        assert!(widget.contains("endpoint=\"arn:&quot;x&quot;\""), "{widget}");
        assert!(
            widget.contains(r#">{"page":"address","address":"a\u0026b\u0022\u003cx\u003e@example.com"}</cwdb"#),
            "{widget}"
        );
    }

    #[test]
    fn only_a_posted_form_has_the_token() {
        let view = view(Home::Browser { token: "secret".to_owned() });
        let form = |post| {
            let submit = Submit { post, ..Submit::ask("Go", &[]) };
            view.form(PageName::Decide, &[], &html! {}, &submit).into_string()
        };
        assert!(form(true).contains("value=\"secret\"") && !form(false).contains("secret"));
    }
}
