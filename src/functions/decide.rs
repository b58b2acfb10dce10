//! `decide`: suppresses and lifts on behalf of programs, such as a preference centre or a double opt-in.
//!
//! **Given**: an order ([`Order`]), only through `Invoke`.
//!
//! **Answers**: what was done, and the suppressions in the scope now ([`Done`]). If the order is malformed or refused,
//! or a table does not answer, the invocation fails ([`ApiError`]).
//!
//! **Needs**: DynamoDB; the connection is opened during the cold start.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;

use super::StartError;
use super::environment::{sdk_config, time_left};
use crate::api::{ApiError, Done, Order};
use crate::config::RecordingConfig;
use crate::handler::Deadline;
use crate::store::Recorder;
use crate::telemetry::{DecisionOutcome, MetricSink, Metrics, redact_panic};
use crate::timestamp::Timestamp;

/// Everything an invocation needs, set up at the cold start.
#[derive(Clone, Debug)]
pub struct Decider {
    /// Both tables: each decision is also an event.
    pub recorder: Recorder,
    /// The current time.
    pub clock: fn() -> Timestamp,
    /// Where the metrics line goes.
    pub metrics: MetricSink,
}

/// Runs the cold start (configuration, client, one warm connection), then serves invocations.
///
/// # Errors
/// A setting is missing or wrong, or Lambda's Runtime API does not answer.
pub async fn run() -> Result<(), StartError> {
    let config = RecordingConfig::from_env().map_err(StartError::Config)?;
    let client = Client::new(&sdk_config().await);
    let decider = Decider::new(client, config, Timestamp::now, MetricSink::from_env());
    decider.recorder.suppressions().open_connection().await;
    let decider = Arc::new(decider);
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let decider = Arc::clone(&decider);
        async move {
            let work = decider.carry_out(event.payload.get(), &event.context.request_id, time_left(&event.context));
            redact_panic(work).await
        }
    }));
    served.await.map_err(|_| StartError::RuntimeApi)
}

impl Decider {
    /// Creates a function with this configuration.
    #[must_use]
    pub fn new(client: Client, config: RecordingConfig, clock: fn() -> Timestamp, metrics: MetricSink) -> Self {
        Self { recorder: super::recorder(client, config), clock, metrics }
    }

    /// Carries out one invocation, given as the JSON that Lambda received, before the remaining time ends.
    ///
    /// # Errors
    /// The order is malformed or refused, or a table did not answer in time.
    pub async fn carry_out(&self, payload: &str, request_id: &str, time_left: Duration) -> Result<Done, ApiError> {
        let (started, now) = (Instant::now(), (self.clock)());
        let outcome = match Order::parse(payload) {
            Ok(order) => {
                let work = Box::pin(order.carry_out(&self.recorder, now));
                Deadline::after(time_left).enforce(work).await
            }
            Err(flaw) => Err(flaw.into()),
        };
        write_log(&outcome, request_id, started);
        self.metrics.write(&counted(&outcome), now);
        outcome
    }
}

fn counted(outcome: &Result<Done, ApiError>) -> Metrics {
    let mut metrics = Metrics::default();
    match outcome {
        Ok(done) if done.changed => metrics.decided(DecisionOutcome::Written),
        Ok(_) => metrics.decided(DecisionOutcome::Unchanged),
        Err(ApiError::Malformed(flaw)) => metrics.malformed(flaw.label()),
        Err(ApiError::Refused(_)) => metrics.malformed(ApiError::REFUSED),
        Err(ApiError::Store(error)) => metrics.rejected(*error),
    }
    metrics
}

/// Writes one log line, without the address, the actor or the note.
fn write_log(outcome: &Result<Done, ApiError>, request_id: &str, started: Instant) {
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(done) => {
            let Done { action, reason, changed, .. } = done;
            tracing::info!(request_id, action, reason, changed, duration_ms, "decided");
        }
        Err(error) => super::log_failure(*error, request_id, duration_ms),
    }
}
