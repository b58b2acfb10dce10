//! How CPU, memory, requests and log grow with the size of a batch of deliveries.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use harness::cost::counting_handler_in;
use harness::fixture;
use harness::function::{TIME_LEFT, invoke, trusting_environment};
use serde_json::{Value, json};
use support::calls::Calls;
use support::database::Database;
use support::runtime_api::Function;

use crate::clock::median;
use crate::process::megabytes;

/// How deliveries arrive.
#[derive(Clone, Copy)]
pub enum Form {
    /// One SES delivery, with which SNS invokes the function.
    Direct,
    /// SES deliveries as SNS messages in a batch of a queue.
    Queue,
    /// Mailjet deliveries as an array in one request.
    Array,
}

/// One size and its measurements.
pub struct Batch {
    /// Events in the batch.
    pub events: usize,
    /// CPU time of the handler without network, in microseconds per event.
    pub own_cpu_us: f64,
    /// CPU time of the warm binary, in microseconds per event.
    pub cpu_us: f64,
    /// The first invocation of the binary with the embedded DynamoDB, in milliseconds.
    pub invocation_ms: f64,
    /// The peak memory of a binary that ran this invocation and no larger one, in MB.
    pub peak_mb: f64,
    /// What the binary wrote to its log about this invocation, in bytes per event.
    pub log_bytes: f64,
    /// `BatchWriteItem` and `BatchGetItem` requests.
    pub requests: (usize, usize),
}

impl Form {
    /// The measured sizes.
    const fn sizes(self) -> &'static [usize] {
        match self {
            Self::Direct => &[1],
            Self::Queue => &[1, 10, 100, 1_000],
            Self::Array => &[1, 10, 100, 1_000, 10_000],
        }
    }

    fn payload(self, events: usize) -> String {
        match self {
            Self::Direct => fixture::direct(),
            Self::Queue => fixture::queue(events),
            Self::Array => fixture::group(events),
        }
    }

    /// Whether all events were recorded.
    fn is_success(self, answer: &Value, events: usize) -> bool {
        match self {
            Self::Direct => answer["events"] == 1,
            Self::Queue => *answer == json!({"batchItemFailures": []}),
            Self::Array => answer["body"] == format!("{{\"events\":{events}}}"),
        }
    }
}

/// Measures all sizes.
pub async fn measure(binary: &Path, form: Form) -> Vec<Batch> {
    let mut batches = Vec::new();
    for events in form.sizes() {
        let json = form.payload(*events);
        batches.push(Batch {
            own_cpu_us: own_cpu(&json, *events).await,
            requests: requests(&json).await,
            ..processed(binary, &json, form, *events).await
        });
    }
    batches
}

/// The CPU time per event, in microseconds, that a batch of 100 SES deliveries takes at least: that of a program which only
/// verifies a signature per message and sends the same requests.
pub async fn floor_cpu_us(binary: &Path) -> f64 {
    let floor = binary.with_file_name("floor-batch");
    processed(&floor, &Form::Queue.payload(100), Form::Queue, 100).await.cpu_us
}

async fn own_cpu(json: &str, events: usize) -> f64 {
    let handler = fixture::trusting_handler();
    let mut times = Vec::new();
    for _ in 0..(2_000 / events).clamp(3, 200) {
        let started = Instant::now();
        let answer = Arc::clone(&handler).handle(json, "bench", TIME_LEFT).await.expect("an answer");
        times.push(per_event(started.elapsed().as_secs_f64() * 1e6, events));
        drop(answer);
    }
    median(times)
}

async fn processed(binary: &Path, json: &str, form: Form, events: usize) -> Batch {
    let database = Database::start().await;
    let mut function = Function::start(binary, &trusting_environment(&database)).await;
    function.until_ready().await;
    let written = function.written_since(0).len() as u64;
    let started = Instant::now();
    let answer = function.invoke(json).await.expect("an answer");
    let invocation_ms = started.elapsed().as_secs_f64() * 1e3;
    assert!(form.is_success(&answer, events), "all events are recorded: {answer}");
    let peak_mb = megabytes(&function);
    let log = function.written_since(written).len();
    let warm = (2_000 / events).clamp(3, 200);
    let before = function.cpu();
    for _ in 0..warm {
        function.invoke(json).await.expect("an answer");
    }
    let spent = function.cpu().saturating_sub(before);
    function.stop().await;
    #[expect(clippy::cast_precision_loss, reason = "a count of bytes")]
    let log_bytes = per_event(log as f64, events);
    let cpu_us = per_event(spent.as_secs_f64() * 1e6, events * warm);
    Batch { events, own_cpu_us: 0.0, cpu_us, invocation_ms, peak_mb, log_bytes, requests: (0, 0) }
}

#[expect(clippy::cast_precision_loss, reason = "a count of events")]
fn per_event(figure: f64, events: usize) -> f64 {
    figure / events as f64
}

async fn requests(json: &str) -> (usize, usize) {
    let database = Database::start().await;
    let calls = Calls::default();
    let handler = counting_handler_in(&database, &trusting_environment(&database), &calls);
    invoke(&handler, json).await.expect("an answer");
    let seen = calls.take();
    let count = |operation: &str| {
        let of = seen.iter().filter(|((known, _), _)| known == operation);
        of.map(|(_, count)| count).sum()
    };
    (count("BatchWriteItem"), count("BatchGetItem"))
}
