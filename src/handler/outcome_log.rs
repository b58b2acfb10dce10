//! The log line for the outcome of an invocation, or of one message of a queue.

use std::time::Instant;

use crate::error::{Disposition, Error};
use crate::telemetry::Metrics;

/// Identifies what is being handled without any personal data.
#[derive(Clone, Copy)]
pub(super) struct OutcomeLog<'a> {
    /// Lambda's id of the invocation.
    pub(super) request_id: &'a str,
    /// The id of the message, for a queue.
    pub(super) message_id: Option<&'a str>,
    /// How it arrived: `sns`, `event_bridge`, `sqs`, `http` or `unknown`.
    pub(super) door: &'static str,
    /// When it began.
    pub(super) started: Instant,
}

impl OutcomeLog<'_> {
    /// Adds the door, once it is known.
    pub(super) const fn through(self, door: &'static str) -> Self {
        Self { door, ..self }
    }

    /// Writes the line, counts a failure, and returns the outcome.
    pub(super) fn write(self, outcome: Result<usize, Error>, metrics: &mut Metrics) -> Result<usize, Error> {
        let Self { request_id, message_id, door, started } = self;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(events) => tracing::info!(request_id, message_id, door, events, duration_ms, "recorded"),
            Err(error) => {
                metrics.rejected(error);
                let (class, label, status) = (error.class(), error.label(), error.status());
                let retry = error.disposition() == Disposition::Retry;
                let advice = error.advice();
                tracing::warn!(request_id, message_id, door, class, label, status, retry, duration_ms, "{advice}");
            }
        }
        outcome
    }
}
