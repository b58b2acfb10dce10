//! The real binary: the main paths, its logs and metrics, and its start.

use serde_json::Value;
use support::database::Database;
use support::environment::environment;
use support::request::{authorization, post};
use support::samples::{self, Snapshot, observe};

use crate::real_binary;

#[tokio::test]
async fn every_sample_through_the_binary_has_its_effect_and_one_line() {
    let database = Database::start().await;
    let mut settings = environment(&database);
    settings.push(("AWS_LAMBDA_LOG_LEVEL".to_owned(), "TRACE".to_owned()));
    let mut function = real_binary::start(&settings).await;
    let mut before = Snapshot::default();
    let samples = samples::all();
    for sample in &samples {
        let outcome = function.invoke(&sample.json).await.unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        if sample.expected.status != "ok" {
            assert_eq!(outcome["statusCode"], sample.expected.status, "{}", sample.name);
        }
        let (effect, after) = observe(&database, &before).await;
        assert_eq!(effect, sample.expected.effect(), "{}", sample.name);
        before = after;
    }
    let refused = samples.iter().find(|sample| sample.name == "ses/bounce-permanent-general").unwrap();
    let error = function.invoke(&refused.json.replace("Permanent", "Transient")).await.unwrap_err();
    assert_eq!(error["errorType"], "Unauthentic");
    let output = function.stop().await;

    let lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let (metrics, logs): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.get("_aws").is_some());
    assert_eq!(metrics.len(), samples.len() + 1, "one line of metrics an invocation");
    let is_whole = |line: &&&Value| {
        let door = line["door"].as_str().is_some_and(|door| matches!(door, "sns" | "http" | "event_bridge"));
        door && line["request_id"].is_string() && line["events"].is_u64() && line["duration_ms"].is_u64()
    };
    assert_eq!(metrics.iter().filter(is_whole).count(), samples.len(), "which says what a log line would");
    assert!(logs.iter().all(|line| line["level"].is_string() && line["message"].is_string()), "{logs:?}");
    assert!(logs.iter().all(|line| line["target"] == "mail_feedback::handler::outcome_log"), "{logs:?}");
    assert_eq!(logs.len(), 1, "and only what is refused has one more");
    assert_eq!((&logs[0]["label"], &logs[0]["door"]), (&"signature".into(), &"sns".into()));
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_and_names_its_variable() {
    let database = Database::start().await;
    let mut settings = environment(&database);
    settings.push(("SNS_TOPIC_ARNS".to_owned(), "not-an-arn".to_owned()));
    let (code, output) = real_binary::start(&settings).await.ended().await;
    assert_ne!(code, Some(0));
    assert!(output.contains("SNS_TOPIC_ARNS must be ARNs of standard SNS topics"), "{output}");
    assert!(!output.contains("not-an-arn"), "values are never shown");
}

#[tokio::test]
async fn the_handler_setting_picks_the_function() {
    let database = Database::start().await;
    let handled_by = |name: &str| {
        let mut settings = environment(&database);
        settings.push(("_HANDLER".to_owned(), name.to_owned()));
        settings
    };
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/open").unwrap();
    for name in ["feedback", "bootstrap"] {
        let mut function = real_binary::start(&handled_by(name)).await;
        assert_eq!(function.invoke(&sample.json).await.unwrap()["events"], 1, "{name}");
        function.stop().await;
    }
    let (code, output) = real_binary::start(&handled_by("feedback.main")).await.ended().await;
    assert_ne!(code, Some(0));
    assert!(
        output.contains("Handler names no function of this binary: set it to one of feedback, bootstrap"),
        "{output}"
    );
    assert!(!output.contains("feedback.main"), "values are never shown");
}

#[tokio::test]
async fn a_table_that_does_not_exist_is_transient() {
    let database = Database::start().await;
    let mut settings = environment(&database);
    settings.push(("EVENT_TABLE".to_owned(), "missing".to_owned()));
    let mut function = real_binary::start(&settings).await;
    let body = r#"{"event":"open","time":1763600000,"MessageID":5,"email":"a@example.com"}"#;
    let answer = function.invoke(&post("/webhooks/mailjet", &authorization(), body).to_string()).await.unwrap();
    assert_eq!((&answer["statusCode"], &answer["body"]), (&503.into(), &"".into()));
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/open").unwrap();
    let error = function.invoke(&sample.json).await.unwrap_err();
    assert_eq!(error["errorType"], "Transient");
    assert!(error["errorMessage"].as_str().unwrap().starts_with("table_missing: a table does not exist"), "{error}");
    function.stop().await;
}

#[tokio::test]
async fn an_unreachable_dynamodb_is_transient_and_within_the_time_limit() {
    let database = Database::start().await;
    let mut settings = environment(&database);
    settings.push(("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), "http://127.0.0.1:9".to_owned()));
    let mut function = real_binary::start(&settings).await;
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/complaint-abuse").unwrap();
    let error = function.invoke(&sample.json).await.unwrap_err();
    assert_eq!(error["errorType"], "Transient");
    assert!(error["errorMessage"].as_str().unwrap().starts_with("unreachable: "), "{error}");
    function.stop().await;
}
