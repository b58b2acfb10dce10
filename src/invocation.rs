//! What woke the function: told by the fields that each kind of invocation has and the others have not.

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, Malformed};
use crate::lenient::Str;

/// Headers or query parameters.
type Parameters<'a> = HashMap<Cow<'a, str>, Option<Str<'a>>>;

/// The keys of all kinds of invocation, each optional: one pass decides.
#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(borrow, default, rename = "Records")]
    records: Option<Vec<RecordProbe<'a>>>,
    #[serde(borrow, default)]
    version: Option<Str<'a>>,
    #[serde(borrow, default, rename = "httpMethod")]
    http_method: Option<Str<'a>>,
    #[serde(borrow, default)]
    path: Option<Str<'a>>,
    #[serde(borrow, default, rename = "rawPath")]
    raw_path: Option<Str<'a>>,
    #[serde(borrow, default, rename = "requestContext")]
    context: Option<ContextProbe<'a>>,
    #[serde(borrow, default)]
    headers: Option<Parameters<'a>>,
    #[serde(borrow, default, rename = "queryStringParameters")]
    query: Option<Parameters<'a>>,
    #[serde(borrow, default)]
    body: Option<Str<'a>>,
    #[serde(default, rename = "isBase64Encoded")]
    is_base64: Option<bool>,
}

#[derive(Deserialize)]
struct RecordProbe<'a> {
    #[serde(borrow, default, rename = "EventSource")]
    event_source: Option<Str<'a>>,
    #[serde(borrow, default, rename = "EventSubscriptionArn")]
    subscription_arn: Option<Str<'a>>,
    #[serde(borrow, default, rename = "Sns")]
    sns: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ContextProbe<'a> {
    #[serde(borrow, default)]
    stage: Option<Str<'a>>,
    #[serde(borrow, default)]
    http: Option<HttpProbe<'a>>,
}

#[derive(Deserialize)]
struct HttpProbe<'a> {
    #[serde(borrow, default)]
    method: Option<Str<'a>>,
}

/// One invocation by its kind.
pub enum Invocation<'a> {
    /// SNS invoked the function.
    Sns(Vec<SnsRecord<'a>>),
    /// API Gateway passed a request on.
    Http(HttpRequest<'a>),
}

/// One record of an SNS event.
pub struct SnsRecord<'a> {
    /// The subscription it came by; not signed.
    pub subscription_arn: Cow<'a, str>,
    /// The envelope as it arrived.
    pub envelope: &'a str,
}

/// The payload format of an HTTP invocation, which the answer must have, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadFormat {
    /// 1.0: REST APIs, and HTTP APIs set to it.
    V1,
    /// 2.0: HTTP APIs and function URLs.
    V2,
}

/// A request as API Gateway passes it on.
pub struct HttpRequest<'a> {
    /// The form of the answer.
    pub format: PayloadFormat,
    /// The method, as sent.
    pub method: Cow<'a, str>,
    /// The path without the stage.
    pub path: Cow<'a, str>,
    headers: Parameters<'a>,
    query: Parameters<'a>,
    body: Cow<'a, str>,
    is_base64: bool,
}

impl<'a> Invocation<'a> {
    /// Tells the kind of an invocation.
    ///
    /// # Errors
    /// Malformed where it is neither an SNS event with records nor an HTTP request.
    pub fn detect(json: &'a str) -> Result<Self, Error> {
        let unknown = Error::Malformed(Malformed::Invocation);
        let probe: Probe<'a> = serde_json::from_str(json).map_err(|_| unknown)?;
        if let Some(records) = probe.records {
            let records: Option<Vec<_>> = records.into_iter().map(sns_record).collect();
            let records = records.filter(|records| !records.is_empty());
            return records.map(Self::Sns).ok_or(unknown);
        }
        let v2 = probe.version.as_deref() == Some("2.0");
        let context = probe.context;
        let (format, method, path) = if v2 {
            let stage = context.as_ref().and_then(|context| context.stage.clone());
            let method = context.and_then(|context| context.http).and_then(|http| http.method);
            (PayloadFormat::V2, method, probe.raw_path.map(|path| without_stage(path.0, stage.as_deref())))
        } else {
            (PayloadFormat::V1, probe.http_method, probe.path.map(|path| path.0))
        };
        let (Some(method), Some(path)) = (method, path) else { return Err(unknown) };
        Ok(Self::Http(HttpRequest {
            format,
            method: method.0,
            path,
            headers: probe.headers.unwrap_or_default(),
            query: probe.query.unwrap_or_default(),
            body: probe.body.unwrap_or_default().0,
            is_base64: probe.is_base64.unwrap_or_default(),
        }))
    }
}

