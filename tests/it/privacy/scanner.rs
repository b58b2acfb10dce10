//! The scan itself: it finds a leak of each class, in each form that a log may give it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use mail_feedback::timestamp::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use support::envelope::{lambda_event, notification};
use support::request::post;

use crate::attacks::world::ID;
use crate::output_check::OutputChecker;
use crate::output_check::scan::leaks;
use crate::output_check::secrets::{Class, Secrets};

const REQUEST: &str = "c2b8a1f4-";
const SIGNATURE: &str =
    "EXAMPLEpH+DcEwjAPg8O9mY8dReBSwksfg2S7WKQcikcNKWLQjwu6A4VbeS0QHVCkhRS7fUQvi2egU3N858fiTDN6bkkOxYDVrY0Ad8L";
const TOKEN: &str = "2336412f37fb687f5d51e6e2425929f52e8e353134fe72d55ef8b330217d82da";

/// An SNS event with a secret of every class.
fn event() -> String {
    let message = json!({
        "eventType": "Bounce",
        "bounce": {"bouncedRecipients": [{
            "emailAddress": "\"Jane Doe\" <Jane.Doe+news@Müller.example>",
            "diagnosticCode": "smtp; 550 5.1.1 [192.0.2.44] <other@example.net>: Recipient address rejected by policy",
        }]},
        "click": {
            "ipAddress": "2001:db8::7c",
            "userAgent": "Mozilla/5.0 (X11; Linux) Gecko",
            "link": "https://shop.example.org/unsubscribe?customer=4711-0815-42-x",
        },
        "mail": {"tags": {"customer@example.org": ["a"]}},
    });
    let mut envelope = notification(&message.to_string(), ID, Timestamp::MAX);
    envelope["Signature"] = SIGNATURE.into();
    envelope["Token"] = TOKEN.into();
    lambda_event(&envelope).to_string()
}

/// A request with a credential in each place that has one, and a body in base64.
fn request() -> String {
    let body =
        r#"{"event":"open","email":"sam@example.com","agent":"Thunderbird 140","Payload":"order 4711 of Sam Sample"}"#;
    let headers = json!({"Authorization": format!("Basic {}", STANDARD.encode("mailer:correct horse"))});
    let mut request = post("/webhooks/mailjet", &headers, &STANDARD.encode(body));
    request["rawQueryString"] = "x=y&token=battery%2Dstaple".into();
    request["queryStringParameters"] = json!({"token": "battery-staple"});
    request["requestContext"]["http"]["sourceIp"] = "198.51.100.7".into();
    request["isBase64Encoded"] = true.into();
    request.to_string()
}

