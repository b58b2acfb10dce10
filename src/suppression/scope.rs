//! The sends that a suppression applies to.

use std::fmt;

use crate::address::normalize_domain;
use crate::event::{OwnList, Provider, Stream, Tenant, is_name};

/// Names the sender's own lists, which go with every provider: `list:own:<list>`.
pub(super) const OWN: &str = "own";

/// The sends that a suppression applies to: `*`, `provider:<provider>`, `domain:<sender domain>`, `stream:<stream>`,
/// `tenant:<provider>:<tenant>` or `list:<provider>:<list>[/<topic>]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(String);

impl Scope {
    /// The longest scope that a person may name, in bytes; the longest that an event can have is shorter
    /// (`list:tencent:` and a list of 256 bytes).
    pub const MAX_BYTES: usize = 280;

    /// The longest name in a question, in bytes: records of older versions may have such scopes.
    pub const MAX_ASKED_BYTES: usize = 1_024;

    /// Every send.
    #[must_use]
    pub fn everything() -> Self {
        Self("*".to_owned())
    }

    /// Sends through one provider.
    #[must_use]
    pub fn provider(provider: &str) -> Self {
        Self(format!("provider:{provider}"))
    }

    /// Sends from one domain.
    #[must_use]
    pub fn domain(domain: &str) -> Self {
        Self(format!("domain:{domain}"))
    }

    /// Sends of one stream, through any provider.
    #[must_use]
    pub fn stream(stream: &Stream) -> Self {
        Self(format!("stream:{}", stream.as_str()))
    }

    /// Sends on behalf of one tenant of a provider.
    #[must_use]
    pub fn tenant(provider: &str, tenant: &Tenant) -> Self {
        Self(format!("tenant:{provider}:{}", tenant.as_str()))
    }

    /// Sends to one list of a provider, or to one topic of it (`<list>/<topic>`); `None` if no list can have this name.
    #[must_use]
    pub fn list(provider: &str, list: &str) -> Option<Self> {
        is_list_name(provider, list).then(|| Self(format!("list:{provider}:{list}")))
    }

    /// Sends to one list of the sender's own.
    #[must_use]
    pub fn own_list(list: &OwnList) -> Self {
        Self(format!("list:own:{}", list.as_str()))
    }

    /// Parses a scope that a person wrote, into the spelling of the records; any other spelling would match no send.
    ///
    /// It may be longer than [`Self::MAX_BYTES`], since records of older versions may have such scopes: see
    /// [`Self::limited`].
    ///
    /// # Errors
    /// The text is not a scope.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        match text.split_once(':') {
            None if text == "*" => Ok(Self::everything()),
            Some(("provider", name)) => owner_name(name).map(|name| Self::provider(&name)).ok_or(ScopeError::Provider),
            Some(("domain", name)) => normalize_domain(name).map(|name| Self::domain(&name)).ok_or(ScopeError::Domain),
            Some(("stream", name)) => Stream::parse(name).map(|name| Self::stream(&name)).ok_or(ScopeError::Stream),
            Some(("tenant", rest)) => parse_tenant(rest).ok_or(ScopeError::Tenant),
            Some(("list", rest)) => parse_list(rest),
            _ => Err(ScopeError::Form),
        }
    }

    /// The same scope, if it is not longer than [`Self::MAX_BYTES`].
    ///
    /// # Errors
    /// It is longer.
    pub fn limited(self) -> Result<Self, ScopeError> {
        if self.0.len() <= Self::MAX_BYTES { Ok(self) } else { Err(ScopeError::TooLong) }
    }

    /// The provider that it names, if that one sends no reports: a typing error, or a provider with manual suppressions only.
    #[must_use]
    pub fn unknown_provider(&self) -> Option<&str> {
        let owner = match self.0.split_once(':')? {
            ("provider", name) => Some(name),
            ("list", rest) => rest.split_once(':').map(|(owner, _)| owner).filter(|owner| *owner != OWN),
            _ => None,
        };
        owner.filter(|owner| Provider::from_label(owner).is_none_or(|provider| !provider.sends_mail()))
    }

    /// Whether it names a tenant.
    #[must_use]
    pub fn is_of_a_tenant(&self) -> bool {
        self.0.starts_with("tenant:")
    }

    /// A scope as stored in a record, without any check.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text in records.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a provider, or [`OWN`], in the spelling of scopes.
