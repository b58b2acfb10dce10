//! SNS messages at both doors, with a certificate authority of the tests' own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use mail_feedback::config::Config;
use mail_feedback::error::Error;
use mail_feedback::handler::Handler;
use mail_feedback::sns::{CertificateSource, Fetcher};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::support::authority::{AUTHORITY, Request};
use crate::support::database::{Database, EVENTS, SUPPRESSIONS, text};
use crate::support::envelope::{TOPIC, certificate_url, lambda_event, notification, sign};
use crate::support::function::{custom_handler, environment, invoke, post};

const ID: &str = "165545c9-2a5c-472c-8df2-7ff2be2b3b1b";
const MESSAGE: &str = r#"{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General",
    "bouncedRecipients":[{"emailAddress":"a@example.com","action":"failed","status":"5.1.1"}],
    "timestamp":"2026-11-20T09:00:01.000Z","feedbackId":"f"},"mail":{"timestamp":"2026-11-20T09:00:00.000Z",
    "messageId":"m","destination":["a@example.com"],"sendingAccountId":"123456789012"}}"#;

/// A connector that counts the requests and answers each with one body, or not at all.
#[derive(Clone, Debug)]
struct Host {
    requests: Arc<AtomicUsize>,
    answer: Option<(u16, String)>,
}

impl Host {
    fn serving(status: u16, body: &str) -> Self {
        Self { requests: Arc::default(), answer: Some((status, body.to_owned())) }
    }

    fn unreachable() -> Self {
        Self { requests: Arc::default(), answer: None }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

impl HttpConnector for Host {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.requests.fetch_add(1, Ordering::Relaxed);
        assert!(request.uri().starts_with("https://sns.us-east-1.amazonaws.com/"), "{}", request.uri());
        HttpConnectorFuture::ready(match &self.answer {
            None => Err(ConnectorError::io("unreachable".into())),
            Some((status, body)) => Ok(HttpResponse::new((*status).try_into().unwrap(), SdkBody::from(body.as_str()))),
        })
    }
}

/// A function that trusts the tests' authority, fetches from `host`, and has the rest of the local environment.
async fn function(host: &Host, more: &[(&str, &str)]) -> (Arc<Handler>, Database) {
    let database = Database::start().await;
    let mut settings = environment(&database);
    settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    settings.push(("SNS_CERTIFICATES".to_owned(), String::new()));
    let lookup = |name: &str| settings.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let roots = std::env::temp_dir().join(format!("mail-feedback-root-{}.pem", std::process::id()));
    std::fs::write(&roots, &AUTHORITY.root).unwrap();
    let anchored = |name: &str| match name {
        "SNS_TRUST_ANCHORS" => Some(roots.to_string_lossy().into_owned()),
        _ => lookup(name),
    };
    let trust = Config::from_lookup(anchored).unwrap().trust;
    let mut handler = custom_handler(&database, &settings);
    handler.verifier.certificates = CertificateSource::new(trust, None, Fetcher::over(host.clone()));
    (Arc::new(handler), database)
}

fn signed(change: impl FnOnce(&mut Value)) -> Value {
    let mut envelope = notification(MESSAGE, ID, Timestamp::now());
    change(&mut envelope);
    sign(&mut envelope, &AUTHORITY);
    envelope
}

async fn over_https(handler: &Arc<Handler>, envelope: &Value) -> i64 {
    let request = post("/webhooks/sns", &json!({"content-type": "text/plain"}), &envelope.to_string());
    invoke(handler, &request.to_string()).await.unwrap()["statusCode"].as_i64().unwrap()
}

/// The label of the failure of a Lambda event, `ok` without one.
async fn over_lambda(handler: &Arc<Handler>, envelope: &Value) -> &'static str {
    invoke(handler, &lambda_event(envelope).to_string()).await.map_or_else(Error::label, |_| "ok")
}

#[tokio::test]
async fn a_genuine_message_passes_both_doors_with_one_fetch_and_one_effect() {
    let host = Host::serving(200, &AUTHORITY.leaf);
    let (handler, database) = function(&host, &[]).await;
    let envelope = signed(|_| {});
    assert_eq!(over_lambda(&handler, &envelope).await, "ok");
    let first = (database.scan(EVENTS).await, database.scan(SUPPRESSIONS).await);
    assert_eq!(over_https(&handler, &envelope).await, 200);
    assert_eq!(over_lambda(&handler, &envelope).await, "ok");
    assert_eq!((database.scan(EVENTS).await, database.scan(SUPPRESSIONS).await), first);
    assert_eq!((first.0.len(), first.1.len(), host.requests()), (1, 1, 1));
}

