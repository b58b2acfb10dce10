//! The real binary as `unsubscribe`: what it needs, writes and refuses.

use mail_feedback::event::EventId;
use mail_feedback::telemetry::LinkOutcome;
use mail_feedback::unsubscribe::undo_value;
use serde_json::{Value, json};
use support::database::{Database, EVENTS};
use support::environment::{Environment, environment};
use support::samples;

use super::world::{KEYS, ONE_CLICK, key, request, served, token};
use crate::real_binary;

fn settings(database: &Database) -> Environment {
    let shared = |name: &str| name.starts_with("AWS_") || name.ends_with("_TABLE");
    let mut settings: Environment = environment(database).into_iter().filter(|(name, _)| shared(name)).collect();
    let own = [("_HANDLER", "unsubscribe"), ("UNSUBSCRIBE_KEYS", KEYS), ("SENDER_NAME", "Ann")];
    settings.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    settings
}

#[tokio::test]
async fn each_request_writes_one_log_line_and_one_metrics_line_without_the_link() {
    let database = Database::start().await;
    let mut function = real_binary::start_for_caller(settings(&database)).await;
    let link = format!("/u/{}", token("jane@example.com", "list:own:weekly"));
    // Of an event that never was.
    let late = format!("undo={}", undo_value(&EventId::stored(&"0".repeat(32)), &key("k1")));
    let form = json!({"content-type": "application/x-www-form-urlencoded", "user-agent": "Mozilla/5.0 jane"});
    for (method, path, body, status) in [
        ("GET", link.as_str(), "", 200),
        ("POST", &link, ONE_CLICK, 200),
        ("POST", &link, ONE_CLICK, 200),
        ("POST", &link, "a=secret-value", 400),
        ("POST", &link, &late, 410),
        ("GET", "/u/some-token.some-mac", "", 404),
    ] {
        let answer = function.invoke(&request(method, path, &form, body).to_string()).await.unwrap();
        assert_eq!(served(&answer).status, status, "{method} {body}");
    }
    let mut encoded = request("POST", &link, &form, "/w==");
    encoded["isBase64Encoded"] = true.into();
    assert_eq!(served(&function.invoke(&encoded.to_string()).await.unwrap()).status, 400);
    assert_eq!(database.scan(EVENTS).await.len(), 1);
    let samples = samples::all();
    let report = samples.iter().find(|sample| sample.name == "ses/open").unwrap();
    assert_eq!(function.invoke(&report.json).await.unwrap_err()["errorType"], "Malformed");

    let written = function.stop().await;
    for secret in link.split(['/', '.']).filter(|part| part.len() > 1) {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 16, "{lines:?}");
    let outcomes: Vec<_> = lines.iter().filter_map(|line| line["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["shown", "unsubscribed", "repeated", "malformed", "late", "refused", "malformed"]);
    let counted = |name: &str| lines.iter().filter_map(|line| line[name].as_u64()).sum::<u64>();
    for outcome in LinkOutcome::ALL {
        let of_it = outcomes.iter().filter(|known| **known == outcome.as_str()).count();
        assert_eq!(counted(&format!("links.{outcome}")), of_it as u64, "{outcome}");
    }
    assert_eq!(counted("rejected.encoding"), 0, "that is about webhooks");
    let facts = ["events.own", "events.own.unsubscribed", "suppressions.unsubscribe", "rejected.invocation"];
    assert_eq!(facts.map(counted), [1, 1, 1, 1]);
}

#[tokio::test]
async fn a_start_without_its_settings_names_the_variable() {
    let database = Database::start().await;
    for (name, value, expected) in [
        ("UNSUBSCRIBE_KEYS", "", "UNSUBSCRIBE_SECRET_ARN is missing"),
        ("UNSUBSCRIBE_KEYS", "short-secret", "UNSUBSCRIBE_KEYS must be a JSON object"),
        ("SENDER_NAME", "", "SENDER_NAME is missing"),
        ("SENDER_URL", "http://example.com", "SENDER_URL must be an https url"),
        ("UNSUBSCRIBE_MAX_AGE_DAYS", "never", "UNSUBSCRIBE_MAX_AGE_DAYS must be a whole number"),
    ] {
        let mut settings = settings(&database);
        settings.push((name.to_owned(), value.to_owned()));
        let (code, output) = real_binary::start_for_caller(settings).await.ended().await;
        assert_ne!(code, Some(0));
        assert!(output.contains(expected) && !output.contains("secret\""), "{output}");
    }
}
