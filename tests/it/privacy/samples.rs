//! Every sample, in both log formats.

use serde_json::{Value, json};
use support::database::Database;
use support::door::{QUEUE, queue_event};
use support::environment::environment;
use support::samples;

use super::{function, print_uncaptured};

#[tokio::test]
async fn every_sample_at_the_most_verbose_level_in_both_formats() {
    for format in ["JSON", "Text"] {
        let database = Database::start().await;
        let mut function = function(environment(&database), &[("AWS_LAMBDA_LOG_FORMAT", format)]).await;
        let samples = samples::all();
        for sample in &samples {
            let outcome = function.invoke(&sample.json).await;
            let answer = outcome.unwrap_or_else(|error| panic!("{}: {error}", sample.name));
            assert_eq!(sample.expected.status == "ok", answer.get("statusCode").is_none(), "{}", sample.name);
        }
        let output = function.stop().await;
        let lines = output.lines().count();
        assert_eq!(lines, samples.len(), "one line each");
        print_uncaptured(&format!("{} samples, log in {format}: {lines} lines, {} bytes", samples.len(), output.len()));
    }
}

/// The samples of SNS and EventBridge, and a message that cannot be read: one line for it, one for the batch, and the
/// metrics.
#[tokio::test]
async fn all_reports_as_one_batch_in_both_formats() {
    let body = |json: String| -> Option<String> {
        let event: Value = serde_json::from_str(&json).unwrap();
        let envelope = event["Records"].get(0).map(|record| record["Sns"].to_string());
        envelope.or_else(|| (event["source"] == "aws.ses").then_some(json))
    };
    let mut bodies: Vec<String> = samples::all().into_iter().filter_map(|sample| body(sample.json)).collect();
    bodies.insert(3, "jane.doe@example.com".to_owned());
    for format in ["JSON", "Text"] {
        let database = Database::start().await;
        let settings = [("AWS_LAMBDA_LOG_FORMAT", format), ("EVENTBRIDGE_QUEUE_ARNS", QUEUE)];
        let mut function = function(environment(&database), &settings).await;
        let answer = function.invoke(&queue_event(QUEUE, &bodies).to_string()).await.unwrap();
        assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "m-3"}]}));
        let output = function.stop().await;
        assert_eq!(output.lines().count(), 3, "{output}");
        print_uncaptured(&format!("{} messages in a batch, log in {format}: {} bytes", bodies.len(), output.len()));
    }
}
