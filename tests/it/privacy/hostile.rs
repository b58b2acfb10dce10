//! Input that nobody sends by mistake: secrets in every place that a receiver may be tempted to quote.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::database::Database;
use support::door::Door;
use support::envelope::lambda_event;
use support::environment::trusting_environment;
use support::request::{authorization, post};

use super::{function, print_uncaptured};
use crate::attacks::world::{MESSAGE, failure_record, signed, tampered};

/// The address that must not appear, whatever it stands for.
const MARK: &str = "jane.doe+vip@müller.example";

/// A request with the mark in one part.
fn request(change: impl FnOnce(&mut Value)) -> Value {
    let body = r#"{"event":"open","time":1763600000,"email":"a@example.com"}"#;
    let mut request = post("/webhooks/mailjet", &authorization(), body);
    change(&mut request);
    request
}

fn requests() -> Vec<Value> {
    let basic = |text: &str| json!({"authorization": format!("Basic {}", STANDARD.encode(text))});
    vec![
        request(|it| it["rawPath"] = format!("/webhooks/{MARK}").into()),
        request(|it| it["rawPath"] = format!("/webhooks/mailjet/{MARK}").into()),
        request(|it| it["requestContext"]["http"]["method"] = MARK.into()),
        request(|it| it["requestContext"]["http"]["sourceIp"] = "203.0.113.77".into()),
        request(|it| it["requestContext"]["http"]["userAgent"] = MARK.into()),
        request(|it| it["requestContext"]["requestId"] = MARK.into()),
        request(|it| it["version"] = MARK.into()),
        request(|it| it["headers"] = basic(&format!("{MARK}:correct horse battery"))),
        request(|it| it["headers"] = basic("local:correct horse battery")),
        request(|it| it["headers"] = json!({"authorization": format!("Bearer {MARK}")})),
        request(|it| it["headers"] = json!({"authorization": ["correct horse battery"]})),
        request(|it| it["headers"] = json!({MARK: MARK, "cookie": "session=correct horse battery"})),
        request(|it| it["headers"] = json!({"x-forwarded-for": "203.0.113.77, 2001:db8::77"})),
        request(|it| it["queryStringParameters"] = json!({"token": "correct horse battery"})),
        request(|it| it["rawQueryString"] = "token=correct%20horse%20battery".into()),
        request(|it| it["isBase64Encoded"] = true.into()),
        request(|it| it["isBase64Encoded"] = MARK.into()),
        request(|it| it["body"] = json!({"email": MARK})),
        request(|it| {
            it["body"] = STANDARD.encode(format!("\u{fffd}{MARK}")).into();
            it["isBase64Encoded"] = true.into();
        }),
    ]
}

/// Webhook bodies, sent with a valid credential.
fn bodies() -> Vec<String> {
    vec![
        MARK.to_owned(),
        format!("{{\"email\":\"{MARK}\""),
        format!("[{{\"email\":\"{MARK}\"}} {{\"ip\":\"203.0.113.77\"}}]"),
        json!({"event": MARK, "email": MARK}).to_string(),
        json!({"event": "bounce", "time": MARK, "email": MARK, "error": MARK, "error_related_to": MARK}).to_string(),
        json!({"event": "click", "email": MARK, "url": format!("https://example.org/?u={MARK}"), "ip": "2001:db8::77",
            "agent": "Mozilla/5.0 of Jane", "geo": MARK, "time": 1_763_600_000})
        .to_string(),
        json!({"event": "unsub", "email": MARK, "mj_list_id": MARK, "time": 1_763_600_000}).to_string(),
        json!({"event": {"email": MARK}, "email": {"address": MARK}, MARK: MARK}).to_string(),
        json!([[MARK], {"event": "spam", "source": MARK, "email": [MARK]}]).to_string(),
        format!("{{\"event\":\"spam\",\"email\":\"{MARK}\",\"email\":\"{MARK}\",\"x\":\"\\ud800\"}}"),
    ]
}

/// Events and batches.
fn events() -> Vec<Value> {
    let bounce = |address: &str| {
        let message = MESSAGE.replace("a@example.com", address);
        signed(|envelope| envelope["Message"] = message.into())
    };
    let envelope = |field: &str| tampered(|envelope| envelope[field] = format!("https://example.org/{MARK}").into());
    let fields =
        ["Type", "MessageId", "TopicArn", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "Token"];
    let mut events: Vec<Value> = fields.iter().map(|field| lambda_event(&envelope(field))).collect();
    events.push(lambda_event(&bounce(MARK)));
    events.push(lambda_event(&signed(|envelope| envelope["Message"] = format!("mail to {MARK} failed").into())));
    events.push(lambda_event(&signed(|envelope| envelope["Subject"] = MARK.into())));
    events.extend(["EventSource", "EventVersion", "EventSubscriptionArn"].map(|field| {
        let mut event = lambda_event(&bounce(MARK));
        event["Records"][0][field] = MARK.into();
        event
    }));
    let bounces = [bounce(MARK).to_string(), failure_record(&bounce(MARK)), envelope("Type").to_string()];
    let bridged = Door::EventBridge.invocation(&bounce(MARK)).unwrap();
    let messages: Vec<String> = bounces.into_iter().chain([bridged, MARK.to_owned()]).chain(bodies()).collect();
    let record = |(n, body): (usize, &String)| {
        json!({"eventSource": "aws:sqs", "messageId": format!("queued-{n}"), "receiptHandle": MARK, "body": body,
            "attributes": {"SenderId": MARK}, "messageAttributes": {MARK: {"stringValue": MARK}}})
    };
    events.push(json!({"Records": messages.iter().enumerate().map(record).collect::<Vec<_>>()}));
    events.extend([
        json!({"source": "aws.ses", "detail-type": MARK, "detail": {"email": MARK}}),
        json!(MARK),
        json!([MARK]),
    ]);
    events
}

#[tokio::test]
async fn hostile_input_leaves_no_trace_in_either_format() {
    for format in ["JSON", "Text"] {
        let database = Database::start().await;
        let mut function = function(trusting_environment(&database), &[("AWS_LAMBDA_LOG_FORMAT", format)]).await;
        let paths = ["/webhooks/mailjet", "/webhooks/tencent", "/webhooks/sns"];
        let posted = bodies().into_iter().flat_map(|body| paths.map(|path| post(path, &authorization(), &body)));
        let all: Vec<Value> = requests().into_iter().chain(posted).chain(events()).collect();
        for payload in &all {
            drop(function.invoke(&payload.to_string()).await);
        }
        let output = function.stop().await;
        for part in ["jane", "+vip", "ller.example", "horse", "203.0.113", "2001:db8", "example.org"] {
            assert!(!output.to_lowercase().contains(part), "{part}");
        }
        print_uncaptured(&format!(
            "{} hostile invocations, log in {format}: {} lines",
            all.len(),
            output.lines().count()
        ));
    }
}
