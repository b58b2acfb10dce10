//! Why a question has no answer.

use crate::error::{Error, Outage};
use crate::lookup::ReadError;
use crate::store::{DecisionError, classified};
use crate::suppression::DecisionRefusal;

/// Why a question has no answer, or a decision was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewError {
    /// A table did not answer as needed.
    Store(Error),
    /// CloudWatch denies the metrics.
    MetricsDenied,
    /// CloudWatch did not return the metrics.
    Metrics,
    /// The decision would have no effect.
    Refused(DecisionRefusal),
}

impl ViewError {
    /// The name in logs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Store(error) => error.label(),
            Self::MetricsDenied => "metrics_denied",
            Self::Metrics => "metrics",
            Self::Refused(_) => "refused",
        }
    }

    /// What to do, for the reader of the page.
    #[must_use]
    pub fn advice(self) -> String {
        match self {
            Self::Store(error) => of_store(error).to_owned(),
            Self::MetricsDenied => {
                "CloudWatch denies the metrics. The role of the function needs cloudwatch:GetMetricData.".to_owned()
            }
            Self::Metrics => "CloudWatch did not return the metrics. Try again.".to_owned(),
            Self::Refused(refusal) => format!("{}.", sentence(&refusal.to_string())),
        }
    }

    /// Whether a decision that failed this way may be written even so.
    pub(super) const fn may_have_written(self) -> bool {
        matches!(
            self,
            Self::Store(Error::Transient(
                Outage::Deadline | Outage::Unreachable | Outage::Throttled | Outage::Store | Outage::Contention
            ))
        )
    }
}

/// What to do about a table, in the words of people who never deployed anything.
const fn of_store(error: Error) -> &'static str {
    match error {
        Error::Transient(Outage::Forbidden) => "DynamoDB denies access. Check the role of the function.",
        Error::Transient(Outage::Unreachable) => "DynamoDB did not answer. Try again.",
        Error::Transient(Outage::Throttled) => "DynamoDB is busy. Wait a minute, and try again.",
        Error::Transient(Outage::TableMissing) => "A table does not exist. Tell whoever runs mail-feedback.",
        Error::Transient(Outage::ItemRefused) => {
            "DynamoDB refuses this question as it is. Tell whoever runs mail-feedback what you asked."
        }
        Error::Transient(Outage::Store) => "DynamoDB failed. Try again.",
        Error::Transient(Outage::Deadline) => "It took too long. Try again.",
        Error::Transient(Outage::Contention) => "Others change the record of this address all the time. Try again.",
        Error::Transient(Outage::StoredRecord) => {
            "The suppression record of this address cannot be read. Repair the item."
        }
        Error::TooLarge => {
            "The answer is too long for a page here. An operator can run mail-feedbackctl explain or message."
        }
        Error::Transient(
            Outage::CertificateFetch | Outage::CertificateUnknown | Outage::Confirmation | Outage::Secret,
        )
        | Error::Malformed(_)
        | Error::Unauthentic(_)
        | Error::Credential
        | Error::NotFound
        | Error::SenderDomain
        | Error::Stream
        | Error::Method
        | Error::Unconfigured => "This cannot be answered. Tell whoever runs mail-feedback what you asked.",
    }
}

/// A clause as the beginning of a sentence.
fn sentence(clause: &str) -> String {
    let mut chars = clause.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

impl From<Error> for ViewError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<ReadError> for ViewError {
    fn from(error: ReadError) -> Self {
        Self::Store(match error {
            ReadError::Query(error) => classified(&error),
            ReadError::BatchGet(error) => classified(&error),
            ReadError::Throttled => Error::Transient(Outage::Throttled),
        })
    }
}

impl From<DecisionError> for ViewError {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::Store(error) => Self::Store(error),
            DecisionError::Refused(refusal) => Self::Refused(refusal),
        }
    }
}
