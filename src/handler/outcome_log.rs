//! The log lines besides the metrics: one for an invocation that failed or a batch of a queue, and one for each message
//! of it that failed.

use std::time::{Duration, Instant};

use crate::error::{Disposition, Error};
use crate::telemetry::{Metrics, Success};

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

    /// Adds a success to the metrics, whose line suffices for it; writes a line for a failure and counts it. Returns the
    /// outcome.
    pub(super) fn write(self, outcome: Result<usize, Error>, metrics: &mut Metrics) -> Result<usize, Error> {
        let Self { request_id, door, started, .. } = self;
        match outcome {
            Ok(events) => {
                let duration_ms = millis(started.elapsed());
                metrics.succeeded(Success { request_id: request_id.to_owned(), door, events, duration_ms });
            }
            Err(error) => self.write_failure(error, metrics),
        }
        outcome
    }

    /// Writes the line of a failure, and counts it.
    pub(super) fn write_failure(self, error: Error, metrics: &mut Metrics) {
        let Self { request_id, message_id, door, started } = self;
        metrics.rejected(error);
        let (class, label, status) = (error.class(), error.label(), error.status());
        let retry = error.disposition() == Disposition::Retry;
        let (duration_ms, advice) = (millis(started.elapsed()), error.advice());
        tracing::warn!(request_id, message_id, door, class, label, status, retry, duration_ms, "{advice}");
    }

    /// Writes the line of a batch.
    pub(super) fn write_batch(self, counts: &BatchCounts) {
        let Self { request_id, door, started, .. } = self;
        let BatchCounts { messages, failed, events, authentication, recording } = *counts;
        let (authentication_ms, recording_ms) = (millis(authentication), millis(recording));
        let duration_ms = millis(started.elapsed());
        tracing::info!(
            request_id,
            door,
            messages,
            failed,
            events,
            authentication_ms,
            recording_ms,
            duration_ms,
            "recorded"
        );
    }
}

/// What became of a batch.
pub(super) struct BatchCounts {
    /// Messages in it.
    pub(super) messages: usize,
    /// Those that failed.
    pub(super) failed: usize,
    /// The events that were recorded.
    pub(super) events: usize,
    /// How long reading and authenticating all messages took.
    pub(super) authentication: Duration,
    /// How long normalizing and recording the authentic ones took.
    pub(super) recording: Duration,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
