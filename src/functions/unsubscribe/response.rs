//! The answer to a request: status, headers and page.

use aws_lambda_events::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use aws_lambda_events::http::{HeaderMap, HeaderValue};

use super::Unsubscriber;
use crate::error::Error;
use crate::handler::Answer;
use crate::intake::HttpRequest;
use crate::telemetry::LinkOutcome;
use crate::unsubscribe::{CONTENT_SECURITY_POLICY as POLICY, Language, Page};

/// An answer that is not bound to a request yet.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) outcome: LinkOutcome,
    /// The page; `None`: no body.
    pub(super) html: Option<String>,
}

/// Headers of every answer: it is for one recipient, and the URL is a secret.
const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (VARY, "Accept-Language"),
];

impl Response {
    /// An answer without a body.
    pub(super) const fn empty(status: u16, outcome: LinkOutcome) -> Self {
        Self { status, outcome, html: None }
    }

    /// The answer to a request; one to HEAD has the headers of a page and no body.
    pub(super) fn answer(self, request: &HttpRequest<'_>, language: Language) -> Answer {
        let mut headers: HeaderMap =
            HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect();
        if self.html.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.as_str()));
        }
        if let Ok(policy) = HeaderValue::from_str(&POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        match self.status {
            405 => drop(headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"))),
            503 => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("60"))),
            _ => {}
        }
        let body = self.html.filter(|_| request.method != "HEAD").unwrap_or_default();
        Answer::response(request.format, self.status, headers, body)
    }
}

impl Unsubscriber {
    /// The one page for whatever is wrong with a link.
    pub(super) fn refused(&self, language: Language) -> (u16, LinkOutcome, String) {
        (404, LinkOutcome::Refused, Page::Refused.html(language, &self.sender))
    }

    /// The answer to a request that failed.
    pub(super) fn failed(&self, error: Error, language: Language) -> Response {
        let html = (error.status() == 503).then(|| Page::Unavailable.html(language, &self.sender));
        Response { status: error.status(), outcome: LinkOutcome::Malformed, html }
    }
}