/// The parts of the two invocations that must never appear, their class, and their field.
const PLANTED: [(Class, &str, &str); 26] = [
    (Class::Address, "Jane.Doe+news@Müller.example", "emailAddress"),
    (Class::Address, "jane.doe+news@xn--mller-kva.example", "emailAddress"),
    (Class::Address, "jane.doe+news", "emailAddress"),
    (Class::Address, "@müller.example", "emailAddress"),
    (Class::Address, "Jane Doe", "emailAddress"),
    (Class::Address, "other@example.net", "diagnosticCode"),
    (Class::Address, "customer@example.org", "tags, a key"),
    (Class::Ip, "192.0.2.44", "diagnosticCode"),
    (Class::Ip, "2001:db8::7c", "ipAddress"),
    (Class::Link, "https://shop.example.org/unsubscribe?customer=4711-0815-42-x", "link"),
    (Class::Link, "shop.example.org", "link"),
    (Class::Link, "4711-0815-42-x", "link"),
    (Class::Link, "5f0c1a2b3d4e5f60718293a4b5c6d7e8.pem", "SigningCertUrl"),
    (Class::UserAgent, "Mozilla/5.0 (X11; Linux) Gecko", "userAgent"),
    (Class::Signature, SIGNATURE, "Signature"),
    (Class::Token, TOKEN, "Token"),
    (Class::Body, "Recipient address rejected by", "diagnosticCode"),
    (Class::Body, "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "MessageId"),
    (Class::Body, "arn:aws:sns:us-east-1:123456789012:mail-feedback-local", "TopicArn"),
    (Class::Address, "sam@example.com", "body (base64).email"),
    (Class::UserAgent, "Thunderbird 140", "body (base64).agent"),
    (Class::Body, "order 4711 of Sam Sample", "body (base64).Payload"),
    (Class::Ip, "198.51.100.7", "sourceIp"),
    (Class::Token, "battery-staple", "token"),
    (Class::Credential, "bWFpbGVyOmNvcnJlY3QgaG9yc2U=", "Authorization"),
    (Class::Credential, "correct horse", "Authorization"),
];

/// The forms that a text may have in a log.
fn forms(text: &str) -> Vec<(&'static str, String)> {
    let in_json = json!({"level": "WARN", "error": text, "target": "aws_smithy_runtime"}).to_string();
    let escaped = text.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<Vec<_>>().concat();
    let digits = text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let debug = format!("{:?}", Some(json!({"item": {"S": text}}).to_string()));
    vec![
        ("as it is", format!("a line with {text} in it")),
        ("in upper case", text.to_uppercase()),
        ("in JSON", in_json.clone()),
        ("in JSON in JSON in JSON", Value::from(Value::from(in_json).to_string()).to_string()),
        ("in a debug print of JSON, in JSON", json!({"message": format!("failed: {debug}")}).to_string()),
        ("with percent signs", format!("/?x={}", utf8_percent_encode(text, NON_ALPHANUMERIC))),
        ("in escapes of JSON", escaped),
        ("in base64", format!("body={}", STANDARD.encode(text))),
        ("in base64 between other bytes", STANDARD.encode(format!("xy{text}z"))),
        ("in base64 behind letters", format!("ab{}", URL_SAFE_NO_PAD.encode(format!("{{\"v\":\"{text}\"}}")))),
        ("in hexadecimal digits", digits),
        ("as a list of bytes", format!("Bytes {{ inner: {:?} }}", text.as_bytes())),
    ]
}

#[test]
fn a_planted_leak_of_each_class_is_found_in_each_form() {
    let secrets = Secrets::of(&event()).with("request", &request());
    let mut missed = Vec::new();
    for (class, text, place) in PLANTED {
        let found = |written: &str| {
            let leaks = leaks(written, &secrets, &[]);
            leaks.iter().any(|leak| leak.class == class && leak.place.ends_with(place))
        };
        let forms = forms(text);
        missed
            .extend(forms.iter().filter(|(_, form)| !found(form)).map(|(name, _)| format!("{class:?} {text} {name}")));
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_part_of_a_body_is_found_from_24_bytes_on() {
    let secrets = Secrets::of(&event());
    let part = &SIGNATURE[40..];
    assert_eq!(leaks(&part[..23], &secrets, &[]), []);
    assert_eq!(leaks(&part[..24], &secrets, &[])[0].class, Class::Signature);
}

#[test]
fn ids_that_the_log_names_are_no_leak() {
    let id = "059f36b4-87a3-44ab-83d2-661975830a7d";
    let batch = json!({"Records": [{"eventSource": "aws:sqs", "messageId": id, "body": event()}]}).to_string();
    let secrets = Secrets::of(&batch);
    assert_eq!(leaks(&format!("message_id={id}"), &secrets, &[]), []);
    assert!(!leaks("jane.doe+news", &secrets, &[]).is_empty());
    let topic = "arn:aws:sns:us-east-1:123456789012:mail-feedback-local";
    assert_eq!(leaks(topic, &secrets, &[topic.to_owned()]), []);
}

fn checked(line: &str, outcome: &Result<Value, Value>) -> Result<(), String> {
    let environment = [("WEBHOOK_CREDENTIALS", "u:correct horse"), ("SNS_TOPIC_ARNS", "topic-1"), ("EVENT_TABLE", "t")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    OutputChecker::new(&environment, REQUEST).check(line, r#"{"x":"ab@c.de"}"#, outcome)
}

/// The other check: without knowing what is secret, it accepts nothing but the function's vocabulary.
#[test]
fn what_the_function_never_says_is_refused_whatever_it_is() {
    let line = json!({"timestamp": "2026-11-20T09:00:00.000000Z", "level": "WARN", "message": "recorded", "events": 1,
        "request_id": "c2b8a1f4-1", "door": "eventbridge", "table": "t", "target": "mail_feedback::handler::outcome_log"});
    let metrics = json!({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "mail-feedback"}]},
        "invocations": 1, "events.ses": 2, "lag_ms": [5], "signature_version_1_topics": ["topic-1"],
        "request_id": "c2b8a1f4-1", "door": "sns", "events": 2, "duration_ms": 7});
    let good = json!({"statusCode": 200, "body": "{\"events\":1}", "headers": {"content-type": "application/json"}});
    let (line, metrics) =
        (|at: &str, value: Value| with(&line, at, value), |at: &str, value| with(&metrics, at, value));
    assert_eq!(checked(&line("/door", "sns".into()), &Ok(good.clone())), Ok(()));
    let told = json!({"statusCode": 405, "body": "{\"error\":\"method not allowed; use POST\"}"});
    assert_eq!(checked(&line("/door", "http".into()), &Ok(told)), Ok(()));
    assert_eq!(checked(&metrics("/invocations", 2.into()), &Ok(good.clone())), Ok(()));
    let warns = "a dependency logged a warning; see source and line";
    let from_dependencies =
        json!({"target": "mail_feedback::x", "source": "hyper", "line": 7, "message": warns}).to_string();
    assert_eq!(checked(&from_dependencies, &Ok(good.clone())), Ok(()));
    for bad in [
        "thread 'main' panicked at src/main.rs:1:1:".to_owned(),
        line("/message", "recorded for somebody".into()),
        line("/request_id", "another".into()),
        line("/message_id", "m".into()),
        line("/door", "a b".into()),
        line("/label", "no label".into()),
        line("/class", "no class".into()),
        line("/table", "other".into()),
        line("/events", "1".into()),
        line("/target", "mail_feedback somebody".into()),
        line("/further", 1.into()),
        metrics("/further", 1.into()),
        metrics("/events.ses", "x".into()),
        metrics("/request_id", "another".into()),
        metrics("/door", "a b".into()),
        metrics("/events", "1".into()),
        metrics("/duration_ms", "x".into()),
        metrics("/lag_ms/0", "x".into()),
        metrics("/_aws/further", 1.into()),
        metrics("/_aws/CloudWatchMetrics/0/Namespace", "x".into()),
        metrics("/signature_version_1_topics/0", "topic-2".into()),
        line("/source", "a crate of jane".into()),
        // Another crate may name its location, and nothing else.
        json!({"target": "hyper::proto", "level": "WARN", "message": "recorded"}).to_string(),
        json!({"target": "mail_feedback::x", "source": "hyper", "message": "no", "error": "no"}).to_string(),
        json!({"target": "mail_feedback::x", "source": "hyper", "message": "no"}).to_string(),
    ] {
        assert!(checked(&bad, &Ok(good.clone())).is_err(), "{bad}");
    }
    for (at, value) in [
        ("/body", json!("{\"events\":1,\"x\":2}")),
        ("/body", json!("{\"error\":\"no such route as jane\"}")),
        (
            "/body",
            json!("{\"error\":\"credential missing or wrong; use the user and password of the webhook secret\"}"),
        ),
        ("/body", json!("no")),
        ("/statusCode", json!("x")),
        ("/headers/content-type", json!("text/html")),
        ("/further", json!(1)),
        ("/batchItemFailures", json!([{"itemIdentifier": "unasked"}])),
    ] {
        let answer: Value = serde_json::from_str(&with(&good, at, value)).unwrap();
        assert!(checked("", &Ok(answer)).is_err(), "{at}");
    }
    let error = json!({"errorType": "Malformed", "errorMessage": "the body of ab@c.de"});
    assert!(checked("", &Err(error)).is_err());
}

/// A document with another value at one place.
fn with(document: &Value, at: &str, value: Value) -> String {
    let mut changed = document.clone();
    let (parent, key) = at.rsplit_once('/').unwrap();
    match changed.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        object => object[key] = value,
    }
    changed.to_string()
}
