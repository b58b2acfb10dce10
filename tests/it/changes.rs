//! The function `changes`: what makes an event, and how events reach the bus.

mod binary;
mod bus;
mod difference;
mod history;
mod published;
pub mod records;
mod schema;

use std::time::Duration;

use mail_feedback::functions::changes::{Bus, Publisher};
use mail_feedback::telemetry::{FunctionVersion, MetricSink};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};

/// A publisher without metrics, for a bus at an endpoint.
pub fn publisher(client: aws_sdk_eventbridge::Client) -> Publisher {
    let function = FunctionVersion { name: "changes".to_owned(), version: "1".to_owned() };
    let metrics = MetricSink { function, write_line: |_| {} };
    Publisher { bus: Bus::new(client, "others".to_owned()), clock: Timestamp::now, metrics }
}

/// Publishes a batch of stream records; returns the sequence numbers of those that failed.
pub async fn publish(publisher: &Publisher, records: &[Value]) -> Vec<String> {
    publish_within(publisher, records, Duration::from_mins(1)).await
}

/// The same with this much remaining time.
async fn publish_within(publisher: &Publisher, records: &[Value], time_left: Duration) -> Vec<String> {
    let payload = json!({"Records": records}).to_string();
    let answer = publisher.publish(&payload, "test-request", time_left).await.unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap().iter();
    failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}
