//! The one line of the log that says what became of an invocation, or of a message of a queue.

use std::time::Instant;

use crate::error::{Disposition, Error};
use crate::telemetry::Metrics;

/// What is being handled, in ids that name nobody.
#[derive(Clone, Copy)]
pub(super) struct Spoken<'a> {
    /// Lambda's id of the invocation.
    pub(super) request_id: &'a str,
    /// The id of a message of a queue.
    pub(super) message_id: Option<&'a str>,
    /// How it came in.
    pub(super) door: &'static str,
    /// When it began.
    pub(super) started: Instant,
}

impl Spoken<'_> {
    /// The same, once the door is known.
    pub(super) const fn at(self, door: &'static str) -> Self {
        Self { door, ..self }
    }

    /// Writes the line, counts a failure, and passes the outcome on.
    pub(super) fn conclude(self, outcome: Result<usize, Error>, metrics: &mut Metrics) -> Result<usize, Error> {
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
