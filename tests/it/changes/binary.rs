//! The real binary: what it needs, writes and refuses.

use mail_feedback::suppression::SuppressionRecord;
use serde_json::{Value, json};
use support::environment::Environment;

use super::bus::{EventBus, FAULT, GARBLED};
use super::records::{sequence_number, with_lists, write};
use crate::real_binary;

fn settings(bus: &EventBus) -> Environment {
    let pairs = [
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", bus.endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_REGION", "us-east-1"),
        ("CHANGE_EVENT_BUS", "others"),
        ("_HANDLER", "changes"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[tokio::test]
async fn a_batch_writes_one_log_line_and_one_metrics_line() {
    let bus = EventBus::choosing(|_, entries| {
        let bad = |entry: &Value| entry["Detail"].as_str().unwrap().contains("bad@").then_some("ThrottlingException");
        Ok(entries.iter().map(bad).collect())
    });
    let bus = bus.await;
    let mut function = real_binary::start_changes(settings(&bus)).await;
    let good = write("jane.doe+7@example.com", 1, &SuppressionRecord::default(), &with_lists(2));
    let mut torn = write("torn@example.com", 1, &SuppressionRecord::default(), &with_lists(1));
    torn["dynamodb"]["NewImage"]["version"] = json!({"S": "1"});
    let answer = function.invoke(&json!({"Records": [good, torn]}).to_string()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let bad = write("bad@example.com", 3, &with_lists(1), &SuppressionRecord::default());
    let answer = function.invoke(&json!({"Records": [bad]}).to_string()).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": sequence_number("bad@example.com", 3)}]}));
    let error = function.invoke(r#"{"addresses":["jane@example.com"]}"#).await.unwrap_err();
    assert_eq!(error["errorType"], "Malformed");
    assert!(error["errorMessage"].as_str().unwrap().starts_with("form: not records of a DynamoDB stream"), "{error}");

    let lines: Vec<Value> = function.stop().await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let messages: Vec<_> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    assert_eq!(lines.len(), 7, "{lines:?}");
    assert!(messages[0].starts_with("a record of the stream cannot be read"), "{messages:?}");
    assert_eq!((lines[1]["message"].as_str(), &lines[1]["events"]), (Some("published"), &json!(2)));
    assert_eq!((&lines[2]["changes.suppressed"], &lines[2]["changes.unreadable"]), (&json!(2), &json!(1)));
    assert_eq!(lines[3]["label"], "throttled");
    assert_eq!(lines[4]["changes.failed"], 1);
    assert_eq!((&lines[5]["label"], &lines[6]["malformed"]), (&json!("form"), &json!(1)));
}

/// Codes of entries, and answers to whole calls.
#[tokio::test]
async fn a_failure_of_eventbridge_itself_is_no_refusal() {
    let bus = EventBus::choosing(|_, entries| match entries[0]["Detail"].as_str().unwrap() {
        detail if detail.contains("entry@") => Ok(vec![Some("InternalFailure"); entries.len()]),
        detail if detail.contains("call@") => Err(FAULT),
        detail if detail.contains("garbled@") => Err(GARBLED),
        _ => Err("ValidationException"),
    });
    let bus = bus.await;
    let mut function = real_binary::start_changes(settings(&bus)).await;
    let addresses = ["entry@example.com", "call@example.com", "garbled@example.com", "other@example.com"];
    for address in addresses {
        let record = write(address, 1, &SuppressionRecord::default(), &with_lists(1));
        let answer = function.invoke(&json!({"Records": [record]}).to_string()).await.unwrap();
        assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": sequence_number(address, 1)}]}));
    }
    let lines: Vec<Value> = function.stop().await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let labels: Vec<_> = lines.iter().filter_map(|line| line["label"].as_str()).collect();
    assert_eq!(labels, ["unreachable", "unreachable", "unreachable", "refused"]);
}

#[tokio::test]
async fn a_start_without_a_bus_or_for_another_function_says_so() {
    let bus = EventBus::start().await;
    for (name, value, expected) in [
        ("CHANGE_EVENT_BUS", "", "CHANGE_EVENT_BUS is missing"),
        ("_HANDLER", "feedback", "Handler names no function of this binary: set it to changes"),
    ] {
        let mut settings = settings(&bus);
        settings.push((name.to_owned(), value.to_owned()));
        let (code, output) = real_binary::start_changes(settings).await.ended().await;
        assert_ne!(code, Some(0));
        assert!(output.contains(expected), "{output}");
    }
}