pub(super) fn owner_name(text: &str) -> Option<String> {
    let is_foreign = |char: char| char.is_whitespace() || char.is_control() || char == ':';
    let is_name = !text.is_empty() && !text.contains(is_foreign);
    is_name.then(|| text.to_lowercase())
}

/// Whether a list of a provider can have a name.
///
/// Mailjet numbers its lists, from 1 on, and they have no topics. SES restricts the names of contact lists and topics
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ses-contactlist.html>), but not
/// the names that it displays for topics.
fn is_list_name(provider: &str, list: &str) -> bool {
    match Provider::from_label(provider) {
        Some(Provider::Mailjet) => {
            return !list.is_empty() && !list.starts_with('0') && list.bytes().all(|byte| byte.is_ascii_digit());
        }
        Some(Provider::Ses) => {
            let (name, topic) = list.split_once('/').map_or((list, None), |(name, topic)| (name, Some(topic)));
            return is_name(name) && topic.is_none_or(is_name);
        }
        Some(_) | None => {}
    }
    // A scope has no wildcards: `*` is meant for every list, and would match none.
    let is_part =
        |part: &str| !matches!(part, "" | "*") && part.trim() == part && !part.contains(|char: char| char.is_control());
    list.split('/').all(is_part)
}

/// `<provider>:<list>`.
fn parse_list(text: &str) -> Result<Scope, ScopeError> {
    let (owner, list) = text.split_once(':').filter(|(_, list)| !list.is_empty()).ok_or(ScopeError::List)?;
    let owner = owner_name(owner).ok_or(ScopeError::List)?;
    Scope::list(&owner, list).ok_or(ScopeError::ListName)
}

/// `<provider>:<tenant>`, of a provider that has tenants.
fn parse_tenant(text: &str) -> Option<Scope> {
    let (provider, tenant) = text.split_once(':')?;
    let provider = Provider::from_label(&provider.to_lowercase()).filter(|provider| provider.has_tenants())?;
    Some(Scope::tenant(provider.as_str(), &Tenant::parse(tenant)?))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// It does not have the form of a scope.
    Form,
    /// It names no provider.
    Provider,
    /// It names no list of a provider.
    List,
    /// It gives a list a name that no list of its provider can have.
    ListName,
    /// It names a list without its provider.
    ListWithoutProvider,
    /// It names a list or a tenant of a provider other than that of the send.
    OtherProvider,
    /// It names no stream.
    Stream,
    /// It names no tenant of a provider that has tenants.
    Tenant,
    /// It names no domain.
    Domain,
    /// It is longer than [`Scope::MAX_BYTES`].
    TooLong,
    /// A question names something longer than [`Scope::MAX_ASKED_BYTES`].
    AskedTooLong,
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str(
                "not a scope; give *, provider:NAME, domain:DOMAIN, stream:STREAM, tenant:ses:TENANT or list:PROVIDER:LIST",
            ),
            Self::Stream => f.write_str("not a stream; give stream:NAME, with at most 64 letters, digits, - and _"),
            Self::Tenant => f.write_str("not a tenant; give tenant:ses:NAME, with at most 64 letters, digits, - and _"),
            Self::Provider => f.write_str("not a provider; give its name, such as ses"),
            Self::List => f.write_str("not a list; give list:PROVIDER:LIST or list:PROVIDER:LIST/TOPIC"),
            Self::ListName => f.write_str(
                "not a list name; give one without wildcards, empty parts, outer spaces and control characters; for mailjet its number, for ses at most 64 letters, digits, - and _",
            ),
            Self::ListWithoutProvider => f.write_str("a list without its provider; give it as list:PROVIDER:LIST"),
            Self::OtherProvider => {
                f.write_str("the list or tenant belongs to a provider other than the send's; ask again with that provider")
            }
            Self::Domain => f.write_str("not a domain; give one, such as example.com"),
            Self::TooLong => write!(f, "the scope is longer than {} bytes; shorten it", Scope::MAX_BYTES),
            Self::AskedTooLong => {
                write!(f, "a name is longer than {} bytes; no scope has such a name", Scope::MAX_ASKED_BYTES)
            }
        }
    }
}

impl std::error::Error for ScopeError {}

