//! How messages are described, one by one and together.

use std::collections::BTreeMap;

use mail_feedback::error::{Disposition, Error, Refusal};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::{AUTHORITY, FOLDER};
use support::envelope::{TOPIC, lambda_event, notification, sign};

use super::super::time;
use mail_feedback::operator::redrive::checks::{Checks, Verdict};
use mail_feedback::operator::redrive::depth::Depth;
use mail_feedback::operator::redrive::diagnosis::Diagnosis;
use mail_feedback::operator::redrive::group::grouped;
use mail_feedback::operator::redrive::listing::QueueListing;
use mail_feedback::operator::redrive::message::Message;
use mail_feedback::operator::redrive::queue::{Kind, Limits};
use mail_feedback::operator::redrive::show::{queue_json, queue_text};

const LIMITS: Limits = Limits { receives: Some(10), retention_s: 14 * 86_400, visibility_s: 180 };
const ID: &str = "165545c9-2a5c-472c-8df2-7ff2be2b3b1b";

fn now() -> Timestamp {
    time("2026-11-20T12:00:00Z")
}

/// An SES report with personal data in every place that can hold it.
fn report() -> String {
    json!({
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "jane@example.com", "diagnosticCode": "550 jane@example.com"}],
            "remoteMtaIp": "192.0.2.1",
        },
        "mail": {"messageId": "0100-mail", "destination": ["jane@example.com"], "timestamp": "2026-11-20T11:00:00Z"},
    })
    .to_string()
}

fn envelope(topic: &str, is_genuine: bool) -> Value {
    let mut envelope = notification(&report(), ID, time("2026-11-20T11:00:00Z"));
    envelope["TopicArn"] = topic.into();
    sign(&mut envelope, &AUTHORITY);
    if !is_genuine {
        envelope["Message"] = report().replace("General", "Suppressed").into();
    }
    envelope
}

/// Lambda's record, as documented.
fn record(condition: &str, response: &Value, payload: &Value) -> String {
    json!({
        "version": "1.0",
        "timestamp": "2026-11-20T11:30:00.000Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:mf:live",
            "condition": condition,
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"},
        "responsePayload": response,
    })
    .to_string()
}

fn failed(error: Error) -> Value {
    json!({"errorType": error.class(), "errorMessage": error.to_string()})
}

fn checks() -> Checks {
    let folder = FOLDER.to_string_lossy().into_owned();
    Checks::of_environment(|name| match name {
        "EVENT_TABLE" | "SUPPRESSION_TABLE" => Some("-".to_owned()),
        "SNS_TOPIC_ARNS" => Some(TOPIC.to_owned()),
        "SNS_TRUST_ANCHORS" => Some(format!("{folder}/root.pem")),
        "SNS_CERTIFICATES" => Some(folder.clone()),
        "EVENTBRIDGE_ACCOUNT_IDS" => Some("123456789012".to_owned()),
        "EVENTBRIDGE_QUEUE_ARNS" => Some("arn:aws:sqs:us-east-1:123456789012:undelivered".to_owned()),
        // A file on the function's host, which must not matter here.
        "SSL_CERT_FILE" => Some("/etc/pki/not/here".to_owned()),
        _ => None,
    })
}

async fn described(body: String, attributes: &[(&str, &str)], checks: &Checks) -> Diagnosis {
    let attributes: BTreeMap<_, _> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let sent_at = Some(time("2026-11-20T11:40:00Z"));
    let message = Message { id: "m-1".into(), body, attributes, sent_at, received: 3, ..Message::default() };
    Diagnosis::of(message, LIMITS, checks, now()).await
}

#[tokio::test]
async fn each_error_of_the_function_is_shown_with_its_advice_and_whether_to_retry() {
    for error in Error::all() {
        let body = record("RetriesExhausted", &failed(error), &lambda_event(&envelope(TOPIC, true)));
        let told = described(body, &[], &Checks::none("not asked".to_owned())).await;
        assert_eq!(told.reason.to_string(), format!("RetriesExhausted: {} {}", error.class(), error.label()));
        assert_eq!(told.retry(), error.disposition() == Disposition::Retry, "{error}");
        assert!(told.advice().starts_with(error.advice()), "{}", told.advice());
        assert_eq!(told.advice().contains("--delete"), !told.retry(), "{}", told.advice());
    }
}

/// An EventBridge event from an account.
fn bridged(account: &str) -> Value {
    json!({"version": "0", "id": "e-1", "detail-type": "Email Bounced", "source": "aws.ses", "account": account,
        "detail": serde_json::from_str::<Value>(&report()).unwrap()})
}

