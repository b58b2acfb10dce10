//! Why a command failed, in words that say what to do.

use std::fmt;
use std::io::{Error as IoError, ErrorKind};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::error::{Error, Outage};
use crate::lookup::ReadError;

/// A failed command.
#[derive(Debug)]
pub enum Failure {
    /// A message for the user.
    Message(String),
    /// Nobody reads the output any more, as with `export | head`.
    Closed,
}

impl Failure {
    /// A failure with a message.
    pub fn new(text: impl Into<String>) -> Self {
        Self::Message(text.into())
    }

    /// A table that stays too busy.
    pub(super) fn throttled(table: &str) -> Self {
        Self::new(format!("dynamodb throttles {table}; wait, or raise the limits of the table, and try again"))
    }

    /// A failed read of the event table.
    pub(crate) fn of_read(error: &ReadError, table: &str) -> Self {
        match error {
            ReadError::Query(error) => Self::of_call(error, table),
            ReadError::BatchGet(error) => Self::of_call(error, table),
            ReadError::Throttled => Self::throttled(table),
        }
    }

    /// A failed DynamoDB call on a table.
    pub fn of_call<E, R>(error: &SdkError<E, R>, table: &str) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        Self::Message(match code {
            Some("ResourceNotFoundException") => {
                format!("the table {table} does not exist; check the name and the region (AWS_REGION)")
            }
            Some("AccessDeniedException") => {
                format!("access to {table} is denied; use credentials that may read and write it and its index")
            }
            Some("UnrecognizedClientException" | "ExpiredTokenException") => {
                "the credentials are invalid or have expired; get new ones".to_owned()
            }
            Some(code) => format!("dynamodb failed on {table}: {code}; try again"),
            None => match error {
                SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
                    "dynamodb cannot be reached; check network, region and endpoint (with --local: whether `make run` is running)"
                        .to_owned()
                }
                _ => format!("dynamodb failed on {table}: {error}; try again"),
            },
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(text) => f.write_str(text),
            Self::Closed => f.write_str("the output was closed"),
        }
    }
}

impl From<IoError> for Failure {
    fn from(error: IoError) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Message(error.to_string()),
        }
    }
}

impl From<Error> for Failure {
    /// The library's messages address whoever deploys the function; some need other advice for an operator.
    fn from(error: Error) -> Self {
        Self::Message(match error {
            Error::Transient(Outage::Forbidden) => {
                "dynamodb denies access; use credentials that may read and write both tables".to_owned()
            }
            Error::Transient(Outage::Unreachable) => {
                "dynamodb cannot be reached; check network, region and endpoint (with --local: whether `make run` is running)"
                    .to_owned()
            }
            Error::Transient(Outage::TableMissing) => {
                "a table does not exist; check --event-table, --suppression-table and the region (AWS_REGION)"
                    .to_owned()
            }
            error => error.advice().to_owned(),
        })
    }
}
