//! Why a message is in its queue, according to the message itself.

use std::fmt;

use serde_json::Value;

use super::super::sanitize::sanitize;
use super::message::Message;
use super::payload::Payload;
use crate::error::Error;

/// How much of a text from outside is shown.
const SHOWN_CHARS: usize = 200;

/// Why a message is in its queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadLetterReason {
    /// Lambda gave up: its condition, and the result of the last attempt.
    GaveUp { condition: String, attempt: Attempt },
    /// SNS or EventBridge could not deliver it: the error code and message.
    Undelivered { code: String, sentence: String },
    /// The message does not say.
    NotStated,
}

/// The result of the last attempt of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The function returned an error.
    Failed(Error),
    /// The process exited.
    Crashed,
    /// It ran into the time limit.
    TimedOut,
    /// An unknown error, by its type; the text of a panic may quote an address.
    Other(String),
    /// There was no attempt, or Lambda does not say.
    NotStated,
}

impl DeadLetterReason {
    /// Reads the reason from a message.
    pub fn of(message: &Message, payload: &Payload) -> Self {
        let code = message.attribute(&["ErrorCode", "ERROR_CODE"]);
        let sentence = message.attribute(&["ErrorMessage", "ERROR_MESSAGE"]);
        match payload {
            Payload::Record(record) => Self::GaveUp {
                condition: shown(
                    record.pointer("/requestContext/condition").and_then(Value::as_str).unwrap_or("no condition"),
                ),
                attempt: Attempt::of(record.get("responsePayload").unwrap_or(&Value::Null)),
            },
            _ if code.is_some() || sentence.is_some() => Self::Undelivered {
                code: shown(code.unwrap_or("no code")),
                sentence: shown(sentence.unwrap_or_default()),
            },
            Payload::Envelope(_) | Payload::Event(_) | Payload::Unknown => Self::NotStated,
        }
    }
}

impl Attempt {
    /// Reads what Lambda recorded as the function's answer.
    fn of(payload: &Value) -> Self {
        let field = |name| payload.get(name).and_then(Value::as_str).unwrap_or_default();
        let (kind, text) = (field("errorType"), field("errorMessage"));
        let label = text.split_once(':').map_or(text, |(label, _)| label);
        if let Some(error) = Error::all().find(|error| error.class() == kind && error.label() == label) {
            return Self::Failed(error);
        }
        match (kind, text) {
            ("", "") => Self::NotStated,
            ("Sandbox.Timedout", _) => Self::TimedOut,
            (_, text) if text.contains("Task timed out") => Self::TimedOut,
            ("Runtime.ExitError", _) => Self::Crashed,
            (_, text) if text.contains("Runtime exited") => Self::Crashed,
            (kind, _) => Self::Other(shown(kind)),
        }
    }
}

impl fmt::Display for DeadLetterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GaveUp { condition, attempt } => write!(f, "{condition}: {attempt}"),
            Self::Undelivered { code, sentence } if sentence.is_empty() => write!(f, "not delivered: {code}"),
            Self::Undelivered { code, sentence } => write!(f, "not delivered: {code}, {sentence}"),
            Self::NotStated => f.write_str("the message does not say"),
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "{} {}", error.class(), error.label()),
            Self::Crashed => f.write_str("the function crashed"),
            Self::TimedOut => f.write_str("the function ran out of time"),
            Self::Other(kind) if kind.is_empty() => f.write_str("an error without a type"),
            Self::Other(kind) => f.write_str(kind),
            Self::NotStated => f.write_str("no attempt is recorded"),
        }
    }
}

/// A short excerpt of a text from outside, safe for a terminal.
fn shown(text: &str) -> String {
    sanitize(&text.chars().take(SHOWN_CHARS).collect::<String>())
}
