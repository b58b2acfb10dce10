//! The send that is asked about.

use std::collections::BTreeSet;

use super::scope::{OWN, owner_name};
use super::{Scope, ScopeError};
use crate::event::Provider;

/// A send, in the caller's words; a missing field matches no scope of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The provider that sends: `ses`, `tencent`, `mailjet`, or another provider's name.
    pub provider: Option<String>,
    /// The domain it is sent from.
    pub sender_domain: Option<String>,
    /// The lists it is sent to: `News`, its topic `News/Offers`, or in the long form `list:ses:News`. The short form means a
    /// list of the provider.
    pub lists: Vec<String>,
    /// The tenant it is sent for: `Acme`, or in the long form `tenant:ses:Acme`.
    pub tenant: Option<String>,
    /// The stream it belongs to: `marketing`, or in the long form `stream:marketing`.
    pub stream: Option<String>,
}

/// The scopes that apply to a send: `*`, and those that its context names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedScopes(Vec<Scope>);

impl Context {
    /// The scopes that apply to the send, in the spelling of the records.
    ///
    /// # Errors
    /// A name that no scope can have or that is too long, a list in its short form without a provider, or a list or tenant of another provider
    /// than the send's. Nothing is suppressed in such a scope, so the answer about it would always be "allowed".
    pub fn scopes(&self) -> Result<AskedScopes, ScopeError> {
        let Self { provider, sender_domain, lists, tenant, stream } = self;
        let mut names = lists.iter().chain([provider, sender_domain, tenant, stream].into_iter().flatten());
        if names.any(|name| name.len() > Scope::MAX_ASKED_BYTES) {
            return Err(ScopeError::AskedTooLong);
        }
        let owner = |name: &String| owner_name(name).ok_or(ScopeError::Provider);
        let provider = self.provider.as_ref().map(owner).transpose()?;
        let provider = provider.as_deref();
        let mut scopes = vec![Scope::everything()];
        scopes.extend(provider.map(Scope::provider));
        if let Some(domain) = &self.sender_domain {
            scopes.push(Scope::parse(&format!("domain:{domain}"))?);
        }
        if let Some(stream) = &self.stream {
            let name = stream.strip_prefix("stream:").unwrap_or(stream);
            scopes.push(Scope::parse(&format!("stream:{name}"))?);
        }
        if let Some(tenant) = &self.tenant {
            scopes.push(tenant_scope(tenant, provider)?);
        }
        for list in &self.lists {
            let (owner, name) = list_name(list, provider)?;
            // Whoever has left the whole list has left each of its topics.
            scopes.extend(name.split_once('/').and_then(|(whole, _)| Scope::list(&owner, whole)));
            scopes.push(Scope::list(&owner, name).ok_or(ScopeError::ListName)?);
        }
        let mut seen = BTreeSet::new();
        scopes.retain(|scope| seen.insert(scope.clone()));
        Ok(AskedScopes(scopes))
    }
}

impl AskedScopes {
    /// The scopes, each once, `*` first.
    #[must_use]
    pub fn as_slice(&self) -> &[Scope] {
        &self.0
    }

    /// Whether this scope applies to the send.
    #[must_use]
    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.contains(scope)
    }

    /// The providers among them that send no reports.
    #[must_use]
    pub fn unknown_providers(&self) -> BTreeSet<&str> {
        self.0.iter().filter_map(Scope::unknown_provider).collect()
    }
}

/// The tenant of the send's provider; without a provider, of SES.
fn tenant_scope(tenant: &str, provider: Option<&str>) -> Result<Scope, ScopeError> {
    let owner = provider.unwrap_or(Provider::Ses.as_str());
    if Provider::from_label(owner).is_none_or(|provider| !provider.has_tenants()) {
        return Err(ScopeError::OtherProvider);
    }
    if tenant.starts_with("tenant:") { Scope::parse(tenant) } else { Scope::parse(&format!("tenant:{owner}:{tenant}")) }
}

/// The owner and the name of a list in either form.
fn list_name<'l>(list: &'l str, provider: Option<&str>) -> Result<(String, &'l str), ScopeError> {
    let Some(rest) = list.strip_prefix("list:") else {
        // A colon is part of another scope, or of a name that only the long form tells from one.
        let is_name = !list.is_empty() && list != "*" && !list.contains(':');
        let named = provider.map(|provider| (provider.to_owned(), list)).ok_or(ScopeError::ListWithoutProvider);
        return if is_name { named } else { Err(ScopeError::List) };
    };
    let (owner, name) = rest.split_once(':').filter(|(_, name)| !name.is_empty()).ok_or(ScopeError::List)?;
    let owner = owner_name(owner).ok_or(ScopeError::List)?;
    if owner != OWN && provider.is_some_and(|provider| provider != owner) {
        return Err(ScopeError::OtherProvider);
    }
    Ok((owner, name))
}

#[cfg(test)]
mod tests {
    use super::{Context, ScopeError};

    /// The scopes of a send to a list.
    fn to_list(provider: Option<&str>, list: &str) -> Result<Vec<String>, ScopeError> {
        let provider = provider.map(str::to_owned);
        asked(&Context { provider, lists: vec![list.to_owned()], ..Context::default() })
    }

