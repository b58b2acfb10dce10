//! The real binary: what it needs and writes.

use serde_json::json;
use support::database::Database;
use support::environment::{Environment, environment};

use super::world::{recorder, request, story};
use crate::real_binary;
use mail_feedback::store::TimeLimits;
use mail_feedback::timestamp::Timestamp;

fn settings(database: &Database) -> Environment {
    let mut settings = environment(database);
    for (name, value) in [("FEEDBACK_FUNCTION", "feedback"), ("_HANDLER", "view")] {
        settings.push((name.to_owned(), value.to_owned()));
    }
    settings
}

#[tokio::test]
async fn a_question_writes_one_line_about_nobody() {
    let database = Database::start().await;
    let recorded = recorder(&database).record(vec![story()], Timestamp::now(), TimeLimits::default()).await;
    recorded.whole().unwrap();
    let mut function = real_binary::start_view(settings(&database)).await;
    let question = request(json!({"address": "jane@example.com"}), &json!({}));
    let html = function.invoke(&question.to_string()).await.unwrap();
    assert!(html.as_str().unwrap().contains("Do not mail it"), "{html}");
    let output = function.stop().await;
    assert!(output.contains("\"page\":\"address\"") && output.contains("\"message\":\"shown\""), "{output}");
}

#[tokio::test]
async fn a_start_for_another_function_or_with_a_wrong_limit_says_so() {
    let database = Database::start().await;
    for (name, value, expected) in [
        ("_HANDLER", "feedback", "Handler names no function of this binary: set it to view"),
        ("FEEDBACK_FUNCTION", "", "FEEDBACK_FUNCTION is missing"),
        ("SES_BOUNCE_LIMIT", "0.00001", "SES_BOUNCE_LIMIT must be a percentage"),
    ] {
        let mut settings = settings(&database);
        settings.push((name.to_owned(), value.to_owned()));
        let (code, output) = real_binary::start_view(settings).await.ended().await;
        assert_ne!(code, Some(0));
        assert!(output.contains(expected), "{output}");
    }
}
