//! Detects the kind of an invocation in one pass over its JSON.
use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::{HttpRequest, PayloadFormat, decoded, last_values, without_stage};
use super::http::{MultiParameters, Parameters};
use super::queue::QueuedMessage;
use super::records::Records;
use crate::error::{Error, Malformed};
use crate::intake::event_bridge::{EventBridgeEvent, Origin, SOURCE};
use crate::intake::sns::{Delivery, Envelope, Fields};
use crate::lenient::{Object, Str};
use crate::timestamp::Timestamp;

/// The keys of all kinds of invocation, each optional; `S` is the part of an SNS message that this pass reads.
#[derive(Deserialize)]
#[serde(bound(deserialize = "S: Deserialize<'de>"))]
struct Probe<'a, S> {
    #[serde(default = "Option::default", rename = "Records")]
    records: Option<Records<RecordProbe<'a, S>>>,
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
    #[serde(borrow, default, rename = "multiValueHeaders")]
    multi_headers: Option<MultiParameters<'a>>,
    #[serde(borrow, default, rename = "queryStringParameters")]
    query: Option<Parameters<'a>>,
    #[serde(borrow, default, rename = "multiValueQueryStringParameters")]
    multi_query: Option<MultiParameters<'a>>,
    #[serde(borrow, default)]
    body: Option<Str<'a>>,
    #[serde(default, rename = "isBase64Encoded")]
    is_base64: Option<bool>,
    #[serde(borrow, default)]
    source: Option<Str<'a>>,
    #[serde(borrow, default)]
    id: Option<Str<'a>>,
    #[serde(borrow, default)]
    account: Option<Str<'a>>,
    #[serde(borrow, default)]
    time: Option<Str<'a>>,
}

/// A record of SNS, whose keys are capitalized, or of SQS, whose keys are not.
#[derive(Deserialize)]
#[serde(bound(deserialize = "S: Deserialize<'de>"))]
struct RecordProbe<'a, S> {
    #[serde(borrow, default, rename = "EventSource")]
    sns_source: Option<Str<'a>>,
    #[serde(borrow, default, rename = "EventSubscriptionArn")]
    subscription_arn: Option<Str<'a>>,
    #[serde(default = "Option::default", rename = "Sns")]
    sns: Option<S>,
    #[serde(borrow, default, rename = "eventSource")]
    sqs_source: Option<Str<'a>>,
    #[serde(borrow, default, rename = "messageId")]
    message_id: Option<Str<'a>>,
    #[serde(borrow, default, rename = "eventSourceARN")]
    queue_arn: Option<Str<'a>>,
    #[serde(borrow, default)]
    body: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct ContextProbe<'a> {
    #[serde(borrow, default)]
    stage: Option<Str<'a>>,
    #[serde(borrow, default)]
    http: Option<MethodProbe<'a>>,
    #[serde(borrow, default)]
    elb: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct MethodProbe<'a> {
    #[serde(borrow, default)]
    method: Option<Str<'a>>,
}

/// One invocation by its kind.
pub enum Invocation<'a> {
    /// SNS invoked the function.
    Sns(Vec<Result<Delivery<'a>, Error>>),
    /// Messages of an SQS queue: SNS deliveries, or events that failed before.
    Queue(Vec<QueuedMessage<'a>>),
    /// An EventBridge rule invoked the function with an SES event.
    EventBridge(EventBridgeEvent<'a>),
    /// API Gateway, a function URL or a load balancer forwarded a request.
    Http(HttpRequest<'a>),
}

/// What one pass reads of an SNS message.
trait ReadMessage<'a>: Deserialize<'a> {
    /// The envelope; `None` if this pass cannot tell what is wrong.
    fn envelope(self) -> Option<Result<Envelope<'a>, Error>>;
}

/// The usual case: the pass that detects the kind of invocation also reads the fields.
impl<'a> ReadMessage<'a> for Object<Fields<'a>> {
    fn envelope(self) -> Option<Result<Envelope<'a>, Error>> {
        self.0.map(Envelope::of)
    }
}

/// The second pass, after the first one failed: it distinguishes a broken message from a broken invocation.
impl<'a> ReadMessage<'a> for &'a RawValue {
    fn envelope(self) -> Option<Result<Envelope<'a>, Error>> {
        Some(Envelope::parse(self.get()))
    }
}

