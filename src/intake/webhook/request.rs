//! Routes, and the order of checks: route, method, size, credential, body.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::CredentialStore;
use crate::address::normalize_domain;
use crate::error::Error;
use crate::event::{Provider, Stream};
use crate::intake::HttpRequest;
use crate::timestamp::Timestamp;

/// The largest accepted body, in bytes; a genuine SNS message of 256 KiB can grow to 1.5 MiB when escaped.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The route of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The webhook of a provider: needs a credential.
    Provider(ProviderRoute),
    /// `/webhooks/sns`: the signature of the message is its credential.
    Sns,
}

/// `/webhooks/<provider>[/<sender domain>[/<stream>]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRoute {
    /// Who posts there.
    pub provider: Provider,
    /// The sender domain that the path names.
    pub sender_domain: Option<String>,
    /// The stream that the path names.
    pub stream: Option<Stream>,
}

impl Route {
    /// Finds the route of a request, and checks its method and size.
    ///
    /// # Errors
    /// No such route, an invalid sender domain or stream in the path, a method other than POST, or a body above the limit.
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
        let mut segments = rest.split('/');
        let name = segments.next().unwrap_or_default();
        let (domain, stream, more) = (segments.next(), segments.next(), segments.next());
        if name == "sns" {
            return if domain.is_none() { Ok(Self::Sns) } else { Err(Error::NotFound) };
        }
        let provider = Provider::from_label(name).filter(|provider| provider.has_webhook()).ok_or(Error::NotFound)?;
        let is_unexpected = domain.is_some() && !provider.takes_sender_domain();
        if is_unexpected || domain == Some("") || more.is_some() {
            return Err(Error::NotFound);
        }
        let sender_domain = domain.map(|domain| normalize_domain(domain).ok_or(Error::SenderDomain)).transpose()?;
        let stream = stream.map(|stream| Stream::parse(stream).ok_or(Error::Stream)).transpose()?;
        Ok(Self::Provider(ProviderRoute { provider, sender_domain, stream }))
    }
}

/// The body of a webhook request with a valid credential.
///
/// Only [`AuthenticRequest::authenticate`] creates one, and only this type can be normalized.
pub struct AuthenticRequest<'a> {
    route: ProviderRoute,
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
        route: ProviderRoute,
        credentials: &CredentialStore,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let basic = request.header("authorization").and_then(basic_credential);
        let token = request.parameter("token").map(str::as_bytes);
        let accepted = credentials.accept(basic.as_deref(), token, now).await?;
        if !accepted {
            return Err(Error::Credential);
        }
        Ok(Self { route, body: request.body()?, received_at: now })
    }

    /// Where it was posted.
    #[must_use]
    pub const fn route(&self) -> &ProviderRoute {
        &self.route
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
    use super::{ProviderRoute, Route};
    use crate::error::Error;
    use crate::event::{Provider, Stream};

    /// `domain stream` of a route, `-` for each that it does not name.
    fn sender_of(path: &str) -> Result<String, Error> {
        match Route::of_path(path)? {
            Route::Provider(ProviderRoute { sender_domain, stream, .. }) => {
                let stream = stream.as_ref().map_or("-", Stream::as_str);
                Ok(format!("{} {stream}", sender_domain.as_deref().unwrap_or("-")))
            }
            Route::Sns => panic!("{path} is the route of SNS"),
        }
    }

    #[test]
    fn routes_are_those_of_providers_with_a_webhook() {
        let tencent = Route::Provider(ProviderRoute { provider: Provider::Tencent, sender_domain: None, stream: None });
        assert_eq!(Route::of_path("/webhooks/sns"), Ok(Route::Sns));
        assert_eq!(Route::of_path("/webhooks/tencent/"), Ok(tencent));
        for path in [
            "/",
            "/webhooks",
            "/webhooks/",
            "/webhooks/ses",
            "/webhooks/sns/x",
            "/webhooks/tencent/example.com",
            "/webhooks/tencent/example.com/news",
            "/x/webhooks/sns",
        ] {
            assert_eq!(Route::of_path(path), Err(Error::NotFound), "{path}");
        }
    }

    #[test]
    fn a_path_may_name_the_sender_domain_and_the_stream() {
        for (path, expected) in [
            ("/webhooks/mailjet", "- -"),
            ("/webhooks/mailjet/Example.COM", "example.com -"),
            ("/webhooks/mailjet/example.com/", "example.com -"),
            ("/webhooks/mailjet/Example.COM/Marketing", "example.com marketing"),
            ("/webhooks/mailjet/example.com/order_mail-2/", "example.com order_mail-2"),
        ] {
            assert_eq!(sender_of(path).as_deref(), Ok(expected), "{path}");
        }
        for (path, error) in [
            ("/webhooks/mailjet/not a domain", Error::SenderDomain),
            ("/webhooks/mailjet//example.com", Error::NotFound),
            ("/webhooks/mailjet/example.com/a.b", Error::Stream),
            ("/webhooks/mailjet/example.com/a%20b", Error::Stream),
            ("/webhooks/mailjet/example.com//news", Error::NotFound),
            ("/webhooks/mailjet/example.com/news/x", Error::NotFound),
        ] {
            assert_eq!(sender_of(path), Err(error), "{path}");
        }
    }
}
