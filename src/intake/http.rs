//! A request as API Gateway, a function URL or a load balancer forwards it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use crate::error::{Error, Malformed};
use crate::lenient::Str;

/// Headers or query parameters.
pub(super) type Parameters<'a> = HashMap<Str<'a>, Option<Str<'a>>>;
/// Headers or query parameters, each with all its values.
pub(super) type MultiParameters<'a> = HashMap<Str<'a>, Option<Vec<Option<Str<'a>>>>>;

/// The payload format of an HTTP invocation, which the answer must use as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadFormat {
    /// 1.0: REST APIs, and HTTP APIs configured for it.
    V1,
    /// 2.0: HTTP APIs and function URLs.
    V2,
    /// That of an Application Load Balancer.
    ///
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
    LoadBalancer {
        /// Whether the target group sends all values of a header, and expects the same of the answer.
        multi_value: bool,
    },
}

/// A request as forwarded to the function.
pub struct HttpRequest<'a> {
    /// The format of the answer.
    pub format: PayloadFormat,
    /// The method, as sent.
    pub method: Cow<'a, str>,
    /// The path without the stage.
    pub path: Cow<'a, str>,
    pub(super) headers: Parameters<'a>,
    pub(super) query: Parameters<'a>,
    pub(super) body: Cow<'a, str>,
    pub(super) is_base64: bool,
}

/// Format 2.0 puts a named stage before the path.
pub(super) fn without_stage<'a>(path: Cow<'a, str>, stage: Option<&str>) -> Cow<'a, str> {
    let stage = stage.filter(|stage| *stage != "$default");
    let inner =
        stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage)).filter(|rest| rest.starts_with('/'));
    match inner.map(str::to_owned) {
        Some(inner) => Cow::Owned(inner),
        None => path,
    }
}

/// The last value of each parameter, which a load balancer also picks if it sends only one.
pub(super) fn last_values(multi: MultiParameters<'_>) -> Parameters<'_> {
    multi.into_iter().map(|(name, values)| (name, values.and_then(|mut values| values.pop()?))).collect()
}

/// Decodes query parameters, which a load balancer forwards encoded.
///
/// Of two spellings of one name, the one that sorts last wins, so that the answer is deterministic.
pub(super) fn decoded(query: Parameters<'_>) -> Parameters<'_> {
    let decode = |text: &str| Str(Cow::Owned(percent_decode_str(text).decode_utf8_lossy().into_owned()));
    let sorted: BTreeMap<_, _> = query.into_iter().collect();
    sorted.into_iter().map(|(name, value)| (decode(&name), value.map(|value| decode(&value)))).collect()
}

impl HttpRequest<'_> {
    /// A header by its lower-case name.
    ///
    /// Format 1.0 keeps the sender's spelling; of two spellings, the one that sorts first wins.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let spellings = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        spellings.min_by_key(|(known, _)| *known)?.1.as_deref()
    }

    /// A parameter of the query string, decoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name)?.as_deref()
    }

    /// The size of the body once decoded, in bytes; for base64 an upper bound.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        if self.is_base64 { self.body.len().div_ceil(4).saturating_mul(3) } else { self.body.len() }
    }

    /// The body as text.
    ///
    /// # Errors
    /// Malformed if it is not valid base64, or not UTF-8.
    pub fn body(&self) -> Result<Cow<'_, str>, Error> {
        if !self.is_base64 {
            return Ok(Cow::Borrowed(&self.body));
        }
        let malformed = Error::Malformed(Malformed::Encoding);
        let bytes = STANDARD.decode(self.body.as_bytes()).map_err(|_| malformed)?;
        String::from_utf8(bytes).map(Cow::Owned).map_err(|_| malformed)
    }
}
