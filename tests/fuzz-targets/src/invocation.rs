//! Whole invocations through the handler: the answer fits the kind of invocation, and refused input leaves no trace.
//!
//! A digit as the first byte wraps the rest in an invocation of that kind, with a valid credential or signature, so
//! that mutations reach the code behind them; anything else is a raw invocation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_feedback::error::Error;
use mail_feedback::intake::sns::Envelope;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use support::envelope::lambda_event;
use support::request::{CREDENTIALS, authorization, post};

use super::signed;
use super::world::{ACCOUNT, QUEUE, World};

/// The possible statuses of an HTTP answer.
const STATUSES: [i64; 8] = [200, 400, 401, 403, 404, 405, 413, 503];
/// The statuses whose answer says what to do.
const EXPLAINED: [i64; 4] = [400, 404, 405, 413];
/// A message that is recorded.
const GOOD: &str = r#"{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"a@example.com"}],
    "feedbackId":"f"},"mail":{"timestamp":"2026-11-20T09:00:00.000Z","messageId":"m","destination":["a@example.com"]}}"#;

/// Checks bytes as an invocation, or as the content of one.
pub fn run(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    match kind {
        b'0' => webhook(&post("/webhooks/mailjet/example.com", &authorization(), &text), is_batch(&text)),
        b'1' => webhook(&base64_request(rest), std::str::from_utf8(rest).is_ok_and(is_batch)),
        b'2' => webhook(&load_balancer(&text), is_batch(&text)),
        b'3' => sns_event(&text),
        b'4' => queue(&text),
        b'5' => sns_request(&signed::envelope(&text).to_string(), true),
        b'6' => sns_request(&text, false),
        b'7' => failed_invocation(&text),
        b'8' => bridged_event(&text),
        _ => drop(judged(&String::from_utf8_lossy(input))),
    }
}

/// The answer to an invocation, after its form was checked.
fn judged(payload: &str) -> (Result<Value, Error>, usize) {
    let (answer, writes) = World::with(|world| world.invoke(payload));
    let Ok(response) = &answer else {
        assert_eq!(writes, 0, "what failed left a trace");
        return (answer, writes);
    };
    if let Some(failures) = response.get("batchItemFailures") {
        let failures = failures.as_array().expect("a list");
        assert!(failures.iter().all(|failure| failure["itemIdentifier"].is_string()));
    } else if let Some(status) = response.get("statusCode") {
        let status = status.as_i64().expect("a number");
        assert!(STATUSES.contains(&status), "{status}");
        if status == 200 {
            let body: Value = serde_json::from_str(response["body"].as_str().expect("a text")).expect("JSON");
            counted(&body, writes);
        } else {
            let body = response["body"].as_str().expect("a text");
            assert_eq!((says_why(body), writes), (EXPLAINED.contains(&status), 0), "{status} leaves no trace: {body}");
        }
    } else {
        counted(response, writes);
    }
    (answer, writes)
}

/// Whether a body explains in one sentence what to do; otherwise it must be empty.
fn says_why(body: &str) -> bool {
    let sentence =
        serde_json::from_str::<Value>(body).ok().and_then(|body| Some(!body.get("error")?.as_str()?.is_empty()));
    assert_eq!(sentence.is_none(), body.is_empty(), "{body} is neither a sentence nor nothing");
    sentence.unwrap_or_default()
}

/// Each event is one item, and each record of an address one more.
fn counted(response: &Value, writes: usize) {
    let events = response["events"].as_u64().expect("a number");
    assert!(usize::try_from(events).is_ok_and(|events| events <= writes && (events > 0 || writes == 0)));
}

fn is_batch(text: &str) -> bool {
    let value = serde_json::from_str::<&RawValue>(text);
    value.is_ok_and(|value| value.get().starts_with(['{', '[']))
}

/// An authentic request succeeds exactly if its body is an object or an array.
fn webhook(request: &Value, is_batch: bool) {
    let (answer, _) = judged(&request.to_string());
    let expected = if is_batch { 200 } else { 400 };
    assert_eq!(answer.expect("requests are answered")["statusCode"], expected);
}

fn base64_request(body: &[u8]) -> Value {
    json!({
        "path": "/webhooks/tencent", "httpMethod": "POST", "headers": authorization(),
        "body": STANDARD.encode(body), "isBase64Encoded": true,
    })
}

fn load_balancer(body: &str) -> Value {
    let (_, password) = CREDENTIALS.split_once(':').expect("user and password");
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": "POST", "path": "/webhooks/mailjet",
        "multiValueQueryStringParameters": {"token": [password]}, "multiValueHeaders": {}, "body": body,
    })
}

/// Whatever a verified message contains is recorded.
fn sns_event(text: &str) {
    let (answer, _) = judged(&lambda_event(&signed::envelope(text)).to_string());
    assert!(answer.is_ok());
}

/// The two genuine ones of three messages are not redelivered.
fn queue(text: &str) {
    let message = |id: &str, body: &str| json!({"eventSource": "aws:sqs", "messageId": id, "body": body});
    let (genuine, good) = (signed::envelope(text).to_string(), signed::envelope(GOOD).to_string());
    let batch = json!({"Records": [message("genuine", &genuine), message("raw", text), message("good", &good)]});
    let (answer, writes) = judged(&batch.to_string());
    let answer = answer.expect("batches are answered");
    let failures = answer["batchItemFailures"].as_array().expect("a list");
    assert!(failures.iter().all(|failure| failure["itemIdentifier"] == "raw"));
    assert!(writes >= 2, "the event of the good one, and its suppression");
}

fn sns_request(body: &str, genuine: bool) {
    let (answer, _) = judged(&post("/webhooks/sns", &json!({}), body).to_string());
    let status = answer.expect("requests are answered")["statusCode"].clone();
    if genuine {
        assert_eq!(status, 200);
    } else if Envelope::parse(body).is_err() {
        assert!(status == 400 || status == 403);
    }
}

/// Lambda's record of a failed invocation.
fn failed_invocation(text: &str) {
    let payload = lambda_event(&signed::envelope(text));
    let record = json!({"version": "1.0", "requestPayload": payload, "responsePayload": text}).to_string();
    let batch = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": record}]});
    let (answer, _) = judged(&batch.to_string());
    assert_eq!(answer.expect("batches are answered"), json!({"batchItemFailures": []}));
}

/// Whatever an EventBridge event contains is recorded, both as an invocation and from the allowed queue.
fn bridged_event(text: &str) {
    let Ok(detail) = serde_json::from_str::<&RawValue>(text) else { return };
    let event = format!(
        r#"{{"version":"0","id":"e","detail-type":"Email Bounced","source":"aws.ses","account":"{ACCOUNT}","detail":{detail}}}"#
    );
    assert!(judged(&event).0.is_ok());
    for (queue, failures) in
        [(QUEUE, json!([])), ("arn:aws:sqs:us-east-1:123456789012:other", json!([{"itemIdentifier": "m"}]))]
    {
        let message = json!({"eventSource": "aws:sqs", "eventSourceARN": queue, "messageId": "m", "body": event});
        let (answer, _) = judged(&json!({"Records": [message]}).to_string());
        assert_eq!(answer.expect("batches are answered"), json!({"batchItemFailures": failures}));
    }
}
