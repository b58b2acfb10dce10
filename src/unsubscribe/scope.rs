//! What somebody leaves through a link.

use std::fmt;

use crate::event::{OwnList, Stream};
use crate::suppression::Scope;

/// The mail that somebody leaves through a link.
///
/// It is never everything (`*`), a provider or a tenant: a link concerns mail that the recipient chose or recognizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkScope {
    /// A list of the sender's own: `list:own:<name>`.
    List(OwnList),
    /// A stream: `stream:<name>`.
    Stream(Stream),
    /// Everything from a domain: `domain:<domain>`, in lower-case A-labels.
    Domain(String),
}

impl LinkScope {
    /// Reads a scope, into the spelling of the records; `None` if no link can have it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix("list:own:") {
            return OwnList::parse(name).map(Self::List);
        }
        if let Some(name) = text.strip_prefix("stream:") {
            return Stream::parse(name).map(Self::Stream);
        }
        let scope = Scope::parse(text).ok()?;
        scope.as_str().strip_prefix("domain:").map(|domain| Self::Domain(domain.to_owned()))
    }

    /// The scope in records.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::List(list) => Scope::own_list(list),
            Self::Stream(stream) => Scope::stream(stream),
            Self::Domain(domain) => Scope::domain(domain),
        }
    }
}

impl fmt::Display for LinkScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.scope().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::LinkScope;

    #[test]
    fn a_link_has_the_scopes_of_a_senders_own_mail_in_the_spelling_of_the_records() {
        for (text, expected) in [
            ("list:own:Weekly", Some("list:own:Weekly")),
            ("stream:Marketing", Some("stream:marketing")),
            ("domain:B\u{fc}cher.Example.", Some("domain:xn--bcher-kva.example")),
            ("*", None),
            ("provider:ses", None),
            ("tenant:ses:Acme", None),
            ("list:ses:News", None),
            ("list:OWN:weekly", None),
            ("list:own:", None),
            ("list:own:a/b", None),
            ("list:own:a b", None),
            ("stream:a b", None),
            ("domain:", None),
            ("domain:a b", None),
            ("weekly", None),
        ] {
            assert_eq!(LinkScope::parse(text).map(|scope| scope.to_string()).as_deref(), expected, "{text}");
        }
    }
}
