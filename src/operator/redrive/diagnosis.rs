//! Describes a message: what it is, why it is there, what would happen to it now, and what to do.

use super::checks::{Checks, Verdict};
use super::dead_letter_reason::{Attempt, DeadLetterReason};
use super::message::Message;
use super::payload::Payload;
use super::queue::Limits;
use super::report_summary::ReportSummary;
use crate::error::{Disposition, Error};
use crate::timestamp::Timestamp;

/// A message with its diagnosis.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The message.
    pub message: Message,
    /// What the message is.
    pub payload: Payload,
    /// The reports in the message.
    pub reports: Vec<ReportSummary>,
    /// Why the message is there.
    pub reason: DeadLetterReason,
    /// What the function's checks say now.
    pub now: Verdict,
    /// How many more times it can be received before it is parked.
    pub receives_left: Option<u32>,
    /// When SQS deletes it.
    pub expires_at: Option<Timestamp>,
}

impl Diagnosis {
    /// Diagnoses a queued message with these limits.
    pub async fn of(message: Message, limits: Limits, checks: &Checks, at: Timestamp) -> Self {
        let payload = Payload::of(&message.body);
        let now = checks.judge(&message, at).await;
        Self {
            reports: payload.reports(),
            reason: DeadLetterReason::of(&message, &payload),
            receives_left: limits.receives_left(message.received),
            expires_at: limits.expires_at(message.sent_at),
            payload,
            now,
            message,
        }
    }

    /// The id of the failed invocation, as in the log.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match &self.payload {
            Payload::Record(record) => record.pointer("/requestContext/requestId")?.as_str(),
            Payload::Envelope(_) | Payload::Event(_) | Payload::Unknown => None,
        }
    }

    /// Whether sending it again can succeed, perhaps after something else is fixed.
    #[must_use]
    pub fn retry(&self) -> bool {
        let error = match &self.now {
            Verdict::Passes => None,
            Verdict::Refused(error) => Some(*error),
            Verdict::Unchecked(_) => self.known_error(),
        };
        error.map_or(self.payload != Payload::Unknown, |error| error.disposition() == Disposition::Retry)
    }

    /// What to do about it.
    pub fn advice(&self) -> String {
        match &self.now {
            Verdict::Refused(error) => {
                return format!(
                    "{}; if that is not possible, it fails each time, and --delete removes it",
                    error.advice()
                );
            }
            Verdict::Unchecked(_) if !self.retry() => {
                let advice = self.known_error().map_or("the function cannot read it", Error::advice);
                return format!("{advice}; if that is not possible, it fails each time, and --delete removes it");
            }
            Verdict::Passes | Verdict::Unchecked(_) => {}
        }
        let advice = match &self.reason {
            DeadLetterReason::GaveUp { attempt: Attempt::Failed(error), .. }
                if error.disposition() == Disposition::Retry =>
            {
                error.advice()
            }
            DeadLetterReason::GaveUp { attempt: Attempt::Failed(_), .. } => "the message passes the checks now",
            DeadLetterReason::GaveUp { attempt: Attempt::Crashed, .. } => {
                "the function crashed; roll back to the previous version, and report the bug"
            }
            DeadLetterReason::GaveUp { attempt: Attempt::TimedOut, .. } => {
                "it ran into the time limit; see Duration and the table throttles on the dashboard"
            }
            DeadLetterReason::GaveUp { condition, attempt: Attempt::NotStated } if condition == "EventAgeExceeded" => {
                "it waited too long; see ThrottleAlarm in the runbook, and whether the function is stopped"
            }
            DeadLetterReason::GaveUp { attempt: Attempt::Other(_) | Attempt::NotStated, .. } => {
                "see the log of the request id"
            }
            DeadLetterReason::Undelivered { .. } => {
                "see UndeliveredAlarm in the runbook: usually a permission is missing"
            }
            DeadLetterReason::NotStated => {
                "something was unavailable, or it was received too often manually; see the log"
            }
        };
        format!("{advice}; then send it")
    }

    fn known_error(&self) -> Option<Error> {
        match &self.reason {
            DeadLetterReason::GaveUp { attempt: Attempt::Failed(error), .. } => Some(*error),
            DeadLetterReason::GaveUp { .. } | DeadLetterReason::Undelivered { .. } | DeadLetterReason::NotStated => {
                None
            }
        }
    }
}
