//! Why a function gives no answer; the messages quote nothing from the invocation.

use std::fmt;

use lambda_runtime::Diagnostic;

use super::fields::Demand;
use crate::error::{Disposition, Error};
use crate::suppression::{DecisionRefusal, ScopeError};

/// What is wrong with a question or an order; a retry cannot help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is not what the function accepts; the text says what that is.
    Form(&'static str),
    /// It has a field other than these.
    UnknownField(&'static [&'static str]),
    /// A field occurs twice.
    Repeated,
    /// A field is missing or of the wrong type.
    Field {
        /// The field.
        field: &'static str,
        /// What the field must be.
        demand: Demand,
    },
    /// It names a scope that cannot exist.
    Scope(ScopeError),
    /// The answer would be longer than [`MAX_ANSWER_BYTES`](super::MAX_ANSWER_BYTES).
    Size,
}

/// Why an order was refused; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `soft_bounce` for `*` is derived from the bounces.
    Counted,
    /// The decision is impossible or would have no effect.
    Decision(DecisionRefusal),
}

/// Why there is no answer. Without an answer, do not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// The question or order is malformed.
    Malformed(Flaw),
    /// The order was not carried out.
    Refused(Refusal),
    /// The table did not answer.
    Store(Error),
}

impl Flaw {
    /// The names in logs and metrics.
    pub const LABELS: [&'static str; 4] = ["form", "field", "scope", "size"];

    /// The name in logs and metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Form(_) => "form",
            Self::UnknownField(_) | Self::Repeated | Self::Field { .. } => "field",
            Self::Scope(_) => "scope",
            Self::Size => "size",
        }
    }
}

impl ApiError {
    /// The name of a refused order in logs and metrics.
    pub const REFUSED: &'static str = "refused";

    /// The `errorType` of the failed invocation: `Malformed`, `Refused` or `Transient`. These names never change.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Malformed(_) => "Malformed",
            Self::Refused(_) => "Refused",
            Self::Store(error) => error.class(),
        }
    }

    /// The name of the cause: in logs, in metrics, and at the start of the message.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Malformed(flaw) => flaw.label(),
            Self::Refused(_) => Self::REFUSED,
            Self::Store(error) => error.label(),
        }
    }

    /// Whether another attempt may succeed.
    #[must_use]
    pub const fn disposition(self) -> Disposition {
        match self {
            Self::Malformed(_) | Self::Refused(_) => Disposition::GiveUp,
            Self::Store(error) => error.disposition(),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.label())?;
        match self {
            Self::Form(demand) => f.write_str(demand),
            Self::UnknownField(known) => {
                write!(f, "unknown field; known fields are {}", known.join(", "))
            }
            Self::Repeated => f.write_str("a field occurs twice; give each field once"),
            Self::Field { field, demand } => write!(f, "{field} must be {demand}"),
            Self::Scope(error) => error.fmt(f),
            Self::Size => {
                f.write_str("the answer is too long for lambda; ask about fewer addresses, or without elsewhere")
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counted => f.write_str("soft_bounce in scope * is counted, not set; use the reason manual"),
            Self::Decision(refusal) => refusal.fmt(f),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(flaw) => flaw.fmt(f),
            Self::Refused(refusal) => write!(f, "{}: {refusal}", Self::REFUSED),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ApiError {}

impl From<Flaw> for ApiError {
    fn from(flaw: Flaw) -> Self {
        Self::Malformed(flaw)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<ApiError> for Diagnostic {
    fn from(error: ApiError) -> Self {
        Self { error_type: error.class().to_owned(), error_message: error.to_string() }
    }
}