/// What Lambda itself writes, and what SNS and EventBridge say about what they could not deliver.
#[tokio::test]
async fn errors_from_outside_the_function_are_shown_too() {
    let payload = lambda_event(&envelope(TOPIC, true));
    let lambda = |condition: &str, kind: &str, text: &str| {
        record(condition, &json!({"errorType": kind, "errorMessage": text}), &payload)
    };
    let crash = "RequestId: e4b46cbf Error: Runtime exited with error: signal: killed";
    let bare =
        json!({"version": "1.0", "requestContext": {"condition": "EventAgeExceeded"}, "requestPayload": payload});
    let unread = json!({"requestPayload": payload, "responsePayload": "text"});
    let sns =
        [("ErrorCode", "403"), ("ErrorMessage", "SNS is not authorized to invoke the function"), ("RequestID", "r")];
    let bridge = [("ERROR_CODE", "NO_PERMISSIONS"), ("ERROR_MESSAGE", "no permission"), ("RULE_ARN", "arn:rule")];
    let event = bridged("123456789012");
    let of_event = record(
        "RetriesExhausted",
        &json!({"errorMessage": "2026-11-20T11:00:00Z e4b Task timed out after 30.03 seconds"}),
        &event,
    );
    for (body, attributes, form, why, advice) in [
        (
            lambda("RetriesExhausted", "Runtime.ExitError", crash),
            &[][..],
            "Lambda's record",
            "RetriesExhausted: the function crashed",
            "roll back",
        ),
        (
            lambda("RetriesExhausted", "", crash),
            &[],
            "Lambda's record",
            "RetriesExhausted: the function crashed",
            "roll back",
        ),
        (
            lambda("RetriesExhausted", "Sandbox.Timedout", "RequestId: x Error: Task timed out after 30.00 seconds"),
            &[],
            "Lambda's record",
            "RetriesExhausted: the function ran out of time",
            "Duration",
        ),
        (
            lambda("RetriesExhausted", "Panic", "byte 3 of jane@example.com"),
            &[],
            "Lambda's record",
            "RetriesExhausted: Panic",
            "log of the request",
        ),
        (bare.to_string(), &[], "Lambda's record", "EventAgeExceeded: no attempt is recorded", "waited too long"),
        (unread.to_string(), &[], "Lambda's record", "no condition: no attempt is recorded", "log of the request"),
        (of_event, &[], "Lambda's record", "RetriesExhausted: the function ran out of time", "Duration"),
        (
            envelope(TOPIC, true).to_string(),
            &sns,
            "SNS message",
            "not delivered: 403, SNS is not authorized to invoke the function",
            "UndeliveredAlarm",
        ),
        (envelope(TOPIC, true).to_string(), &[], "SNS message", "the message does not say", "unavailable"),
        (
            event.to_string(),
            &bridge,
            "EventBridge event",
            "not delivered: NO_PERMISSIONS, no permission",
            "UndeliveredAlarm",
        ),
        (
            event.to_string(),
            &[("ERROR_CODE", "SDK_CLIENT_ERROR")],
            "EventBridge event",
            "not delivered: SDK_CLIENT_ERROR",
            "UndeliveredAlarm",
        ),
    ] {
        let told = described(body, attributes, &checks()).await;
        assert_eq!((told.payload.as_str(), told.reason.to_string().as_str()), (form, why));
        assert!(told.retry() && told.advice().contains(advice), "{why}: {}", told.advice());
        let report = &told.reports[0];
        assert_eq!((report.event.as_str(), report.recipients), ("Bounce Permanent General", 1), "{form}");
        assert_eq!(report.ses_message_id.as_deref(), Some("0100-mail"));
    }
}

