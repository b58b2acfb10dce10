//! `changes`: tells an event bus what changed in the suppression table.
//!
//! **Given**: records of the table's stream ([`read_stream`]), only through an event source mapping.
//!
//! **Answers**: the first record whose events are not all on the bus, by its sequence number; Lambda repeats the batch
//! from there. So events may be repeated, with the same ids. An invocation fails only if it does not come from a stream.
//!
//! **Needs**: `PutEvents` of the bus, and no table.
//!
//! It is a binary of its own, `mail-feedback-changes`, so that the one of the other functions stays as small as it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_eventbridge::Client;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;

use super::StartError;
use super::environment::{sdk_config, time_left};
use crate::changes::{ChangeEvent, Prepared, calls};
use crate::config::ChangesConfig;
use crate::handler::{Answer, Deadline};
use crate::store::{NotAStream, StreamRecord, Streamed, read_stream};
use crate::suppression::State;
use crate::telemetry::{ChangeOutcome, MetricSink, Metrics, redact_panic};
use crate::timestamp::Timestamp;

mod put;

pub use put::{Bus, BusFailure};

/// The values of `Handler` that start it.
const NAMES: [&str; 3] = ["changes", "bootstrap", ""];

/// Everything an invocation needs, set up at the cold start.
#[derive(Clone, Debug)]
pub struct Publisher {
    /// The event bus.
    pub bus: Bus,
    /// The current time.
    pub clock: fn() -> Timestamp,
    /// Where the metrics line goes.
    pub metrics: MetricSink,
}

/// The line about a record without events, because it cannot be read.
const UNREADABLE: &str = "a record of the stream cannot be read, and makes no event; see the runbook, change events";
/// The line about an event that no call can carry.
const TOO_LARGE: &str = "a change is too large for an event, and makes none; see the runbook, change events";

/// Runs the cold start, then serves invocations.
///
/// # Errors
/// `Handler` names another function, a setting is missing or wrong, or Lambda's Runtime API does not answer.
pub async fn run() -> Result<(), StartError> {
    let handler = std::env::var("_HANDLER").unwrap_or_default();
    if !NAMES.contains(&handler.as_str()) {
        return Err(StartError::OtherFunction { known: "changes" });
    }
    let config = ChangesConfig::from_env().map_err(StartError::Config)?;
    let bus = Bus::new(Client::new(&sdk_config().await), config.bus);
    let publisher = Arc::new(Publisher { bus, clock: Timestamp::now, metrics: MetricSink::from_env() });
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let publisher = Arc::clone(&publisher);
        async move {
            let work = publisher.publish(event.payload.get(), &event.context.request_id, time_left(&event.context));
            redact_panic(work).await
        }
    }));
    served.await.map_err(|_| StartError::RuntimeApi)
}

impl Publisher {
    /// Puts the events of one invocation, given as the JSON that Lambda received, onto the bus before the remaining time
    /// ends.
    ///
    /// # Errors
    /// The invocation does not come from a stream.
    pub async fn publish(&self, payload: &str, request_id: &str, time_left: Duration) -> Result<Answer, NotAStream> {
        let (started, now) = (Instant::now(), (self.clock)());
        let deadline = Deadline::after(time_left);
        let mut metrics = Metrics::default();
        let records = read_stream(payload).inspect_err(|error| {
            metrics.malformed("form");
            tracing::warn!(request_id, class = "Malformed", label = "form", "{error}");
            self.metrics.write(&metrics, now);
        })?;
        let events = prepare(&records, request_id, &mut metrics);
        let outcome = Box::pin(self.put(&events, deadline, &mut metrics)).await;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (read, events) = (records.len(), events.len());
        let failed = match outcome {
            Ok(()) => {
                tracing::info!(request_id, records = read, events, duration_ms, "published");
                Vec::new()
            }
            Err((place, failure)) => {
                metrics.changed(ChangeOutcome::Failed);
                let (label, advice) = (failure.as_str(), failure.advice());
                tracing::warn!(request_id, records = read, events, label, duration_ms, "{advice}");
                records.into_iter().nth(place).and_then(|record| record.sequence_number).into_iter().collect()
            }
        };
        self.metrics.write(&metrics, now);
        Ok(Answer::queue(failed))
    }

    /// Puts all events, call by call; an error is the place of the first record with an event that is not on the bus.
    ///
    /// Nothing is put after a failure, since later changes of an address must not arrive before earlier ones.
    async fn put(
        &self,
        events: &[Prepared],
        deadline: Deadline,
        metrics: &mut Metrics,
    ) -> Result<(), (usize, BusFailure)> {
        for call in calls(events) {
            self.bus.put(call, deadline).await?;
            for event in call {
                metrics.changed(match event.state {
                    State::Suppressed => ChangeOutcome::Suppressed,
                    State::Lifted => ChangeOutcome::Lifted,
                });
            }
        }
        Ok(())
    }
}

/// The events of all records that can be read; each other one gets a log line.
fn prepare(records: &[StreamRecord], request_id: &str, metrics: &mut Metrics) -> Vec<Prepared> {
    let mut prepared = Vec::new();
    for (place, record) in records.iter().enumerate() {
        let sequence_number = record.sequence_number.as_deref();
        let events = match &record.streamed {
            Streamed::NoAddress => continue,
            Streamed::Unreadable => {
                metrics.changed(ChangeOutcome::Unreadable);
                tracing::warn!(request_id, sequence_number, "{UNREADABLE}");
                continue;
            }
            Streamed::Change(change) => ChangeEvent::of(change),
        };
        for event in &events {
            let Some(one) = Prepared::new(place, event) else {
                metrics.changed(ChangeOutcome::TooLarge);
                tracing::warn!(request_id, sequence_number, "{TOO_LARGE}");
                continue;
            };
            prepared.push(one);
        }
    }
    prepared
}