impl<'a> Invocation<'a> {
    /// Detects the kind of an invocation.
    ///
    /// # Errors
    /// Malformed if it is neither an SNS or SQS event with records, nor an SES event, nor an HTTP request.
    pub fn detect(json: &'a str) -> Result<Self, Error> {
        let invocation = Self::read_as::<Object<Fields<'a>>>(json).or_else(|| Self::read_as::<&'a RawValue>(json));
        invocation.ok_or(Error::Malformed(Malformed::Invocation))
    }

    fn read_as<S: ReadMessage<'a>>(json: &'a str) -> Option<Self> {
        let mut probe: Probe<'a, S> = serde_json::from_str(json).ok()?;
        match probe.records.take() {
            Some(Records(records)) => from_records(records),
            None if probe.is_of_ses() => event_bridge_event(probe, json).map(Self::EventBridge),
            None => http_request(probe).map(Self::Http),
        }
    }
}

impl<S> Probe<'_, S> {
    /// Whether it is an SES event from EventBridge and has no key of a request.
    fn is_of_ses(&self) -> bool {
        let is_request = self.context.is_some() || self.http_method.is_some() || self.raw_path.is_some();
        self.source.as_deref() == Some(SOURCE) && !is_request
    }
}

/// The records of one source; no service mixes them.
fn from_records<'a, S: ReadMessage<'a>>(records: Vec<RecordProbe<'a, S>>) -> Option<Invocation<'a>> {
    if records.first()?.sqs_source.is_some() {
        records.into_iter().map(queued_message).collect::<Option<_>>().map(Invocation::Queue)
    } else {
        records.into_iter().map(sns_record).collect::<Option<_>>().map(Invocation::Sns)
    }
}

/// The delivery of a record, or what is wrong with it; `None` if it is not an SNS record.
fn sns_record<'a, S: ReadMessage<'a>>(record: RecordProbe<'a, S>) -> Option<Result<Delivery<'a>, Error>> {
    if record.sns_source.as_deref() != Some("aws:sns") {
        return None;
    }
    let (subscription_arn, envelope) = (record.subscription_arn?, record.sns?.envelope()?);
    Some(envelope.and_then(|envelope| Delivery::invoked(envelope, &subscription_arn)))
}

fn queued_message<S>(record: RecordProbe<'_, S>) -> Option<QueuedMessage<'_>> {
    if record.sqs_source.as_deref() != Some("aws:sqs") {
        return None;
    }
    let queue_arn = record.queue_arn.unwrap_or_default().0;
    Some(QueuedMessage { id: record.message_id?.0, queue_arn, body: record.body?.0 })
}

fn event_bridge_event<'a, S>(probe: Probe<'a, S>, json: &'a str) -> Option<EventBridgeEvent<'a>> {
    let time = probe.time.and_then(|time| Timestamp::parse(&time));
    Some(EventBridgeEvent { id: probe.id?.0, account: probe.account?.0, time, text: json, origin: Origin::Invocation })
}

fn http_request<S>(probe: Probe<'_, S>) -> Option<HttpRequest<'_>> {
    let v2 = probe.version.as_deref() == Some("2.0");
    let context = probe.context;
    let is_elb = context.as_ref().is_some_and(|context| context.elb.is_some());
    let multi_value = probe.headers.is_none() && probe.multi_headers.is_some();
    let (headers, query) = if is_elb {
        let headers = probe.headers.or_else(|| probe.multi_headers.map(last_values));
        (headers, probe.query.or_else(|| probe.multi_query.map(last_values)).map(decoded))
    } else {
        (probe.headers, probe.query)
    };
    let (format, method, path) = if is_elb {
        (PayloadFormat::LoadBalancer { multi_value }, probe.http_method, probe.path.map(|path| path.0))
    } else if v2 {
        let stage = context.as_ref().and_then(|context| context.stage.clone());
        let method = context.and_then(|context| context.http).and_then(|http| http.method);
        (PayloadFormat::V2, method, probe.raw_path.map(|path| without_stage(path.0, stage.as_deref())))
    } else {
        (PayloadFormat::V1, probe.http_method, probe.path.map(|path| path.0))
    };
    Some(HttpRequest {
        format,
        method: method?.0,
        path: path?,
        headers: headers.unwrap_or_default(),
        query: query.unwrap_or_default(),
        body: probe.body.unwrap_or_default().0,
        is_base64: probe.is_base64.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::Invocation;
    use crate::error::{Error, Malformed};
    use crate::intake::{HttpRequest, PayloadFormat};
    use crate::timestamp::Timestamp;

    fn http<T>(json: &str, read: impl Fn(&HttpRequest<'_>) -> T) -> Option<T> {
        match Invocation::detect(json) {
            Ok(Invocation::Http(request)) => Some(read(&request)),
            _ => None,
        }
    }

    #[test]
    fn a_named_stage_is_not_part_of_the_path() {
        let request = |stage: &str, path: &str| {
            let json = format!(
                r#"{{"version":"2.0","rawPath":"{path}","requestContext":{{"stage":"{stage}","http":{{"method":"POST"}}}}}}"#
            );
            http(&json, |request| request.path.to_string())
        };
        assert_eq!(request("$default", "/webhooks/sns").as_deref(), Some("/webhooks/sns"));
        assert_eq!(request("prod", "/prod/webhooks/sns").as_deref(), Some("/webhooks/sns"));
        assert_eq!(request("prod", "/production/x").as_deref(), Some("/production/x"));
    }

    #[test]
    fn format_one_is_recognized_by_its_method_and_path() {
        let json =
            r#"{"httpMethod":"POST","path":"/webhooks/sns","headers":{"X-Amz-Sns-Message-Type":"Notification"}}"#;
        let detected = http(json, |request| (request.format, request.method.to_string(), request.path.to_string()));
        assert_eq!(detected, Some((PayloadFormat::V1, "POST".to_owned(), "/webhooks/sns".to_owned())));
        let header = http(json, |request| request.header("x-amz-sns-message-type").map(str::to_owned));
        assert_eq!(header.flatten().as_deref(), Some("Notification"));
    }

    /// Format 1.0 repeats headers and query in maps that this code does not read.
    #[test]
    fn a_null_among_repeated_values_fails_no_request() {
        let json = r#"{"httpMethod":"POST","path":"/x","multiValueHeaders":{"a":null,"b":[null,"c"]},
            "multiValueQueryStringParameters":{"a":[null]}}"#;
        assert_eq!(http(json, |request| request.format), Some(PayloadFormat::V1));
        let elb = json.replacen('{', r#"{"requestContext":{"elb":{}},"#, 1);
        let detected = http(&elb, |request| (request.header("a").is_some(), request.header("b").map(str::to_owned)));
        assert_eq!(detected, Some((false, Some("c".to_owned()))));
    }

    #[test]
    fn a_load_balancer_is_recognized_by_its_context_and_its_query_is_decoded_here() {
        let plain = r#"{"requestContext":{"elb":{"targetGroupArn":"arn"}},"httpMethod":"POST","path":"/webhooks/tencent",
            "queryStringParameters":{"tok%65n":"a%2Bb+c%","token":"last"},"headers":{"authorization":"Basic x"},"body":"{}"}"#;
        let multi = r#"{"requestContext":{"elb":{"targetGroupArn":"arn"}},"httpMethod":"POST","path":"/webhooks/tencent",
            "multiValueQueryStringParameters":{"token":["first","a%2Bb"]},"multiValueHeaders":{"Authorization":["one","two"]}}"#;
        let read = |request: &HttpRequest<'_>| {
            let of = |text: Option<&str>| text.unwrap_or("-").to_owned();
            (request.format, of(request.header("authorization")), of(request.parameter("token")))
        };
        let format = |multi_value| PayloadFormat::LoadBalancer { multi_value };
        let detected = http(multi, read);
        assert_eq!(detected, Some((format(true), "two".to_owned(), "a+b".to_owned())));
        assert_eq!(http(plain, read), Some((format(false), "Basic x".to_owned(), "last".to_owned())));
        let encoded = plain.replace(r#","token":"last""#, "");
        assert_eq!(http(&encoded, read), Some((format(false), "Basic x".to_owned(), "a+b+c%".to_owned())));
    }

    #[test]
    fn messages_of_a_queue_keep_their_ids() {
        let json =
            r#"{"Records":[{"eventSource":"aws:sqs","eventSourceARN":"arn","messageId":"m-1","body":"{\"a\":1}"}]}"#;
        let detected: Vec<_> = match Invocation::detect(json) {
            Ok(Invocation::Queue(messages)) => {
                messages.into_iter().map(|message| (message.id, message.queue_arn, message.body)).collect()
            }
            _ => Vec::new(),
        };
        assert_eq!(detected, [("m-1".into(), "arn".into(), "{\"a\":1}".into())]);
    }

    #[test]
    fn an_ses_event_is_recognized_by_its_source() {
        let json = r#"{"version":"0","id":"e-1","detail-type":"Email Bounced","source":"aws.ses","account":"123456789012",
            "time":"2026-11-20T09:00:02Z","region":"us-east-1","resources":[],"detail":{"bounce":{"x":"\ud83d"}}}"#;
        let detected = match Invocation::detect(json) {
            Ok(Invocation::EventBridge(event)) => Some((event.id, event.account, event.time, event.text)),
            _ => None,
        };
        let time = Timestamp::parse("2026-11-20T09:00:02.000Z");
        assert_eq!(detected, Some(("e-1".into(), "123456789012".into(), time, json)));
    }

    #[test]
    fn anything_else_is_a_clear_error() {
        for json in [
            "{}",
            "[]",
            "1",
            "{\"Records\":[]}",
            "{\"Records\":[{\"eventSource\":\"aws:sqs\",\"body\":\"{}\"}]}",
            "{\"Records\":[{\"eventSource\":\"aws:sqs\",\"messageId\":\"1\"}]}",
            "{\"Records\":[{\"eventSource\":\"aws:s3\",\"messageId\":\"1\",\"body\":\"{}\"}]}",
            "{\"Records\":[{\"EventSource\":\"aws:sns\"}]}",
            "{\"Records\":[{\"eventSource\":\"aws:sqs\",\"messageId\":\"1\",\"body\":\"{}\"},{\"EventSource\":\"aws:sns\"}]}",
            "{\"Records\":{}}",
            "{\"version\":\"2.0\"}",
            "{\"source\":\"aws.events\",\"id\":\"1\",\"account\":\"123456789012\"}",
            "{\"source\":\"aws.ses\",\"id\":\"1\"}",
            "{\"source\":\"aws.ses\",\"account\":\"123456789012\"}",
            "{\"source\":\"aws.ses\",\"id\":1,\"account\":\"123456789012\"}",
            "{\"httpMethod\":5,\"path\":\"/\"}",
            "{\"requestContext\":{\"elb\":{}}}",
        ] {
            let error = Invocation::detect(json).err();
            assert_eq!(error, Some(Error::Malformed(Malformed::Invocation)), "{json}");
        }
    }
}
