//! Routes, and the order of checks: route, method, size, credential, body.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::CredentialStore;
use crate::address::normalize_domain;
use crate::error::Error;
use crate::invocation::HttpRequest;
use crate::provider::Provider;
use crate::timestamp::Timestamp;

/// The largest body taken, in bytes; a genuine SNS message of 256 KiB can reach 1.5 MiB once escaped.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Where a request goes.
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
    /// Finds the route of a request and checks method and size.
    ///
    /// # Errors
    /// No such route, another method than POST, or a body above the limit.
    pub fn of(request: &HttpRequest<'_>) -> Result<Self, Error> {
        let route = Self::of_path(&request.path).ok_or(Error::NotFound)?;
        if request.method != "POST" {
            return Err(Error::Method);
        }
        if request.body_bytes() > MAX_BODY_BYTES {
            return Err(Error::TooLarge);
        }
        Ok(route)
    }

    fn of_path(path: &str) -> Option<Self> {
        let mut segments = path.strip_prefix("/webhooks/")?.trim_end_matches('/').split('/');
        let name = segments.next()?;
        let domain = segments.next();
        if segments.next().is_some() {
            return None;
        }
        if name == "sns" {
            return domain.is_none().then_some(Self::Sns);
        }
        let provider = Provider::from_label(name).filter(|provider| provider.has_webhook())?;
        let sender_domain = match domain {
            None => None,
            Some(domain) if provider.takes_sender_domain() => Some(normalize_domain(domain)?),
            Some(_) => return None,
        };
        Some(Self::Provider { provider, sender_domain })
    }
}

/// The body of a webhook request whose credential is right.
///
/// Only [`AuthenticRequest::authenticate`] makes one, and only this can be normalized.
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

    /// When it came in.
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

/// `user:password` out of `Basic <base64>` (RFC 7617); the scheme's case does not matter.
fn basic_credential(header: &str) -> Option<Vec<u8>> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::Route;
    use crate::provider::Provider;

    /// The sender domain of a route, `-` for a route without one.
    fn domain_of(path: &str) -> Option<String> {
        match Route::of_path(path) {
            Some(Route::Provider { sender_domain, .. }) => Some(sender_domain.unwrap_or("-".to_owned())),
            _ => None,
        }
    }

    #[test]
    fn routes_are_those_of_providers_with_a_webhook() {
        let tencent = Route::Provider { provider: Provider::Tencent, sender_domain: None };
        assert_eq!(Route::of_path("/webhooks/sns"), Some(Route::Sns));
        assert_eq!(Route::of_path("/webhooks/tencent/"), Some(tencent));
        for path in [
            "/",
            "/webhooks",
            "/webhooks/",
            "/webhooks/ses",
            "/webhooks/sns/x",
            "/webhooks/tencent/example.com",
            "/x/webhooks/sns",
        ] {
            assert_eq!(Route::of_path(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_may_name_the_sender_domain() {
        assert_eq!(domain_of("/webhooks/mailjet"), Some("-".to_owned()));
        assert_eq!(domain_of("/webhooks/mailjet/Example.COM"), Some("example.com".to_owned()));
        assert_eq!(domain_of("/webhooks/mailjet/not a domain"), None);
        assert_eq!(domain_of("/webhooks/mailjet/example.com/x"), None);
    }
}
