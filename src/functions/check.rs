//! `check`: answers whether addresses may be mailed.
//!
//! **Given**: a question ([`Question`]), only through `Invoke`.
//!
//! **Answers**: what blocks each address, in order ([`Answers`]). If the question is malformed, the answer is too long or
//! the table does not answer, the invocation fails ([`ApiError`]); a sender without an answer does not send.
//!
//! **Needs**: DynamoDB, only the suppression table; the connection is opened during the cold start.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;

use super::StartError;
use super::environment::{sdk_config, time_left};
use crate::api::{Answer, AnswerError, Answers, ApiError, Question, ask};
use crate::config::CheckConfig;
use crate::handler::Deadline;
use crate::store::Suppressions;
use crate::suppression::SoftBounceRules;
use crate::telemetry::{CheckOutcome, MetricSink, Metrics, redact_panic};
use crate::timestamp::Timestamp;

/// Everything an invocation needs, set up at the cold start.
#[derive(Clone, Debug)]
pub struct Checker {
    /// The suppression table.
    pub suppressions: Suppressions,
    /// The current time.
    pub clock: fn() -> Timestamp,
    /// Where the metrics line goes.
    pub metrics: MetricSink,
}

/// Runs the cold start (configuration, client, one warm connection), then serves invocations.
///
/// # Errors
/// A setting is missing or wrong, or Lambda's Runtime API does not answer.
pub async fn run() -> Result<(), StartError> {
    let config = CheckConfig::from_env().map_err(StartError::Config)?;
    let client = aws_sdk_dynamodb::Client::new(&sdk_config().await);
    // The rules matter only to writes.
    let suppressions = Suppressions::new(client, config.suppression_table, SoftBounceRules::default());
    suppressions.open_connection().await;
    let checker = Arc::new(Checker { suppressions, clock: Timestamp::now, metrics: MetricSink::from_env() });
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let checker = Arc::clone(&checker);
        async move {
            let work = checker.answer(event.payload.get(), &event.context.request_id, time_left(&event.context));
            redact_panic(work).await
        }
    }));
    served.await.map_err(|_| StartError::RuntimeApi)
}

impl Checker {
    /// Answers one invocation, given as the JSON that Lambda received, before the remaining time ends; returns
    /// [`Answers`] as JSON.
    ///
    /// # Errors
    /// The question is malformed, the answer is too long, or the table did not answer in time.
    pub async fn answer(
        &self,
        payload: &str,
        request_id: &str,
        time_left: Duration,
    ) -> Result<Box<RawValue>, ApiError> {
        let (started, now) = (Instant::now(), (self.clock)());
        let outcome = match Question::parse(payload) {
            Ok(question) => {
                let work = Box::pin(ask(question, &self.suppressions, now));
                Deadline::after(time_left).enforce(work).await.and_then(|answers| Ok((answers.to_json()?, answers)))
            }
            Err(flaw) => Err(flaw.into()),
        };
        let metrics = counted(&outcome);
        write_log(&outcome, request_id, started);
        self.metrics.write(&metrics, now);
        outcome.map(|(json, _)| json)
    }
}

/// An answer as JSON, and what it says.
type Answered = (Box<RawValue>, Answers);

/// The outcome for the metrics.
const fn outcome_of(answer: &Answer) -> CheckOutcome {
    match (answer.error, answer.allowed) {
        (Some(AnswerError::NotAnAddress), _) => CheckOutcome::NotAnAddress,
        (Some(AnswerError::RecordUnreadable), _) | (None, None) => CheckOutcome::RecordUnreadable,
        (None, Some(true)) => CheckOutcome::Allowed,
        (None, Some(false)) => CheckOutcome::Blocked,
    }
}

fn counted(outcome: &Result<Answered, ApiError>) -> Metrics {
    let mut metrics = Metrics::default();
    match outcome {
        Ok((_, answers)) => metrics.checked(answers.results.iter().map(outcome_of)),
        Err(ApiError::Malformed(flaw)) => metrics.malformed(flaw.label()),
        Err(ApiError::Refused(_)) => metrics.malformed(ApiError::REFUSED),
        Err(ApiError::Store(error)) => metrics.rejected(*error),
    }
    metrics
}

/// Writes one log line, without any address.
fn write_log(outcome: &Result<Answered, ApiError>, request_id: &str, started: Instant) {
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok((_, answers)) => {
            let of =
                |wanted: CheckOutcome| answers.results.iter().filter(|answer| outcome_of(answer) == wanted).count();
            let addresses = answers.results.len();
            let (blocked, unreadable) = (of(CheckOutcome::Blocked), of(CheckOutcome::RecordUnreadable));
            tracing::info!(request_id, addresses, blocked, unreadable, duration_ms, "answered");
        }
        Err(error) => super::log_failure(*error, request_id, duration_ms),
    }
}
