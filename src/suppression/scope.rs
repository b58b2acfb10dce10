//! The sends that a suppression applies to.

use std::fmt;

use crate::address::normalize_domain;
use crate::event::{Provider, Stream, Tenant};

/// The sends that a suppression applies to: `*`, `provider:<provider>`, `domain:<sender domain>`, `stream:<stream>`,
/// `tenant:<provider>:<tenant>` or `list:<provider>:<list>[/<topic>]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(String);

impl Scope {
    /// The longest scope that a person may name, in bytes; the longest that an event can have is shorter
    /// (`list:tencent:` and a list of 256 bytes).
    pub const MAX_BYTES: usize = 280;

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

    /// Sends to one list of a provider, or to one topic of it (`<list>/<topic>`).
    #[must_use]
    pub fn list(provider: &str, list: &str) -> Self {
        Self(format!("list:{provider}:{list}"))
    }

    /// Parses a scope that a person wrote, into the spelling of the records; any other spelling would match no send.
    ///
    /// It may be longer than [`Self::MAX_BYTES`], since records of older versions may have such scopes: see
    /// [`Self::limited`].
    ///
    /// # Errors
    /// The text is not a scope.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace) && !name.contains(':');
        match text.split_once(':') {
            None if text == "*" => Ok(Self::everything()),
            Some(("provider", name)) if is_name(name) => Ok(Self::provider(&name.to_lowercase())),
            Some(("domain", name)) => normalize_domain(name).map(|name| Self::domain(&name)).ok_or(ScopeError::Domain),
            Some(("stream", name)) => Stream::parse(name).map(|name| Self::stream(&name)).ok_or(ScopeError::Stream),
            Some(("tenant", rest)) => parse_tenant(rest).ok_or(ScopeError::Tenant),
            Some(("list", rest)) => match rest.split_once(':') {
                Some((provider, list)) if is_name(provider) && !list.is_empty() => {
                    Ok(Self::list(&provider.to_lowercase(), list))
                }
                _ => Err(ScopeError::List),
            },
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
    /// It names no list of a provider.
    List,
    /// It names no stream.
    Stream,
    /// It names no tenant of a provider that has tenants.
    Tenant,
    /// It names no domain.
    Domain,
    /// It is longer than [`Scope::MAX_BYTES`].
    TooLong,
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str(
                "not a scope; give *, provider:NAME, domain:DOMAIN, stream:STREAM, tenant:ses:TENANT or list:PROVIDER:LIST",
            ),
            Self::Stream => f.write_str("not a stream; give stream:NAME, with at most 64 letters, digits, - and _"),
            Self::Tenant => f.write_str("not a tenant; give tenant:ses:NAME, with at most 64 letters, digits, - and _"),
            Self::List => f.write_str("not a scope; a list is list:PROVIDER:LIST or list:PROVIDER:LIST/TOPIC"),
            Self::Domain => f.write_str("not a domain; give one, such as example.com"),
            Self::TooLong => write!(f, "the scope is longer than {} bytes; shorten it", Scope::MAX_BYTES),
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
            ("list:SES:News/Offers: all", "list:ses:News/Offers: all"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn an_invalid_scope_is_refused() {
        for text in ["", "**", "everything", "provider:", "provider:a b", "provider:a:b", "Domain:example.com"] {
            assert_eq!(parsed(text), Err(ScopeError::Form), "{text}");
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
            |bytes: usize| Scope::parse(&format!("list:ses:{:>1$}", "x", bytes - 9)).and_then(Scope::limited);
        assert_eq!(of_length(Scope::MAX_BYTES).map(|scope| scope.as_str().len()), Ok(Scope::MAX_BYTES));
        assert_eq!(of_length(Scope::MAX_BYTES + 1), Err(ScopeError::TooLong));
    }
}
