//! Why a question has no answer.

use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};

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
            Self::Store(Error::Transient(Outage::Forbidden)) => {
                "DynamoDB denies access. Check the role of the function.".to_owned()
            }
            Self::Store(Error::Transient(Outage::Unreachable)) => "DynamoDB did not answer. Try again.".to_owned(),
            Self::Store(Error::Transient(Outage::StoredRecord)) => {
                "The suppression record of this address cannot be read. Repair the item.".to_owned()
            }
            Self::Store(error) => format!("{}.", sentence(error.advice())),
            Self::MetricsDenied => {
                "CloudWatch denies the metrics. The role of the function needs cloudwatch:GetMetricData.".to_owned()
            }
            Self::Metrics => "CloudWatch did not return the metrics. Try again.".to_owned(),
            Self::Refused(refusal) => format!("{}.", sentence(&refusal.to_string())),
        }
    }

    /// The error of a failed call of CloudWatch.
    pub(super) fn of_metrics<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        match code {
            Some("AccessDenied" | "AccessDeniedException") => Self::MetricsDenied,
            _ => Self::Metrics,
        }
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
