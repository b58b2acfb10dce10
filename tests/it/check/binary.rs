//! The real binary as `check`: what it needs, writes and refuses.

use mail_feedback::event::Reason;
use serde_json::{Value, json};
use support::database::{Database, EVENTS, SUPPRESSIONS};
use support::environment::{Environment, environment};
use support::samples;

use super::suppress;
use crate::real_binary;

/// The settings of `check`: the table and the connection.
fn settings(database: &Database) -> Environment {
    let of_check = |name: &str| name.starts_with("AWS_") || name == "SUPPRESSION_TABLE";
    let mut settings: Environment = environment(database).into_iter().filter(|(name, _)| of_check(name)).collect();
    settings.push(("_HANDLER".to_owned(), "check".to_owned()));
    settings
}

#[tokio::test]
async fn an_answer_writes_one_log_line_and_one_metrics_line() {
    let database = Database::start().await;
    suppress(&database, "jane@example.com", Reason::Complaint, "*", None).await;
    let mut function = real_binary::start_for_caller(settings(&database)).await;
    let question = json!({"addresses": ["Jane@Example.com", "ann@example.com", "no address"], "provider": "ses"});
    let answer = function.invoke(&question.to_string()).await.unwrap();
    let allowed: Vec<_> = answer["results"].as_array().unwrap().iter().map(|result| &result["allowed"]).collect();
    assert_eq!(allowed, [false, true, false]);
    let lines: Vec<Value> = function.stop().await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (log, metrics) = (&lines[0], &lines[1]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    let figures = (&log["message"], &log["addresses"], &log["blocked"], &log["unreadable"]);
    assert_eq!(figures, (&json!("answered"), &json!(3), &json!(1), &json!(0)));
    assert!(log["request_id"].is_string() && log["duration_ms"].is_u64(), "{log}");
    let counted = ["allowed", "blocked", "not_an_address"].map(|outcome| &metrics[format!("checks.{outcome}")]);
    assert_eq!(counted, [&json!(1), &json!(1), &json!(1)]);
    assert_eq!(metrics["invocations"], 1);
}

#[tokio::test]
async fn a_malformed_question_fails_the_invocation() {
    let database = Database::start().await;
    let mut function = real_binary::start_for_caller(settings(&database)).await;
    let samples = samples::all();
    let feedback = samples.iter().filter(|sample| ["ses/open", "mailjet/spam"].contains(&sample.name.as_str()));
    let feedback: Vec<_> = feedback.map(|sample| sample.json.clone()).collect();
    assert_eq!(feedback.len(), 2);
    let questions = [
        (r#"{"addresses":["jane@example.com"],"jane@example.org":1}"#, "field: unknown field; known"),
        (r#"{"addresses":"jane@example.com"}"#, "field: addresses must be an array of 1 to 1000 strings"),
        (r#"{"addresses":["jane@example.com"],"lists":["secret-list"]}"#, "scope: a list without its provider"),
        (r#""jane@example.com""#, "form: not a question"),
    ];
    let long = json!({"addresses": ["x".repeat(5_900_000)]}).to_string();
    let long = [(long.as_str(), "size: the answer is too long for lambda")];
    let reports = feedback.iter().map(|json| (json.as_str(), "form: not a question"));
    for (payload, expected) in questions.into_iter().chain(long).chain(reports) {
        let error = function.invoke(payload).await.unwrap_err();
        assert_eq!(error["errorType"], "Malformed", "{expected}");
        assert!(error["errorMessage"].as_str().unwrap().starts_with(expected), "{error}");
    }
    let output = function.stop().await;
    let metrics = output.lines().filter(|line| line.contains("_aws")).map(|line| serde_json::from_str(line).unwrap());
    let metrics: Vec<Value> = metrics.collect();
    assert!(metrics.iter().all(|line| line["malformed"] == 1 && line["failures"].is_null()), "{metrics:?}");
    for metric in ["rejected.scope", "rejected.size"] {
        assert!(metrics.iter().any(|line| line[metric] == 1), "{metric}");
    }
    assert!(database.scan(EVENTS).await.is_empty() && database.scan(SUPPRESSIONS).await.is_empty());
}

#[tokio::test]
async fn feedback_refuses_a_question() {
    let database = Database::start().await;
    let mut function = real_binary::start(&environment(&database)).await;
    let error = function.invoke(r#"{"addresses":["jane@example.com"]}"#).await.unwrap_err();
    assert_eq!(error["errorType"], "Malformed");
    assert!(error["errorMessage"].as_str().unwrap().starts_with("invocation: not an SNS, SQS or SES event"), "{error}");
    function.stop().await;
}

#[tokio::test]
async fn a_table_that_does_not_answer_is_transient() {
    let database = Database::start().await;
    for (name, value, expected) in [
        ("SUPPRESSION_TABLE", "missing", "table_missing: "),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9", "unreachable: "),
    ] {
        let mut settings = settings(&database);
        settings.push((name.to_owned(), value.to_owned()));
        let mut function = real_binary::start_for_caller(settings).await;
        for addresses in [json!(["jane@example.com"]), json!(["jane@example.com", "joe@example.com"])] {
            let error = function.invoke(&json!({"addresses": addresses}).to_string()).await.unwrap_err();
            assert_eq!(error["errorType"], "Transient");
            assert!(error["errorMessage"].as_str().unwrap().starts_with(expected), "{error}");
        }
        let output = function.stop().await;
        assert_eq!(output.matches(r#""failures":1"#).count(), 2, "{output}");
    }
}

#[tokio::test]
async fn a_start_without_the_table_names_its_variable() {
    let database = Database::start().await;
    let mut settings = settings(&database);
    settings.push(("SUPPRESSION_TABLE".to_owned(), String::new()));
    let (code, output) = real_binary::start_for_caller(settings).await.ended().await;
    assert_ne!(code, Some(0));
    assert!(output.contains("SUPPRESSION_TABLE is missing"), "{output}");
}