    fn asked(context: &Context) -> Result<Vec<String>, ScopeError> {
        let scopes = context.scopes()?;
        Ok(scopes.as_slice().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_send_concerns_what_it_names_in_the_spelling_of_the_records() {
        let context = Context {
            provider: Some("SES".to_owned()),
            sender_domain: Some("B\u{fc}cher.example.".to_owned()),
            lists: ["News/Offers", "list:ses:News", "list:own:weekly"].map(str::to_owned).into(),
            tenant: Some("Acme".to_owned()),
            stream: Some("Marketing".to_owned()),
        };
        let expected = [
            "*",
            "provider:ses",
            "domain:xn--bcher-kva.example",
            "stream:marketing",
            "tenant:ses:Acme",
            "list:ses:News",
            "list:ses:News/Offers",
            "list:own:weekly",
        ];
        assert_eq!(asked(&context), Ok(expected.map(str::to_owned).into()));
        assert_eq!(asked(&Context::default()), Ok(vec!["*".to_owned()]));
    }

    #[test]
    fn a_list_has_a_short_and_a_long_form() {
        for (provider, list, expected) in [
            (Some("mailjet"), "42", "list:mailjet:42"),
            (Some("Mailjet"), "list:mailjet:42", "list:mailjet:42"),
            (Some("mailjet"), "list:Mailjet:42", "list:mailjet:42"),
            (None, "list:mailjet:42", "list:mailjet:42"),
            (Some("ses"), "list:own:weekly", "list:own:weekly"),
            (None, "list:own:weekly", "list:own:weekly"),
            (Some("postmark"), "42", "list:postmark:42"),
            (Some("postmark"), "list:postmark:News: all", "list:postmark:News: all"),
        ] {
            let scopes = to_list(provider, list);
            assert_eq!(scopes.map(|scopes| scopes.last().cloned()), Ok(Some(expected.to_owned())), "{list}");
        }
    }

    #[test]
    fn a_list_that_cannot_exist_is_refused() {
        for (provider, list, error) in [
            (None, "42", ScopeError::ListWithoutProvider),
            (Some("ses"), "list:mailjet:42", ScopeError::OtherProvider),
            (Some("ses"), "", ScopeError::List),
            (Some("ses"), "*", ScopeError::List),
            (Some("ses"), "list:ses", ScopeError::List),
            (Some("ses"), "list:ses:", ScopeError::List),
            (Some("ses"), "list::News", ScopeError::List),
            (Some("ses"), "own:weekly", ScopeError::List),
            (Some("ses"), "domain:example.com", ScopeError::List),
            (None, "stream:marketing", ScopeError::List),
            (Some("ses"), " News", ScopeError::ListName),
            (Some("ses"), "News/Offers ", ScopeError::ListName),
            (Some("ses"), "list:own:weekly\0", ScopeError::ListName),
            (Some("mailjet"), "News", ScopeError::ListName),
            (Some("Mailjet"), "42/Offers", ScopeError::ListName),
            (None, "list:Mailjet:042", ScopeError::ListName),
        ] {
            assert_eq!(to_list(provider, list), Err(error), "{list}");
        }
    }

    #[test]
    fn a_name_that_no_scope_can_have_is_refused() {
        let with = |change: &dyn Fn(&mut Context)| {
            let mut context = Context { provider: Some("ses".to_owned()), ..Context::default() };
            change(&mut context);
            asked(&context).err()
        };
        let text = |text: &str| Some(text.to_owned());
        for provider in ["", " ", "a b", "ses\u{7f}", "provider:ses"] {
            assert_eq!(with(&|it| it.provider = text(provider)), Some(ScopeError::Provider), "{provider}");
        }
        for domain in ["", " ", "a@example.com", "example.com\0", "domain:example.com"] {
            assert_eq!(with(&|it| it.sender_domain = text(domain)), Some(ScopeError::Domain), "{domain}");
        }
        for stream in ["", "stream:", " marketing", "spring sale", "marketing\n", "*"] {
            assert_eq!(with(&|it| it.stream = text(stream)), Some(ScopeError::Stream), "{stream}");
        }
        for tenant in ["", "tenant:", "tenant:mailjet:Acme", "tenant:ses: Acme", "Acme ", "Acme\0", "Acme, Inc."] {
            assert_eq!(with(&|it| it.tenant = text(tenant)), Some(ScopeError::Tenant), "{tenant}");
        }
        for provider in ["mailjet", "postmark"] {
            let elsewhere = with(&|it| (it.provider, it.tenant) = (text(provider), text("Acme")));
            assert_eq!(elsewhere, Some(ScopeError::OtherProvider), "{provider}");
        }
        assert_eq!(with(&|it| (it.provider, it.tenant) = (None, text("tenant:ses:Acme"))), None);
    }

    #[test]
    fn a_name_of_more_than_a_kilobyte_is_refused() {
        let name = |bytes: usize| Some("x".repeat(bytes));
        let with = |change: &dyn Fn(&mut Context)| {
            let mut context = Context { provider: Some("own".to_owned()), ..Context::default() };
            change(&mut context);
            asked(&context).err()
        };
        assert_eq!(with(&|it| it.provider = name(1_024)), None);
        assert_eq!(with(&|it| it.lists.extend(name(1_024))), None);
        for refused in [
            with(&|it| it.provider = name(1_025)),
            with(&|it| it.sender_domain = name(1_025)),
            with(&|it| it.lists.extend(name(1_025))),
            with(&|it| it.tenant = name(1_025)),
            with(&|it| it.stream = name(1_025)),
        ] {
            assert_eq!(refused, Some(ScopeError::AskedTooLong));
        }
    }

    #[test]
    fn a_provider_without_reports_is_told() {
        for (provider, list, expected) in [
            (Some("sess"), "42", vec!["sess"]),
            (None, "list:sess:42", vec!["sess"]),
            (Some("ses"), "list:own:42", vec![]),
            (Some("own"), "list:own:42", vec!["own"]),
        ] {
            let provider = provider.map(str::to_owned);
            let context = Context { provider, lists: vec![list.to_owned()], ..Context::default() };
            let scopes = context.scopes();
            let unknown = scopes.as_ref().map(|scopes| scopes.unknown_providers().into_iter().collect());
            assert_eq!(unknown, Ok(expected), "{list}");
        }
    }
}
