//! The ways by which one message of SES reaches the function, each as the invocation that it becomes.

use serde_json::{Value, json};

use super::envelope::lambda_event;
use super::function::{ACCOUNT, post};

/// A queue of the function.
pub const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:undelivered";

/// One way in.
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

    /// The invocation by which an envelope comes, or the event in it; `None` where EventBridge has no such event.
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

/// A batch of a queue, its messages `m-<place>`.
pub fn queue_event(queue: &str, bodies: &[String]) -> Value {
    let record = |(place, body): (usize, &String)| {
        json!({"messageId": format!("m-{place}"), "receiptHandle": "h", "body": body, "attributes": {},
            "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": queue})
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// What Lambda writes of an invocation that failed for good.
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

/// The event of an envelope as EventBridge brings it, its id that of the SNS message; `None` where the text is no event.
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