/// No record says why a parked message failed; the function's checks do, with its own settings.
#[tokio::test]
async fn the_checks_of_the_function_tell_what_can_never_succeed() {
    let refused = |why| Verdict::Refused(Error::Unauthentic(why));
    let other = TOPIC.replace("local", "other");
    let record_of = |envelope: &Value| record("RetriesExhausted", &json!(null), &lambda_event(envelope));
    let mut foreign = lambda_event(&envelope(TOPIC, true));
    foreign["Records"][0]["EventSubscriptionArn"] = "arn:aws:sns:us-east-1:123456789012:else:1".into();
    for (body, verdict) in [
        (envelope(TOPIC, true).to_string(), Verdict::Passes),
        (record_of(&envelope(TOPIC, true)), Verdict::Passes),
        (envelope(TOPIC, false).to_string(), refused(Refusal::Signature)),
        (record_of(&envelope(TOPIC, false)), refused(Refusal::Signature)),
        (envelope(&other, true).to_string(), refused(Refusal::Topic)),
        (record("RetriesExhausted", &json!(null), &foreign), refused(Refusal::Subscription)),
        (report(), refused(Refusal::RawDelivery)),
        (bridged("123456789012").to_string(), Verdict::Passes),
        (record("RetriesExhausted", &json!(null), &bridged("123456789012")), Verdict::Passes),
        (bridged("999999999999").to_string(), refused(Refusal::EventBridge)),
    ] {
        let told = described(body, &[], &checks()).await;
        assert_eq!(told.now, verdict);
        assert_eq!(told.retry(), verdict == Verdict::Passes, "{verdict:?}");
    }
    for garbage in
        ["", "garbage", "5", "[", "{\"requestPayload\":5}", "{\"Type\":5}", "{\"requestPayload\":{\"Records\":[5]}}"]
    {
        let told = described(garbage.to_owned(), &[], &checks()).await;
        assert!(matches!(told.now, Verdict::Refused(Error::Malformed(_))), "{garbage}: {:?}", told.now);
        assert!(!told.retry() && told.advice().contains("--delete"), "{garbage}: {}", told.advice());
    }
}

/// A corrected setting shows: the record describes the past, the checks the present.
#[tokio::test]
async fn what_was_refused_and_passes_now_can_be_sent() {
    let past = failed(Error::Unauthentic(Refusal::Topic));
    let body = record("RetriesExhausted", &past, &lambda_event(&envelope(TOPIC, true)));
    let told = described(body, &[], &checks()).await;
    assert_eq!(told.reason.to_string(), "RetriesExhausted: Unauthentic topic");
    assert_eq!((told.now.words().as_str(), told.retry()), ("passes the checks of the function", true));
    assert_eq!(told.advice(), "the message passes the checks now; then send it");
}

#[tokio::test]
async fn settings_that_name_files_of_the_function_leave_it_unchecked() {
    let checks = Checks::of_environment(|name| match name {
        "EVENT_TABLE" | "SUPPRESSION_TABLE" => Some("-".to_owned()),
        "SNS_TRUST_ANCHORS" => Some("/opt/certificates/roots.pem".to_owned()),
        _ => None,
    });
    let told = described(envelope(TOPIC, false).to_string(), &[], &checks).await;
    assert_eq!(told.now.words(), "not checked: the function's SNS_TRUST_ANCHORS cannot be used here");
    assert!(told.retry(), "nothing speaks against it");
}

#[tokio::test]
async fn one_reason_is_one_group_and_nothing_personal_is_shown_unasked() {
    let unchecked = Checks::none("not asked".to_owned());
    let forbidden = json!({"errorType": "Transient", "errorMessage": "forbidden: jane@example.com"});
    let mut found = Vec::new();
    for response in [&forbidden, &json!({"errorType": "Panic", "errorMessage": "jane@example.com"}), &forbidden] {
        let body = record("RetriesExhausted", response, &lambda_event(&envelope(TOPIC, true)));
        found.push(described(body, &[], &unchecked).await);
    }
    found[2].message.sent_at = Some(time("2026-11-19T00:00:00Z"));
    found[2].receives_left = Some(0);
    let groups = grouped(&found);
    assert_eq!(groups.iter().map(|group| group.messages.len()).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(groups[0].messages[0].message.sent_at, found[2].message.sent_at, "the oldest first");

    let depth = Depth { waiting: 5, hidden: 1 };
    let shown = QueueListing { kind: Kind::Failed, depth, limits: LIMITS, found, passed_over: 0 };
    let text = queue_text(&shown, false);
    let json = queue_json(&shown, false).to_string();
    for word in ["jane", "192.0.2.1", "550"] {
        assert!(!text.contains(word) && !json.contains(word), "{word}: {text}{json}");
    }
    for word in [
        "FailedQueue: 6 messages, 1 of them",
        "2 x Lambda's record",
        "RetriesExhausted: Transient forbidden",
        "the next look or attempt parks it",
        "until  2026-12-04T11:40:00.000Z",
        "request e4b46cbf-b738-xmpl-8880-a18cdf61200e",
        "3 more were not looked at",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let text = queue_text(&shown, true);
    assert!(text.contains("jane@example.com"), "{text}");
    let json = queue_json(&shown, true);
    assert_eq!(json["groups"][0]["count"], 2);
    assert_eq!(json["groups"][0]["messages"][0]["reports"][0]["addresses"], json!(["jane@example.com"]));
    assert_eq!(json["groups"][0]["messages"][0]["body"], shown.found[2].message.body);
}