#[cfg(test)]
mod tests {
    use super::{Scope, ScopeError};

    fn parsed(text: &str) -> Result<String, ScopeError> {
        Scope::parse(text).map(|scope| scope.to_string())
    }

    #[test]
    fn a_scope_gets_the_spelling_of_the_records() {
        for (text, expected) in [
            ("*", "*"),
            ("provider:SES", "provider:ses"),
            ("domain:B\u{fc}cher.Example.", "domain:xn--bcher-kva.example"),
            ("stream:Marketing", "stream:marketing"),
            ("tenant:SES:Acme", "tenant:ses:Acme"),
            ("list:SES:News/Offers", "list:ses:News/Offers"),
            ("list:Postmark:News/Offers: all", "list:postmark:News/Offers: all"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn an_invalid_scope_is_refused() {
        for text in ["", "**", "everything", "Domain:example.com"] {
            assert_eq!(parsed(text), Err(ScopeError::Form), "{text}");
        }
        for text in ["provider:", "provider:a b", "provider:a:b", "provider:a\0"] {
            assert_eq!(parsed(text), Err(ScopeError::Provider), "{text}");
        }
        for text in ["domain:", "domain:a@example.com", "domain:a b"] {
            assert_eq!(parsed(text), Err(ScopeError::Domain), "{text}");
        }
        for text in ["stream:", "stream:a b", "stream:a:b", "stream:a/b"] {
            assert_eq!(parsed(text), Err(ScopeError::Stream), "{text}");
        }
        for text in ["tenant:", "tenant:ses", "tenant:ses:", "tenant:mailjet:a", "tenant:ses:a b", "tenant:ses:a:b"] {
            assert_eq!(parsed(text), Err(ScopeError::Tenant), "{text}");
        }
        for text in ["list:", "list:ses", "list:ses:", "list::News"] {
            assert_eq!(parsed(text), Err(ScopeError::List), "{text}");
        }
        let of_length =
            |bytes: usize| Scope::parse(&format!("list:own:{}", "x".repeat(bytes - 9))).and_then(Scope::limited);
        assert_eq!(of_length(Scope::MAX_BYTES).map(|scope| scope.as_str().len()), Ok(Scope::MAX_BYTES));
        assert_eq!(of_length(Scope::MAX_BYTES + 1), Err(ScopeError::TooLong));
    }

    #[test]
    fn a_name_that_no_list_can_have_is_refused() {
        for (provider, name) in [
            ("ses", "News"),
            ("ses", "News/Offers"),
            ("ses", "Spring_sale-2026/10-percent"),
            ("postmark", "Spring sale/10 % off: all"),
            ("own", "n\u{e9}ws"),
            ("own", "a/b/c"),
            ("tencent", "007"),
            ("mailjet", "42"),
            ("mailjet", "10"),
        ] {
            let text = format!("list:{provider}:{name}");
            assert_eq!(parsed(&text).as_ref(), Ok(&text));
        }
        for (provider, name) in [
            ("ses", " News"),
            ("ses", "News "),
            ("ses", "News\u{a0}"),
            ("ses", "\u{2003}News"),
            ("ses", "Ne\tws"),
            ("ses", "News\u{9c}"),
            ("ses", " "),
            ("ses", "News/"),
            ("ses", "/Offers"),
            ("ses", "News /Offers"),
            ("ses", "News/ Offers"),
            ("ses", "News//Offers"),
            ("ses", "*"),
            ("ses", "News/*"),
            ("ses", "Spring sale"),
            ("ses", "News/Offers: all"),
            ("ses", "News/Offers/Shoes"),
            ("ses", "News.Offers"),
            ("ses", "n\u{e9}ws"),
            ("ses", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
            ("own", "weekly\n"),
            ("postmark", "\0"),
            ("mailjet", "News"),
            ("mailjet", "42/Offers"),
            ("mailjet", "042"),
            ("mailjet", "0"),
            ("mailjet", "-1"),
            ("mailjet", "4.2"),
            ("mailjet", "\u{0664}\u{0662}"),
        ] {
            assert_eq!(parsed(&format!("list:{provider}:{name}")), Err(ScopeError::ListName), "{provider} {name:?}");
            assert_eq!(Scope::list(provider, name), None, "{provider} {name:?}");
        }
    }
}
