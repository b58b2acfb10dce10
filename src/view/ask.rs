//! What a person asks.

use super::decision_form::{DecisionForm, Step};
use super::{Fields, Period};
use crate::event::Provider;
use crate::label::labelled;
use crate::suppression::Context;

labelled! {
    /// The pages; also the value of the field `page`.
    pub enum PageName {
        /// May this address be mailed?
        Address = "address",
        /// What happened to this message?
        Message = "message",
        /// How is the whole doing?
        Overview = "overview",
        /// What could not be recorded?
        Failures = "failures",
        /// New events, as they come in; only in a browser.
        Live = "live",
        /// Suppresses or lifts.
        Decide = "decide",
    }
}

impl PageName {
    /// Its heading.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Address => "Address",
            Self::Message => "Message",
            Self::Overview => "Overview",
            Self::Failures => "Failures",
            Self::Live => "Live",
            Self::Decide => "Decide",
        }
    }
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// About an address; without one, the form is empty.
    Address(AddressQuestion),
    /// About a message; without one, the form is empty.
    Message(MessageQuestion),
    /// About all events of a time.
    Overview(Period),
    /// About what could not be recorded.
    Failures,
    /// Shows new events, of one address if it is given.
    Live(Option<String>),
    /// A step towards a decision.
    Decide(DecisionForm),
}

/// An address, and the send that it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressQuestion {
    /// The address as typed.
    pub address: Option<String>,
    /// The send.
    pub context: Context,
    /// The sort key before which the events begin, to leaf back.
    pub before: Option<String>,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageQuestion {
    /// Who sent it, in lower case.
    pub provider: Option<String>,
    /// The provider's id of it.
    pub id: Option<String>,
    /// Address and sort key after which the events begin, to leaf on.
    pub after: Option<(String, String)>,
}

impl Ask {
    /// The question that fields contain; whatever names no page is about an address.
    #[must_use]
    pub fn of(fields: &Fields) -> Self {
        match fields.get("page").and_then(PageName::from_label).unwrap_or(PageName::Address) {
            PageName::Address => Self::Address(AddressQuestion::of(fields)),
            PageName::Message => Self::Message(MessageQuestion::of(fields)),
            PageName::Overview => {
                Self::Overview(fields.get("span").and_then(Period::from_label).unwrap_or(Period::Day))
            }
            PageName::Failures => Self::Failures,
            PageName::Live => Self::Live(fields.owned("address")),
            PageName::Decide => Self::Decide(DecisionForm::of(fields)),
        }
    }

    /// The same question as far as it only reads.
    #[must_use]
    pub fn without_change(self) -> Self {
        match self {
            Self::Decide(form) => Self::Decide(DecisionForm { step: Step::Form, ..form }),
            other => other,
        }
    }

    /// The page that answers it.
    #[must_use]
    pub const fn page(&self) -> PageName {
        match self {
            Self::Address(_) => PageName::Address,
            Self::Message(_) => PageName::Message,
            Self::Overview(_) => PageName::Overview,
            Self::Failures => PageName::Failures,
            Self::Live(_) => PageName::Live,
            Self::Decide(_) => PageName::Decide,
        }
    }
}

impl AddressQuestion {
    fn of(fields: &Fields) -> Self {
        let context = Context {
            provider: fields.owned("provider"),
            sender_domain: fields.owned("domain"),
            lists: fields.owned("list").into_iter().collect(),
            tenant: fields.owned("tenant"),
            stream: fields.owned("stream"),
        };
        Self { address: fields.owned("address"), context, before: fields.owned("before") }
    }

    /// The fields that ask the same again, without `before`.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        let Context { provider, sender_domain, lists, tenant, stream } = &self.context;
        let fields = [
            ("address", self.address.as_deref()),
            ("provider", provider.as_deref()),
            ("domain", sender_domain.as_deref()),
            ("list", lists.first().map(String::as_str)),
            ("stream", stream.as_deref()),
            ("tenant", tenant.as_deref()),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl MessageQuestion {
    /// An id may stand after its provider, as in the attribute `message`.
    fn of(fields: &Fields) -> Self {
        let typed = fields.get("id");
        let prefixed = typed.and_then(|id| id.split_once(':')).and_then(|(name, id)| {
            let provider = Provider::from_label(&name.to_lowercase()).filter(|provider| provider.sends_mail())?;
            Some((provider.as_str().to_owned(), id.trim().to_owned()))
        });
        let (provider, id) = match prefixed {
            Some((provider, id)) => (Some(provider), Some(id).filter(|id| !id.is_empty())),
            None => (fields.get("provider").map(str::to_lowercase), typed.map(str::to_owned)),
        };
        let after = fields.owned("after_address").zip(fields.owned("after_event"));
        Self { provider, id, after }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ask, Fields, PageName, Period};

    fn page(form: &str) -> PageName {
        Ask::of(&Fields::of_form(form)).page()
    }

    #[test]
    fn a_question_that_names_no_page_is_about_an_address() {
        assert_eq!(
            (page(""), page("page=unknown"), page("address=a")),
            (PageName::Address, PageName::Address, PageName::Address)
        );
        for name in PageName::ALL {
            assert_eq!(page(&format!("page={name}")), *name);
        }
    }

    #[test]
    fn an_id_may_stand_after_its_provider() {
        let message = |form: &str| match Ask::of(&Fields::of_form(form)) {
            Ask::Message(question) => (question.provider.unwrap_or_default(), question.id.unwrap_or_default()),
            _ => Default::default(),
        };
        for (form, provider, id) in [
            ("id=ses:0100", "ses", "0100"),
            ("id=Mailjet:+42&provider=ses", "mailjet", "42"),
            ("id=0100&provider=SES", "ses", "0100"),
            ("id=other:0100&provider=ses", "ses", "other:0100"),
            ("id=own:0100", "", "own:0100"),
            ("id=ses:", "ses", ""),
        ] {
            assert_eq!(message(&format!("page=message&{form}")), (provider.to_owned(), id.to_owned()), "{form}");
        }
    }

    #[test]
    fn an_unknown_time_is_the_last_day() {
        let period = |form| match Ask::of(&Fields::of_form(form)) {
            Ask::Overview(period) => Some(period),
            _ => None,
        };
        assert_eq!(
            (period("page=overview&span=7d"), period("page=overview&span=1y")),
            (Some(Period::Week), Some(Period::Day))
        );
    }
}
