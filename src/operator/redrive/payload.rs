//! The kinds of messages in a failure queue.

use serde_json::Value;

use super::report_summary::ReportSummary;

/// The shape of a message, by its distinguishing fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// An SNS message, which SNS itself sent to the queue.
    Envelope(Value),
    /// Lambda's record of a failed invocation.
    Record(Value),
    /// An event that EventBridge could not deliver.
    Event(Value),
    /// None of them.
    Unknown,
}

impl Payload {
    /// The shape of a text.
    pub fn of(body: &str) -> Self {
        match serde_json::from_str::<Value>(body) {
            Ok(value) if value.get("requestPayload").is_some() => Self::Record(value),
            Ok(value) if value.get("detail-type").is_some() => Self::Event(value),
            Ok(value) if ["Type", "TopicArn", "Message"].iter().any(|name| value.get(name).is_some()) => {
                Self::Envelope(value)
            }
            _ => Self::Unknown,
        }
    }

    /// The name of the shape, for people and programs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Envelope(_) => "SNS message",
            Self::Record(_) => "Lambda's record",
            Self::Event(_) => "EventBridge event",
            Self::Unknown => "unknown text",
        }
    }

    /// The reports in it; a record has one per SNS record of the invocation.
    pub fn reports(&self) -> Vec<ReportSummary> {
        match self {
            Self::Envelope(envelope) => vec![ReportSummary::of_envelope(envelope)],
            Self::Event(event) => vec![ReportSummary::of_event(event)],
            Self::Unknown => Vec::new(),
            Self::Record(record) => {
                let payload = record.get("requestPayload");
                match payload.and_then(|payload| payload.get("Records")).and_then(Value::as_array) {
                    Some(records) => {
                        records.iter().filter_map(|record| record.get("Sns")).map(ReportSummary::of_envelope).collect()
                    }
                    None => payload
                        .filter(|payload| payload.get("detail-type").is_some())
                        .map(ReportSummary::of_event)
                        .into_iter()
                        .collect(),
                }
            }
        }
    }
}