#[tokio::test]
async fn the_lambda_label_may_understate_the_version_and_the_https_label_may_not() {
    let host = Host::serving(200, &AUTHORITY.leaf);
    let (handler, _) = function(&host, &[]).await;
    let envelope = signed(|envelope| envelope["SignatureVersion"] = "1".into());
    assert_eq!(over_lambda(&handler, &envelope).await, "ok");
    assert_eq!(over_https(&handler, &envelope).await, 403);
}

#[tokio::test]
async fn what_is_refused_by_its_own_text_is_refused_before_any_fetch() {
    let host = Host::serving(200, &AUTHORITY.leaf);
    let (handler, database) = function(&host, &[]).await;
    let fine = certificate_url();
    let urls = [
        fine.replace("https", "http"),
        fine.replace("https", "HTTPS"),
        fine.replace("sns.us", "SNS.us"),
        fine.replace("us-east-1", "eu-west-1"),
        fine.replace("amazonaws.com", "amazonaws.com.cn"),
        fine.replace("amazonaws.com", "amazonaws.com.evil.example"),
        fine.replace("amazonaws.com", "amazonaws.com."),
        fine.replace("amazonaws.com", "amazonaws.com:443"),
        fine.replace("sns.us-east-1", "sns.s3-us-west-2"),
        fine.replace("https://", "https://user@"),
        fine.replace("amazonaws.com/", "amazonaws.com\\@evil.example/"),
        fine.replace(".pem", ".pem?x"),
        fine.replace(".pem", ".pem#x"),
        fine.replace(".pem", "0.pem"),
        fine.replace("5f0c", "5F0C"),
        fine.replace("/Simple", "//Simple"),
        format!(" {fine}"),
        format!("{fine}\n"),
        fine.repeat(5000),
        String::new(),
    ];
    for url in urls {
        let envelope = signed(|envelope| envelope["SigningCertURL"] = url.as_str().into());
        assert_eq!(over_lambda(&handler, &envelope).await, "certificate_url", "{url:.90}");
        assert_eq!(over_https(&handler, &envelope).await, 403, "{url:.90}");
    }
    let foreign = [
        "arn:aws:sns:us-east-1:999999999999:mail-feedback-local".to_owned(),
        format!("{TOPIC}x"),
        format!("{TOPIC}:1"),
        TOPIC.to_uppercase(),
        "*".to_owned(),
    ];
    for topic in foreign {
        let envelope = signed(|envelope| envelope["TopicArn"] = topic.as_str().into());
        assert_eq!(over_lambda(&handler, &envelope).await, "topic", "{topic}");
        assert_eq!(over_https(&handler, &envelope).await, 403, "{topic}");
    }
    for version in ["3", "", " 2", "02"] {
        let envelope = signed(|envelope| envelope["SignatureVersion"] = version.into());
        assert_eq!(over_lambda(&handler, &envelope).await, "signature_version", "{version}");
    }
    assert_eq!(host.requests(), 0);
    assert_eq!(database.scan(EVENTS).await.len(), 0);
}

#[tokio::test]
async fn a_changed_field_breaks_the_signature_and_an_unsigned_one_does_not() {
    let host = Host::serving(200, &AUTHORITY.leaf);
    let (handler, _) = function(&host, &[]).await;
    let genuine = signed(|envelope| envelope["Subject"] = "s".into());
    let changes = [
        ("Message", json!("{}")),
        ("MessageId", json!("265545c9-2a5c-472c-8df2-7ff2be2b3b1b")),
        ("Subject", json!("t")),
        ("Subject", Value::Null),
        ("Timestamp", json!((Timestamp::now().minus_days(1)).to_string())),
        ("Signature", json!(AUTHORITY.sign("another text"))),
        ("Signature", json!("AAAA")),
        ("Signature", json!("!!!!")),
        ("Signature", json!("")),
        ("Signature", json!(genuine["Signature"].as_str().unwrap().trim_end_matches('='))),
        ("Signature", json!(AUTHORITY.sign_with(&aws_lc_rs::signature::RSA_PKCS1_SHA512, "x"))),
    ];
    for (field, value) in changes {
        let mut envelope = genuine.clone();
        envelope[field] = value;
        assert_eq!(over_lambda(&handler, &envelope).await, "signature", "{field}");
    }
    let mut harmless = genuine;
    harmless["UnsubscribeURL"] = "https://evil.example/".into();
    harmless["MessageAttributes"] = json!({"admin": {"Type": "String", "Value": "true"}});
    assert_eq!(over_lambda(&handler, &harmless).await, "ok");
}