fn sns_record(record: RecordProbe<'_>) -> Option<SnsRecord<'_>> {
    if record.event_source.as_deref() != Some("aws:sns") {
        return None;
    }
    Some(SnsRecord { subscription_arn: record.subscription_arn?.0, envelope: record.sns?.get() })
}

/// Format 2.0 puts a named stage before the path.
fn without_stage<'a>(path: Cow<'a, str>, stage: Option<&str>) -> Cow<'a, str> {
    let stage = stage.filter(|stage| *stage != "$default");
    let inner =
        stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage)).filter(|rest| rest.starts_with('/'));
    match inner.map(str::to_owned) {
        Some(inner) => Cow::Owned(inner),
        None => path,
    }
}

impl HttpRequest<'_> {
    /// A header by its name in lower case; format 1.0 keeps the sender's spelling.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        found.1.as_deref()
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
    /// Malformed where it is not the base64 or UTF-8 it is said to be.
    pub fn body(&self) -> Result<Cow<'_, str>, Error> {
        if !self.is_base64 {
            return Ok(Cow::Borrowed(&self.body));
        }
        let malformed = Error::Malformed(Malformed::Encoding);
        let bytes = STANDARD.decode(self.body.as_bytes()).map_err(|_| malformed)?;
        String::from_utf8(bytes).map(Cow::Owned).map_err(|_| malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::{Invocation, PayloadFormat};
    use crate::error::{Error, Malformed};

    fn http(json: &str) -> Option<(PayloadFormat, String, String)> {
        match Invocation::detect(json) {
            Ok(Invocation::Http(request)) => {
                Some((request.format, request.method.into_owned(), request.path.into_owned()))
            }
            _ => None,
        }
    }

    #[test]
    fn a_named_stage_is_no_part_of_the_path() {
        let request = |stage: &str, path: &str| {
            let json = format!(
                r#"{{"version":"2.0","rawPath":"{path}","requestContext":{{"stage":"{stage}","http":{{"method":"POST"}}}}}}"#
            );
            http(&json).map(|(_, _, path)| path)
        };
        assert_eq!(request("$default", "/webhooks/sns").as_deref(), Some("/webhooks/sns"));
        assert_eq!(request("prod", "/prod/webhooks/sns").as_deref(), Some("/webhooks/sns"));
        assert_eq!(request("prod", "/production/x").as_deref(), Some("/production/x"));
    }

    #[test]
    fn format_one_is_told_by_its_method_and_path() {
        let json =
            r#"{"httpMethod":"POST","path":"/webhooks/sns","headers":{"X-Amz-Sns-Message-Type":"Notification"}}"#;
        assert_eq!(http(json), Some((PayloadFormat::V1, "POST".to_owned(), "/webhooks/sns".to_owned())));
        let header = match Invocation::detect(json) {
            Ok(Invocation::Http(request)) => request.header("x-amz-sns-message-type").map(str::to_owned),
            _ => None,
        };
        assert_eq!(header.as_deref(), Some("Notification"));
    }

    #[test]
    fn anything_else_is_a_clear_error() {
        for json in [
            "{}",
            "[]",
            "1",
            "{\"Records\":[]}",
            "{\"Records\":[{\"eventSource\":\"aws:sqs\",\"body\":\"{}\"}]}",
            "{\"Records\":[{\"EventSource\":\"aws:sns\"}]}",
            "{\"Records\":{}}",
            "{\"version\":\"2.0\"}",
            "{\"source\":\"aws.events\"}",
            "{\"httpMethod\":5,\"path\":\"/\"}",
        ] {
            let error = Invocation::detect(json).err();
            assert_eq!(error, Some(Error::Malformed(Malformed::Invocation)), "{json}");
        }
    }
}
