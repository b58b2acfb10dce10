//! A message in words: what it is, why it is there, what would become of it now, and what to do.

use super::checks::{Checks, Verdict};
use super::contents::Contents;
use super::form::Form;
use super::message::Message;
use super::past::{Attempt, Past};
use super::queue::Limits;
use crate::error::{Disposition, Error};
use crate::timestamp::Timestamp;

/// A message, described.
#[derive(Clone, Debug)]
pub struct Described {
    /// The message.
    pub message: Message,
    /// What it is.
    pub form: Form,
    /// The reports in it.
    pub contents: Vec<Contents>,
    /// Why it is there.
    pub past: Past,
    /// What the function's checks say now.
    pub now: Verdict,
    /// How many more receives it bears before it is parked.
    pub receives_left: Option<u32>,
    /// When SQS deletes it.
    pub expires_at: Option<Timestamp>,
}

impl Described {
    /// Describes a message of a queue with these limits.
    pub async fn of(message: Message, limits: Limits, checks: &Checks, at: Timestamp) -> Self {
        let form = Form::of(&message.body);
        let now = checks.judge(&message, at).await;
        Self {
            contents: form.contents(),
            past: Past::of(&message, &form),
            receives_left: limits.receives_left(message.received),
            expires_at: limits.expires_at(message.sent_at),
            form,
            now,
            message,
        }
    }

    /// The id of the failed invocation, which the log has, too.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match &self.form {
            Form::Record(record) => record.pointer("/requestContext/requestId")?.as_str(),
            Form::Envelope(_) | Form::Event(_) | Form::Unknown => None,
        }
    }

    /// Whether sending it again can succeed, perhaps after something is mended outside of it.
    #[must_use]
    pub fn retry(&self) -> bool {
        let error = match &self.now {
            Verdict::Passes => None,
            Verdict::Refused(error) => Some(*error),
            Verdict::Unchecked(_) => self.known_error(),
        };
        error.map_or(self.form != Form::Unknown, |error| error.disposition() == Disposition::Retry)
    }

    /// What to do about it.
    pub fn advice(&self) -> String {
        match &self.now {
            Verdict::Refused(error) => {
                return format!("{}; if that cannot be, it fails each time, and --delete removes it", error.advice());
            }
            Verdict::Unchecked(_) if !self.retry() => {
                let advice = self.known_error().map_or("the function cannot read it", Error::advice);
                return format!("{advice}; if that cannot be, it fails each time, and --delete removes it");
            }
            Verdict::Passes | Verdict::Unchecked(_) => {}
        }
        let mend = match &self.past {
            Past::GaveUp { attempt: Attempt::Failed(error), .. } if error.disposition() == Disposition::Retry => {
                error.advice()
            }
            Past::GaveUp { attempt: Attempt::Failed(_), .. } => "what refused it is mended",
            Past::GaveUp { attempt: Attempt::Crashed, .. } => {
                "the function crashed; go back to the version before, and report the fault"
            }
            Past::GaveUp { attempt: Attempt::TimedOut, .. } => {
                "the time limit ended it; see Duration and the throttles of the tables on the dashboard"
            }
            Past::GaveUp { condition, attempt: Attempt::Untold } if condition == "EventAgeExceeded" => {
                "it waited too long; see ThrottleAlarm in the runbook, and whether the function is stopped"
            }
            Past::GaveUp { attempt: Attempt::Other(_) | Attempt::Untold, .. } => "see the log of the request id",
            Past::Undelivered { .. } => "see UndeliveredAlarm in the runbook: mostly a permission is missing",
            Past::Untold => "something was out of reach, or it was received too often by hand; see the log",
        };
        format!("{mend}; then send it")
    }

    fn known_error(&self) -> Option<Error> {
        match &self.past {
            Past::GaveUp { attempt: Attempt::Failed(error), .. } => Some(*error),
            Past::GaveUp { .. } | Past::Undelivered { .. } | Past::Untold => None,
        }
    }
}
