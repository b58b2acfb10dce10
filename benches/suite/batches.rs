//! How time, memory and requests grow with the size of an array of deliveries.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use harness::cost::counting_handler;
use harness::fixture;
use harness::function::{TIME_LEFT, invoke};
use support::calls::Calls;
use support::database::Database;

use crate::clock::median;
use crate::process::{megabytes, start};

/// The measured sizes.
const SIZES: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// One size and its measurements.
pub struct Batch {
    /// Events in the array.
    pub events: usize,
    /// CPU time of the handler without network, in microseconds per event.
    pub cpu_us: f64,
    /// An invocation of the binary with the embedded DynamoDB, in milliseconds.
    pub invocation_ms: f64,
    /// The peak memory of a binary that ran this invocation and no larger one, in MB.
    pub peak_mb: f64,
    /// `BatchWriteItem` and `BatchGetItem` requests.
    pub requests: (usize, usize),
}

/// Measures all sizes.
pub async fn measure(binary: &Path) -> Vec<Batch> {
    let mut batches = Vec::new();
    for events in SIZES {
        let json = fixture::group(events);
        batches.push(Batch {
            events,
            cpu_us: cpu(&json, events).await,
            requests: requests(&json).await,
            ..invocation(binary, &json, events).await
        });
    }
    batches
}

async fn cpu(json: &str, events: usize) -> f64 {
    let handler = fixture::handler();
    let mut times = Vec::new();
    for _ in 0..(2_000 / events).clamp(3, 200) {
        let started = Instant::now();
        let answer = Arc::clone(&handler).handle(json, "bench", TIME_LEFT).await.expect("an answer");
        #[expect(clippy::cast_precision_loss, reason = "a count of events")]
        times.push(started.elapsed().as_secs_f64() * 1e6 / events as f64);
        drop(answer);
    }
    median(times)
}

async fn invocation(binary: &Path, json: &str, events: usize) -> Batch {
    let database = Database::start().await;
    let mut function = start(binary, &database).await;
    function.until_ready().await;
    let started = Instant::now();
    let answer = function.invoke(json).await.expect("an answer");
    let invocation_ms = started.elapsed().as_secs_f64() * 1e3;
    assert_eq!(answer["body"], format!("{{\"events\":{events}}}"), "all events are recorded");
    let peak_mb = megabytes(&function);
    function.stop().await;
    Batch { events, cpu_us: 0.0, invocation_ms, peak_mb, requests: (0, 0) }
}

async fn requests(json: &str) -> (usize, usize) {
    let database = Database::start().await;
    let calls = Calls::default();
    invoke(&counting_handler(&database, &calls), json).await.expect("an answer");
    let seen = calls.take();
    let count = |operation: &str| {
        let of = seen.iter().filter(|((known, _), _)| known == operation);
        of.map(|(_, count)| count).sum()
    };
    (count("BatchWriteItem"), count("BatchGetItem"))
}
