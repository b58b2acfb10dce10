//! Keeps other sites away from the pages of this machine.
//!
//! A page of any other site can make the browser send requests here, and a name of its own can lead to this machine (DNS
//! rebinding). So the host must be this one by its number or as `localhost`; what changes anything must come from these
//! pages, with a token that only they contain; and no page may be framed.

use std::net::SocketAddr;
use std::sync::LazyLock;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::super::Failure;
use crate::view::STYLE;

/// The port that browsers leave out.
const DEFAULT_PORT: u16 = 80;

/// Why a request is refused.
pub(super) type Refusal = (StatusCode, &'static str);

/// The value of `Content-Security-Policy`: nothing but the page's own style, and forms to its own host.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// What requests must have.
pub(super) struct Guard {
    hosts: Vec<String>,
    /// What only these pages know.
    pub(super) token: String,
}

impl Guard {
    /// The guard of a server at an address.
    pub(super) fn new(address: SocketAddr) -> Result<Self, Failure> {
        let mut secret = [0_u8; 32];
        rand::fill(&mut secret).map_err(|_| "the system has no random numbers")?;
        let mut hosts = vec![address.to_string(), format!("localhost:{}", address.port())];
        if address.port() == DEFAULT_PORT {
            hosts.extend([address.ip().to_string(), "localhost".to_owned()]);
        }
        Ok(Self { hosts, token: URL_SAFE_NO_PAD.encode(secret) })
    }

    /// Refuses what another site may have caused.
    pub(super) fn admits(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let host = text("host").unwrap_or_default();
        if !self.hosts.iter().any(|known| known == host) {
            return Err((StatusCode::MISDIRECTED_REQUEST, "The address in the browser is not one of this machine."));
        }
        if !matches!(*method, Method::GET | Method::HEAD | Method::POST) {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "Only GET and POST are answered."));
        }
        let is_own = if *method == Method::POST {
            text("origin").is_none_or(|origin| origin == format!("http://{host}"))
                && text("sec-fetch-site").is_none_or(|site| site == "same-origin")
        } else {
            // A link elsewhere may lead here, but no other site may load a page into one of its own.
            text("sec-fetch-site").is_none_or(|site| ["same-origin", "none"].contains(&site))
                || (text("sec-fetch-mode"), text("sec-fetch-dest")) == (Some("navigate"), Some("document"))
        };
        if is_own { Ok(()) } else { Err((StatusCode::FORBIDDEN, "The request comes from another site.")) }
    }

    /// Checks the token of a form.
    pub(super) fn check(&self, token: &str) -> Result<(), Refusal> {
        let is_known = verify_slices_are_equal(token.as_bytes(), self.token.as_bytes()).is_ok();
        let refusal = (StatusCode::FORBIDDEN, "The form is not from this run. Load the page again.");
        if is_known { Ok(()) } else { Err(refusal) }
    }
}

/// A page, with the headers that every answer has.
pub(super) fn respond(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let policy = HeaderValue::from_str(&POLICY).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Without any referrer, a browser would not say which site a form is from.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (header::HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ];
    response.headers_mut().extend(headers);
    response
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

    use super::Guard;

    fn status(method: &Method, pairs: &[(&'static str, &'static str)]) -> u16 {
        let guard = Guard::new(([127, 0, 0, 1], 8800).into()).unwrap();
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let headers: HeaderMap = pairs.collect();
        guard.admits(method, &headers).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn only_this_machine_by_its_number_or_localhost() {
        for (host, expected) in [
            ("127.0.0.1:8800", 200),
            ("localhost:8800", 200),
            ("127.0.0.1:8801", 421),
            ("127.0.0.1", 421),
            ("evil.example:8800", 421),
            ("127.0.0.1:8800.evil.example", 421),
            ("", 421),
        ] {
            assert_eq!(status(&Method::GET, &[("host", host)]), expected, "{host}");
        }
        assert_eq!(status(&Method::GET, &[]), 421);
    }

    #[test]
    fn a_browser_leaves_out_the_default_port() {
        let guard = Guard::new(([127, 0, 0, 1], 80).into()).unwrap();
        for host in ["127.0.0.1", "localhost", "127.0.0.1:80", "localhost:80"] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static("host"), HeaderValue::from_static(host))]);
            assert!(guard.admits(&Method::GET, &headers).is_ok(), "{host}");
        }
    }

    #[test]
    fn another_site_may_only_link_to_a_page() {
        let host = ("host", "127.0.0.1:8800");
        let status = |site, mode, dest| {
            let fetch = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
            status(&Method::GET, &[[host].as_slice(), fetch.as_slice()].concat())
        };
        for (site, mode, dest, expected) in [
            ("none", "navigate", "document", 200),
            ("same-origin", "navigate", "document", 200),
            ("same-origin", "no-cors", "image", 200),
            ("cross-site", "navigate", "document", 200),
            ("cross-site", "navigate", "iframe", 403),
            ("cross-site", "no-cors", "image", 403),
            ("cross-site", "no-cors", "document", 403),
            ("same-site", "cors", "empty", 403),
        ] {
            assert_eq!(status(site, mode, dest), expected, "{site} {mode} {dest}");
        }
        assert_eq!(self::status(&Method::GET, &[host, ("sec-fetch-site", "cross-site")]), 403);
    }

    #[test]
    fn a_form_must_come_from_these_pages() {
        let host = ("host", "127.0.0.1:8800");
        for (more, expected) in [
            (("origin", "http://127.0.0.1:8800"), 200),
            (("sec-fetch-site", "same-origin"), 200),
            (("origin", "http://localhost:8800"), 403),
            (("origin", "https://evil.example"), 403),
            (("origin", "null"), 403),
            (("sec-fetch-site", "cross-site"), 403),
            (("sec-fetch-site", "same-site"), 403),
        ] {
            assert_eq!(status(&Method::POST, &[host, more]), expected, "{more:?}");
        }
        assert_eq!(status(&Method::PUT, &[host]), 405);
    }

    #[test]
    fn each_run_has_its_own_token() {
        let guards = [0, 1].map(|_| Guard::new(([127, 0, 0, 1], 8800).into()).unwrap());
        let [one, other] = &guards;
        assert!(one.check(&one.token).is_ok() && one.token.len() == 43);
        assert!(one.check(&other.token).is_err() && one.check("").is_err());
    }
}