#[tokio::test]
async fn the_same_signed_bytes_in_another_split_are_refused() {
    let host = Host::serving(200, &AUTHORITY.leaf);
    let (handler, _) = function(&host, &[]).await;
    let other = "11111111-1111-1111-1111-111111111111";
    let original = signed(|envelope| envelope["Message"] = format!("x\nMessageId\n{other}\nSubject\ny").into());
    assert_eq!(over_lambda(&handler, &original).await, "ok");
    let mut split = original;
    split["Message"] = "x".into();
    split["MessageId"] = other.into();
    split["Subject"] = format!("y\nMessageId\n{ID}").into();
    assert_eq!(over_lambda(&handler, &split).await, "grammar");
}

#[tokio::test]
async fn age_is_judged_by_the_door() {
    let host = Host::serving(200, &AUTHORITY.leaf);
    let (handler, _) = function(&host, &[("SNS_MAX_AGE_SECONDS", "172800")]).await;
    let minutes_ago = |minutes: i64| Timestamp::from_millis(Timestamp::now().millis() - minutes * 60_000).unwrap();
    for (minutes, lambda, https) in [
        (0, "ok", 200),
        (74, "ok", 200),
        (76, "ok", 403),
        (2879, "ok", 403),
        (2881, "age", 403),
        (-4, "ok", 200),
        (-6, "age", 403),
    ] {
        let envelope = signed(|envelope| envelope["Timestamp"] = minutes_ago(minutes).to_string().into());
        assert_eq!(over_lambda(&handler, &envelope).await, lambda, "{minutes} minutes");
        assert_eq!(over_https(&handler, &envelope).await, https, "{minutes} minutes");
    }
}

#[tokio::test]
async fn a_certificate_must_be_one_of_sns() {
    let names =
        |names: &[&str]| Request { names: names.iter().map(|&name| name.to_owned()).collect(), ..Request::default() };
    let bad = [
        AUTHORITY.certificate(&names(&["evil.example"])),
        AUTHORITY.certificate(&names(&["*.amazonaws.com"])),
        AUTHORITY.certificate(&names(&["sns-signing.af-south-1.amazonaws.com"])),
        AUTHORITY.certificate(&names(&[])),
        AUTHORITY.certificate(&Request { years: (2020, 2021), ..Request::default() }),
        AUTHORITY.certificate(&Request { years: (2080, 2090), ..Request::default() }),
        AUTHORITY.certificate(&Request { usage: rcgen::ExtendedKeyUsagePurpose::ClientAuth, ..Request::default() }),
        crate::support::authority::Authority::new().leaf,
        AUTHORITY.root.clone(),
        format!("<xml>\n{}</xml>\n", AUTHORITY.leaf),
        format!("{}{}", AUTHORITY.leaf, AUTHORITY.root),
        String::new(),
    ];
    for pem in bad {
        let host = Host::serving(200, &pem);
        let (handler, database) = function(&host, &[]).await;
        assert_eq!(over_lambda(&handler, &signed(|_| {})).await, "certificate", "{pem:.60}");
        assert_eq!(over_https(&handler, &signed(|_| {})).await, 403);
        assert_eq!((host.requests(), database.scan(EVENTS).await.len()), (1, 0), "a refusal is remembered");
    }
}

#[tokio::test]
async fn an_unreachable_certificate_is_transient_and_the_budget_bounds_the_attempts() {
    for host in
        [Host::unreachable(), Host::serving(404, ""), Host::serving(302, ""), Host::serving(200, &"x".repeat(20_000))]
    {
        let (handler, _) = function(&host, &[]).await;
        for n in 0..20 {
            let url = certificate_url().replace("5f0c1a2b", &format!("{n:08x}"));
            let envelope = signed(|envelope| envelope["SigningCertURL"] = url.as_str().into());
            assert_eq!(over_lambda(&handler, &envelope).await, "certificate_fetch");
            assert_eq!(over_https(&handler, &envelope).await, 503);
        }
        assert_eq!(host.requests(), 6);
    }
}

#[tokio::test]
async fn subscriptions_are_confirmed_only_where_that_is_wanted() {
    let token = "2336412f37fb687f5d51e6e2425929f52e8e353134fe72d55ef8b330217d82da";
    let url = format!("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={token}");
    let confirmation = |kind: &str, url: &str| {
        signed(|envelope| {
            envelope["Type"] = kind.into();
            envelope["Token"] = token.into();
            envelope["SubscribeURL"] = url.into();
        })
    };
    for (auto, kind, url, expected, requests) in [
        ("true", "SubscriptionConfirmation", url.as_str(), 200, 2),
        ("false", "SubscriptionConfirmation", url.as_str(), 200, 1),
        ("true", "UnsubscribeConfirmation", url.as_str(), 200, 1),
        ("true", "SubscriptionConfirmation", "https://evil.example/", 403, 0),
        ("true", "SubscriptionConfirmation", &url.replace("local&", "other&"), 403, 0),
    ] {
        let host = Host::serving(200, &AUTHORITY.leaf);
        let (handler, _) = function(&host, &[("SNS_AUTO_CONFIRM", auto)]).await;
        let envelope = confirmation(kind, url);
        assert_eq!(over_https(&handler, &envelope).await, expected, "{kind} {url}");
        assert_eq!(host.requests(), requests, "{kind} {url}");
        assert_ne!(over_lambda(&handler, &envelope).await, "ok", "SNS confirms Lambda subscriptions itself");
    }
}

