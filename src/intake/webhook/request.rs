//! Routes, and the order of checks: route, method, size, credential, body.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::CredentialStore;
use crate::address::normalize_domain;
use crate::error::Error;
use crate::event::Provider;
use crate::intake::HttpRequest;
use crate::timestamp::Timestamp;

/// The largest accepted body, in bytes; a genuine SNS message of 256 KiB can grow to 1.5 MiB when escaped.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The route of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/webhooks/<provider>[/<sender domain>]`: needs a credential.
    Provider {
        /// Who posts there.
        provider: Provider,
        /// The sender domain that the path names.
        sender_domain: Option<String>,
    },
    /// `/webhooks/sns`: the signature of the message is its credential.
    Sns,
}

impl Route {
    /// Finds the route of a request, and checks its method and size.
    ///
    /// # Errors
    /// No such route, an invalid sender domain in the path, a method other than POST, or a body above the limit.
    pub fn of(request: &HttpRequest<'_>) -> Result<Self, Error> {
        let route = Self::of_path(&request.path)?;
        if request.method != "POST" {
            return Err(Error::Method);
        }
        if request.body_bytes() > MAX_BODY_BYTES {
            return Err(Error::TooLarge);
        }
        Ok(route)
    }

    fn of_path(path: &str) -> Result<Self, Error> {
        let rest = path.strip_prefix("/webhooks/").ok_or(Error::NotFound)?.trim_end_matches('/');
        let (name, domain) = rest.split_once('/').map_or((rest, None), |(name, domain)| (name, Some(domain)));
        if domain.is_some_and(|domain| domain.contains('/')) {
            return Err(Error::NotFound);
        }
        if name == "sns" {
            return if domain.is_none() { Ok(Self::Sns) } else { Err(Error::NotFound) };
        }
        let provider = Provider::from_label(name).filter(|provider| provider.has_webhook()).ok_or(Error::NotFound)?;
        let sender_domain = match domain {
            None => None,
            Some(domain) if provider.takes_sender_domain() => {
                Some(normalize_domain(domain).ok_or(Error::SenderDomain)?)
            }
            Some(_) => return Err(Error::NotFound),
        };
        Ok(Self::Provider { provider, sender_domain })
    }
}

/// The body of a webhook request with a valid credential.
///
/// Only [`AuthenticRequest::authenticate`] creates one, and only this type can be normalized.
pub struct AuthenticRequest<'a> {
    provider: Provider,
    sender_domain: Option<String>,
    body: Cow<'a, str>,
    received_at: Timestamp,
}

impl<'a> AuthenticRequest<'a> {
    /// Checks the credential, then decodes the body.
    ///
    /// The credential is HTTP Basic, or `?token=<password>` for a provider that sends none.
    ///
    /// # Errors
    /// The credential is missing or wrong, none is configured, it cannot be read now, or the body is malformed.
    pub async fn authenticate(
        request: &'a HttpRequest<'_>,
        provider: Provider,
        sender_domain: Option<String>,
        credentials: &CredentialStore,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let basic = request.header("authorization").and_then(basic_credential);
        let token = request.parameter("token").map(str::as_bytes);
        let accepted = credentials.accept(basic.as_deref(), token, now).await?;
        if !accepted {
            return Err(Error::Credential);
        }
        Ok(Self { provider, sender_domain, body: request.body()?, received_at: now })
    }

    /// Who posted it.
    #[must_use]
    pub const fn provider(&self) -> Provider {
        self.provider
    }

    /// The sender domain that the path names.
    #[must_use]
    pub fn sender_domain(&self) -> Option<&str> {
        self.sender_domain.as_deref()
    }

    /// When it arrived.
    #[must_use]
    pub const fn received_at(&self) -> Timestamp {
        self.received_at
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// Decodes `user:password` of `Basic <base64>` (RFC 7617); the scheme is case-insensitive.
fn basic_credential(header: &str) -> Option<Vec<u8>> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::Route;
    use crate::error::Error;
    use crate::event::Provider;

    /// The sender domain of a route, or `-` for a route without one.
    fn domain_of(path: &str) -> Result<String, Error> {
        match Route::of_path(path)? {
            Route::Provider { sender_domain, .. } => Ok(sender_domain.unwrap_or("-".to_owned())),
            Route::Sns => panic!("{path} is the route of SNS"),
        }
    }

    #[test]
    fn routes_are_those_of_providers_with_a_webhook() {
        let tencent = Route::Provider { provider: Provider::Tencent, sender_domain: None };
        assert_eq!(Route::of_path("/webhooks/sns"), Ok(Route::Sns));
        assert_eq!(Route::of_path("/webhooks/tencent/"), Ok(tencent));
        for path in [
            "/",
            "/webhooks",
            "/webhooks/",
            "/webhooks/ses",
            "/webhooks/sns/x",
            "/webhooks/tencent/example.com",
            "/x/webhooks/sns",
        ] {
            assert_eq!(Route::of_path(path), Err(Error::NotFound), "{path}");
        }
    }

    #[test]
    fn a_path_may_name_the_sender_domain() {
        assert_eq!(domain_of("/webhooks/mailjet"), Ok("-".to_owned()));
        assert_eq!(domain_of("/webhooks/mailjet/Example.COM"), Ok("example.com".to_owned()));
        assert_eq!(domain_of("/webhooks/mailjet/not a domain"), Err(Error::SenderDomain));
        assert_eq!(domain_of("/webhooks/mailjet/example.com/x"), Err(Error::NotFound));
        assert_eq!(domain_of("/webhooks/mailjet//example.com"), Err(Error::NotFound));
    }
}
