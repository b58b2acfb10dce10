//! The doors through which a report reaches the function, each as an invocation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::envelope::lambda_event;
use crate::request::{ACCOUNT, post};

/// A queue of the function.
pub const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:undelivered";

/// A door for an SES message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// SNS invokes the function.
    Lambda,
    /// SNS posts.
    Https,
    /// SNS delivers to a queue.
    Queue,
    /// An invocation by SNS failed, and its record is in a queue.
    FailedQueue,
    /// EventBridge invokes the function.
    EventBridge,
    /// EventBridge could not deliver, and the event is in a queue.
    EventBridgeQueue,
    /// An invocation by EventBridge failed, and its record is in a queue.
    EventBridgeFailedQueue,
}

impl Door {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Lambda,
        Self::Https,
        Self::Queue,
        Self::FailedQueue,
        Self::EventBridge,
        Self::EventBridgeQueue,
        Self::EventBridgeFailedQueue,
    ];

    /// The invocation for an envelope, or for its event; `None` if EventBridge has no such event.
    pub fn invocation(self, envelope: &Value) -> Option<String> {
        let invocation = match self {
            Self::Lambda => lambda_event(envelope),
            Self::Https => post("/webhooks/sns", &json!({}), &envelope.to_string()),
            Self::Queue => queue_event(QUEUE, &[envelope.to_string()]),
            Self::FailedQueue => queue_event(QUEUE, &[failure_record(&lambda_event(envelope))]),
            Self::EventBridge => bridged(envelope)?,
            Self::EventBridgeQueue => queue_event(QUEUE, &[bridged(envelope)?.to_string()]),
            Self::EventBridgeFailedQueue => queue_event(QUEUE, &[failure_record(&bridged(envelope)?)]),
        };
        Some(invocation.to_string())
    }
}

/// A batch of a queue, with the messages `m-<place>`.
pub fn queue_event(queue: &str, bodies: &[String]) -> Value {
    let record = |(place, body): (usize, &String)| {
        json!({"messageId": format!("m-{place}"), "receiptHandle": "h", "body": body, "attributes": {},
            "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": queue})
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// What Lambda writes about an invocation that finally failed.
pub fn failure_record(invocation: &Value) -> String {
    let record = json!({
        "version": "1.0",
        "timestamp": "2026-11-20T09:00:00.000Z",
        "requestContext": {
            "requestId": "7f0c36a1-93c5-4b7e-9d3e-6a1f1f0e2d3c",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:mail-feedback:live",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": invocation,
        "responseContext": {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "Transient", "errorMessage": "unreachable: ..."},
    });
    record.to_string()
}

/// The event of an envelope as EventBridge delivers it, with the id of the SNS message; `None` if the text is not an
/// event.
fn bridged(envelope: &Value) -> Option<Value> {
    let detail: Value = serde_json::from_str(envelope["Message"].as_str()?).ok()?;
    let detail_type = match detail["eventType"].as_str().or(detail["notificationType"].as_str())? {
        "Bounce" => "Email Bounced",
        "Complaint" => "Email Complaint Received",
        "Delivery" => "Email Delivered",
        "Send" => "Email Sent",
        "Reject" => "Email Rejected",
        "Open" => "Email Opened",
        "Click" => "Email Clicked",
        "Rendering Failure" => "Email Rendering Failed",
        "DeliveryDelay" => "Email Delivery Delayed",
        "Subscription" => "Email Subscribed",
        _ => "Something New",
    };
    Some(json!({
        "version": "0",
        "id": envelope["MessageId"],
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": ACCOUNT,
        "time": envelope["Timestamp"],
        "region": "us-east-1",
        "resources": ["arn:aws:ses:us-east-1:123456789012:configuration-set/mail-feedback"],
        "detail": detail,
    }))
}

/// A form in which a request is forwarded to the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestForm {
    /// Payload format 2.0.
    V2,
    /// The same with a body in base64.
    V2Base64,
    /// Payload format 1.0.
    V1,
    /// The same with a body in base64.
    V1Base64,
    /// A load balancer's, with one value per header.
    LoadBalancer,
    /// A load balancer's, with all values of a header, and a body in base64.
    LoadBalancerMultiValue,
}

impl RequestForm {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::V2, Self::V2Base64, Self::V1, Self::V1Base64, Self::LoadBalancer, Self::LoadBalancerMultiValue];

    /// The same request in this form.
    pub fn request(self, sample: &str) -> String {
        let given: Value = serde_json::from_str(sample).expect("a sample is JSON");
        let path = given["rawPath"].as_str().or(given["path"].as_str()).expect("a path");
        let text = given["body"].as_str().expect("a body");
        let body = match given["isBase64Encoded"] {
            Value::Bool(true) => String::from_utf8(STANDARD.decode(text).expect("base64")).expect("UTF-8"),
            _ => text.to_owned(),
        };
        let is_base64 = matches!(self, Self::V2Base64 | Self::V1Base64 | Self::LoadBalancerMultiValue);
        let body = if is_base64 { STANDARD.encode(body) } else { body };
        let query = given["queryStringParameters"].as_object().cloned().unwrap_or_default();
        let mut request = match self {
            Self::V2 | Self::V2Base64 => json!({
                "version": "2.0",
                "rawPath": path,
                "requestContext": {"stage": "$default", "http": {"method": "POST", "path": path}},
            }),
            Self::V1 | Self::V1Base64 => json!({"httpMethod": "POST", "path": path, "requestContext": {"stage": "x"}}),
            Self::LoadBalancer | Self::LoadBalancerMultiValue => {
                json!({"httpMethod": "POST", "path": path, "requestContext": {"elb": {"targetGroupArn": "arn"}}})
            }
        };
        match self {
            Self::V2 | Self::V2Base64 | Self::V1 | Self::V1Base64 => {
                request["headers"] = given["headers"].clone();
                request["queryStringParameters"] = query.into();
            }
            Self::LoadBalancer => {
                request["headers"] = given["headers"].clone();
                request["queryStringParameters"] = encoded(query).into();
            }
            Self::LoadBalancerMultiValue => {
                let headers = given["headers"].as_object().cloned().unwrap_or_default();
                request["multiValueHeaders"] = listed(headers).into();
                request["multiValueQueryStringParameters"] = listed(encoded(query)).into();
            }
        }
        request["body"] = body.into();
        request["isBase64Encoded"] = is_base64.into();
        request.to_string()
    }
}

/// Values as a load balancer forwards them, which is as they were sent.
fn encoded(parameters: Map<String, Value>) -> Map<String, Value> {
    let encode =
        |value: Value| utf8_percent_encode(value.as_str().expect("a text"), NON_ALPHANUMERIC).to_string().into();
    parameters.into_iter().map(|(name, value)| (name, encode(value))).collect()
}

/// Each value as a list of one.
fn listed(parameters: Map<String, Value>) -> Map<String, Value> {
    parameters.into_iter().map(|(name, value)| (name, json!([value]))).collect()
}
