//! The functions; Lambda's setting `Handler` picks one of its binary.
//!
//! | `Handler` | function |
//! |---|---|
//! | `feedback`, `bootstrap` | [`feedback`]: records what e-mail providers report |
//! | `check` | [`check`]: answers whether addresses may be mailed |
//! | `decide` | [`decide`]: suppresses and lifts on behalf of programs |
//! | `unsubscribe` | [`unsubscribe`]: lets recipients unsubscribe through one-click links |
//! | `changes` | `changes`, in the binary `mail-feedback-changes`: tells an event bus what changed |
//! | `view` | `view`, in the binary `mail-feedback-view`: shows support why an address gets no mail |
//!
//! A function that needs a large SDK of its own has a binary of its own, behind a cargo feature, so that the binary of
//! the others stays small.
//!
//! Each reads its own settings, creates its own clients, and refuses the invocations of the others.
//!
//! Lambda passes the setting on as `_HANDLER`: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
//! `cargo lambda watch` sets no such variable, and `feedback` runs there.

#[cfg(feature = "changes")]
pub mod changes;
pub mod check;
pub mod decide;
mod environment;
pub mod feedback;
pub mod unsubscribe;
#[cfg(feature = "view")]
pub mod view;

use std::fmt;
use std::process::ExitCode;

use crate::api::ApiError;
use crate::config::{ConfigError, RecordingConfig};
use crate::error::Disposition;
use crate::policy::Policy;
use crate::store::Recorder;
use crate::telemetry;

/// A function of the binary `mail-feedback`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Records what e-mail providers report.
    Feedback,
    /// Answers whether addresses may be mailed.
    Check,
    /// Suppresses and lifts on behalf of programs.
    Decide,
    /// Lets recipients unsubscribe through one-click links.
    Unsubscribe,
}

/// The values that `Handler` may have; `bootstrap` is the usual one in templates for custom runtimes.
const NAMES: [(&str, Function); 5] = [
    ("feedback", Function::Feedback),
    ("bootstrap", Function::Feedback),
    ("check", Function::Check),
    ("decide", Function::Decide),
    ("unsubscribe", Function::Unsubscribe),
];

/// The recorder of what people say. The policy is for reports; orders and links state their own reason and scope.
fn recorder(client: aws_sdk_dynamodb::Client, config: RecordingConfig) -> Recorder {
    let RecordingConfig { event_table, suppression_table, soft_bounces, retention } = config;
    Recorder::new(client, event_table, suppression_table, soft_bounces, Policy::default(), retention)
}

/// Why a function did not start, or stopped.
#[derive(Debug, PartialEq, Eq)]
pub enum StartError {
    /// `Handler` names no function of the binary `mail-feedback`.
    UnknownFunction,
    /// `Handler` names no function of a binary that has only one.
    OtherFunction {
        /// The one it has.
        known: &'static str,
    },
    /// A setting is missing or wrong.
    Config(ConfigError),
    /// Lambda's Runtime API cannot be reached.
    RuntimeApi,
}

impl Function {
    /// The function that `_HANDLER` names, or [`Self::Feedback`] if the variable is missing or empty.
    ///
    /// # Errors
    /// There is no function of that name.
    pub fn from_env() -> Result<Self, StartError> {
        Self::named(std::env::var("_HANDLER").ok().as_deref())
    }

    /// The function with a name, or [`Self::Feedback`] without one.
    ///
    /// # Errors
    /// There is no function of that name.
    pub fn named(name: Option<&str>) -> Result<Self, StartError> {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(Self::Feedback) };
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, function)| *function).ok_or(StartError::UnknownFunction)
    }

    /// Starts the function, and serves invocations until the environment ends.
    ///
    /// # Errors
    /// It cannot start, or Lambda's Runtime API does not answer.
    pub async fn run(self) -> Result<(), StartError> {
        match self {
            Self::Feedback => feedback::run().await,
            Self::Check => check::run().await,
            Self::Decide => decide::run().await,
            Self::Unsubscribe => unsubscribe::run().await,
        }
    }
}

/// Runs the function of a binary: starts the log, and writes a line if the function does not start, or stops.
pub async fn serve(function: impl Future<Output = Result<(), StartError>>) -> ExitCode {
    telemetry::init();
    match function.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Logs an invocation that got no answer.
fn log_failure(error: ApiError, request_id: &str, duration_ms: u64) {
    let (class, label) = (error.class(), error.label());
    let retry = error.disposition() == Disposition::Retry;
    tracing::warn!(request_id, class, label, retry, duration_ms, "{error}");
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFunction => {
                let names = NAMES.map(|(name, _)| name).join(", ");
                write!(f, "Handler names no function of this binary: set it to one of {names}")
            }
            Self::OtherFunction { known } => {
                write!(f, "Handler names no function of this binary: set it to {known}")
            }
            Self::Config(error) => error.fmt(f),
            Self::RuntimeApi => f.write_str("lambda's runtime api does not answer; no invocations are served"),
        }
    }
}

impl std::error::Error for StartError {}

#[cfg(test)]
mod tests {
    use super::{Function, StartError};

    #[test]
    fn a_name_picks_a_function_exactly() {
        for name in [None, Some(""), Some("feedback"), Some("bootstrap")] {
            assert_eq!(Function::named(name), Ok(Function::Feedback), "{name:?}");
        }
        assert_eq!(Function::named(Some("check")), Ok(Function::Check));
        assert_eq!(Function::named(Some("decide")), Ok(Function::Decide));
        assert_eq!(Function::named(Some("unsubscribe")), Ok(Function::Unsubscribe));
        for name in ["Feedback", "feedback ", "Check", "hello.handler"] {
            assert_eq!(Function::named(Some(name)), Err(StartError::UnknownFunction), "{name:?}");
        }
    }
}
