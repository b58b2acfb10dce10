//! Published SNS messages, and synthetic cases next to them, as whole invocations.
//!
//! The vectors are not part of the repository: without them these tests print a notice and do nothing.

use std::io::Write;
use std::path::{Path, PathBuf};

use harness::function::{InProcess, custom_handler};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::database::{Database, EVENTS};
use support::environment::environment;
use support::request::post;

use crate::real_binary::invoke_both;

fn vectors() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/sns-vectors");
    let found = folder.is_dir();
    if !found {
        // Written past the test runner's capture, so that nobody mistakes this for a pass.
        let _ = writeln!(std::io::stderr(), "NOT RUN: no published SNS messages in {}", folder.display());
    }
    found.then_some(folder)
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn march_2026() -> Timestamp {
    Timestamp::parse("2026-03-06T20:05:00.000Z").unwrap()
}

fn january_2026() -> Timestamp {
    Timestamp::parse("2026-01-01T00:05:00.000Z").unwrap()
}

fn with(environment: &[(String, String)], more: &[(&str, String)]) -> Vec<(String, String)> {
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    environment.iter().cloned().chain(more).collect()
}

#[tokio::test]
async fn published_messages_with_a_chain_pass_the_whole_verifier() {
    let Some(vectors) = vectors() else { return };
    let folder = vectors.join("java-v2-2026");
    let database = Database::start().await;
    let mut passed = 0;
    for file in std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let envelope = read(&file);
        let settings = [
            ("SNS_TOPIC_ARNS", envelope["TopicArn"].as_str().unwrap().to_owned()),
            ("SNS_CERTIFICATES", folder.to_string_lossy().into_owned()),
            ("SNS_TRUST_ANCHORS", String::new()),
            ("SNS_ALLOW_SHA1", "true".to_owned()),
        ];
        let settings = with(&environment(&database), &settings);
        let handler = custom_handler(&database, &settings, |_, clients| clients.clock = march_2026);
        let answer = invoke_both(&handler, &delivery(&envelope)).await.unwrap();
        assert_eq!(answer["statusCode"], 200, "{}", file.display());
        passed += 1;
    }
    assert_eq!(passed, 5);
}

#[tokio::test]
async fn synthetic_cases_come_out_as_their_list_says() {
    let Some(vectors) = vectors() else { return };
    let folder = vectors.join("synthetic");
    let list = read(&folder.join("cases.json"));
    let certificates = tempfile("synthetic");
    let leaf = std::fs::read(folder.join("leaf-good.pem")).unwrap();
    std::fs::write(certificates.join(format!("SimpleNotificationService-{}.pem", "0".repeat(32))), leaf).unwrap();
    let database = Database::start().await;
    let settings = [
        ("SNS_TOPIC_ARNS", list["topic_arn"].as_str().unwrap().to_owned()),
        ("SNS_CERTIFICATES", certificates.to_string_lossy().into_owned()),
        ("SNS_TRUST_ANCHORS", folder.join("root.pem").to_string_lossy().into_owned()),
        ("SNS_INTERMEDIATES", folder.join("intermediate.pem").to_string_lossy().into_owned()),
        ("SNS_ALLOW_SHA1", "true".to_owned()),
    ];
    let settings = with(&environment(&database), &settings);
    let handler = custom_handler(&database, &settings, |_, clients| clients.clock = january_2026);

    let mut wrong = Vec::new();
    for case in list["cases"].as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let accept = case["expect"].as_str().unwrap().starts_with("accept");
        if status(&handler, &read(&folder.join(file))).await != if accept { 200 } else { 403 } {
            wrong.push(file.to_owned());
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(list["cases"].as_array().map(Vec::len), Some(39));
    std::fs::remove_dir_all(certificates).unwrap();
    let written = database.scan(EVENTS).await;
    assert!(written.values().all(|item| item["kind"].as_s().unwrap() == "unknown"), "their texts are no SES events");
}

#[tokio::test]
async fn the_label_quirk_of_lambda_does_not_apply_over_https() {
    let Some(vectors) = vectors() else { return };
    let record = read(&vectors.join("synthetic/ok-lambda-v2-labelled-1.json"));
    let database = Database::start().await;
    let settings = [("SNS_TOPIC_ARNS", record["Records"][0]["Sns"]["TopicArn"].as_str().unwrap().to_owned())];
    let settings = with(&environment(&database), &settings);
    let handler = custom_handler(&database, &settings, |_, clients| clients.clock = january_2026);
    let answer = invoke_both(&handler, &delivery(&record["Records"][0]["Sns"])).await.unwrap();
    assert_eq!(answer["statusCode"], 403);
}

/// The status of an envelope over HTTPS, or the one equivalent to the outcome of a Lambda event.
async fn status(handler: &InProcess, message: &Value) -> i64 {
    if message.get("Records").is_none() {
        return invoke_both(handler, &delivery(message)).await.unwrap()["statusCode"].as_i64().unwrap();
    }
    match invoke_both(handler, &message.to_string()).await {
        Ok(_) => 200,
        Err(error) => i64::from(error.status()),
    }
}

fn delivery(envelope: &Value) -> String {
    post("/webhooks/sns", &json!({"content-type": "text/plain; charset=UTF-8"}), &envelope.to_string()).to_string()
}

/// A new empty folder.
fn tempfile(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mail-feedback-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