#[tokio::test]
async fn headers_must_agree_and_raw_delivery_is_refused() {
    let host = Host::serving(200, &AUTHORITY.leaf);
    let (handler, _) = function(&host, &[]).await;
    let body = signed(|_| {}).to_string();
    for (headers, body, expected) in [
        (json!({"X-Amz-Sns-Message-Type": "Notification", "x-amz-sns-topic-arn": TOPIC}), body.as_str(), 200),
        (json!({"x-amz-sns-message-type": "SubscriptionConfirmation"}), &body, 403),
        (json!({"x-amz-sns-topic-arn": "arn:aws:sns:us-east-1:123456789012:other"}), &body, 403),
        (json!({"x-amz-sns-message-id": "other"}), &body, 403),
        (json!({"x-amz-sns-rawdelivery": "true"}), MESSAGE, 403),
        (json!({}), MESSAGE, 403),
        (json!({}), "[]", 400),
        (json!({}), "not json", 400),
    ] {
        let request = post("/webhooks/sns", &headers, body);
        let answer = invoke(&handler, &request.to_string()).await.unwrap();
        assert_eq!((&answer["statusCode"], &answer["body"] == ""), (&json!(expected), expected != 200), "{headers}");
    }
}

#[tokio::test]
async fn foreign_accounts_and_subscriptions_are_refused() {
    let host = Host::serving(200, &AUTHORITY.leaf);
    let (handler, _) = function(&host, &[("SES_ACCOUNT_IDS", "999999999999")]).await;
    assert_eq!(over_lambda(&handler, &signed(|_| {})).await, "account");
    let (handler, _) = function(&host, &[("SES_ACCOUNT_IDS", "999999999999,123456789012")]).await;
    assert_eq!(over_lambda(&handler, &signed(|_| {})).await, "ok");
    let mut event = lambda_event(&signed(|_| {}));
    event["Records"][0]["EventSubscriptionArn"] = "arn:aws:sns:us-east-1:123456789012:other:1".into();
    assert_eq!(invoke(&handler, &event.to_string()).await.unwrap_err().label(), "subscription");
}

#[tokio::test]
async fn version_one_is_admitted_by_configuration_only() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sha1");
    let envelope: Value =
        serde_json::from_str(&std::fs::read_to_string(fixtures.join("notification.json")).unwrap()).unwrap();
    for (allowed, expected) in [("false", "signature"), ("true", "ok")] {
        let database = Database::start().await;
        let mut settings = environment(&database);
        for (name, value) in [("SNS_CERTIFICATES", ""), ("SNS_TRUST_ANCHORS", "root.pem")] {
            settings.push((name.to_owned(), fixtures.join(value).to_string_lossy().into_owned()));
        }
        settings.push(("SNS_ALLOW_SHA1".to_owned(), allowed.to_owned()));
        let handler = Arc::new(custom_handler(&database, &settings));
        assert_eq!(over_lambda(&handler, &envelope).await, expected);
        let mut relabelled = envelope.clone();
        relabelled["SignatureVersion"] = "2".into();
        assert_eq!(over_lambda(&handler, &relabelled).await, "signature");
    }
}

#[tokio::test]
async fn text_that_is_no_event_is_kept_once_verified() {
    let host = Host::serving(200, &AUTHORITY.leaf);
    let (handler, database) = function(&host, &[]).await;
    for message in ["hello", "7", "[]", "{\"no\":\"event\"}", "{\"eventType\":5}"] {
        let envelope = signed(|envelope| envelope["Message"] = message.into());
        assert_eq!(over_https(&handler, &envelope).await, 200);
    }
    let test = signed(|envelope| {
        envelope["Message"] = "Successfully validated SNS topic for Amazon SES event publishing.".into();
    });
    assert_eq!(over_https(&handler, &test).await, 200);
    let events = database.scan(EVENTS).await;
    assert_eq!(events.len(), 5);
    assert!(events.values().all(|item| text(item, "kind") == "unknown" && !text(item, "raw").is_empty()));
}
