//! The handler in this process, with the same configuration as the binary.

use std::sync::Arc;
use std::time::Duration;

use mail_feedback::config::{Config, RecordingConfig};
use mail_feedback::error::Error;
use mail_feedback::handler::{Answer, Clients, Handler};
use mail_feedback::intake::sns::{Fetcher, TopicArn};
use mail_feedback::provider::StreamTag;
use mail_feedback::store::{Recorder, Retention, Suppressions};
use mail_feedback::suppression::SoftBounceRules;
use mail_feedback::telemetry::{FunctionVersion, MetricSink};
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;

use support::database::{Database, EVENTS, SUPPRESSIONS};
pub use support::environment::{environment, trusting_environment};
pub use support::request::{ACCOUNT, CREDENTIALS, authorization, post};

/// The remaining time of an invocation.
pub const TIME_LEFT: Duration = Duration::from_secs(30);
/// A handler in this process.
#[derive(Clone)]
pub struct InProcess {
    /// The handler.
    pub handler: Arc<Handler>,
    /// The suppression table, with the handler's rules.
    pub suppressions: Suppressions,
    /// Both tables, for manual decisions.
    pub recorder: Recorder,
    /// The settings with which the real binary runs the same invocations, in addition to the local environment.
    pub settings: Vec<(String, String)>,
}

impl InProcess {
    /// Does what the binary does when it starts.
    pub async fn warm_up(&self) {
        self.handler.warm_up().await;
    }
}

/// The tables of the tests, and the default rules.
pub fn recording() -> RecordingConfig {
    RecordingConfig {
        event_table: EVENTS.to_owned(),
        suppression_table: SUPPRESSIONS.to_owned(),
        soft_bounces: SoftBounceRules::default(),
        retention: Retention::default(),
    }
}

/// Creates a handler with an environment.
pub fn handler(database: &Database, environment: &[(String, String)]) -> InProcess {
    custom_handler(database, environment, |_, _| {})
}

/// Creates a handler with an environment, and a changed configuration or changed clients.
pub fn custom_handler(
    database: &Database,
    environment: &[(String, String)],
    change: impl FnOnce(&mut Config, &mut Clients),
) -> InProcess {
    let lookup = |name: &str| environment.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut config = Config::from_lookup(lookup).expect("a valid environment");
    let mut clients = clients("test", database.client.clone());
    change(&mut config, &mut clients);
    let tables = (config.event_table.clone(), config.suppression_table.clone());
    let (rules, policy, retention) = (config.soft_bounces, config.policy, config.retention);
    let recorder = Recorder::new(clients.dynamodb.clone(), tables.0, tables.1, rules, policy, retention);
    InProcess {
        suppressions: recorder.suppressions().clone(),
        recorder,
        settings: settings(&config),
        handler: Arc::new(Handler::new(config, clients)),
    }
}

/// The clients of a function that needs no secret and counts nothing.
pub fn clients(function: &str, dynamodb: aws_sdk_dynamodb::Client) -> Clients {
    Clients {
        dynamodb,
        secrets_manager: Box::new(|| panic!("the tests of the secret set up their own client")),
        sns: Fetcher::default(),
        clock: Timestamp::now,
        metrics: MetricSink { function: version(function), write_line: |_| {} },
    }
}

/// What a configuration accepts, as environment variables.
fn settings(config: &Config) -> Vec<(String, String)> {
    let topics: Vec<&str> = config.sns.topics.iter().map(TopicArn::as_str).collect();
    let pairs = [
        ("SNS_TOPIC_ARNS", topics.join(",")),
        ("SNS_ALLOW_SHA1", config.sns.sha1.to_string()),
        ("SNS_MAX_AGE_SECONDS", config.sns.max_age_seconds.to_string()),
        ("SNS_AUTO_CONFIRM", config.auto_confirm.to_string()),
        ("SES_ACCOUNT_IDS", config.ses.accounts.join(",")),
        ("STREAM_TAG", config.ses.stream_tag.as_ref().map_or("", StreamTag::as_setting).to_owned()),
        ("COMPLAINT_SCOPE", config.policy.complaint_scope.to_string()),
        ("HARD_BOUNCE_DAYS", config.policy.hard_bounce_days.to_string()),
        ("EVENTBRIDGE_ACCOUNT_IDS", config.event_bridge.accounts.join(",")),
        ("EVENTBRIDGE_QUEUE_ARNS", config.event_bridge.queues.join(",")),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// A function's first version.
fn version(name: &str) -> FunctionVersion {
    FunctionVersion { name: name.to_owned(), version: "1".to_owned() }
}

/// Invokes a handler and returns the answer as JSON.
pub async fn invoke(handler: &InProcess, payload: &str) -> Result<Value, Error> {
    invoke_within(handler, payload, TIME_LEFT).await
}

/// The same with this much remaining time.
pub async fn invoke_within(handler: &InProcess, payload: &str, time_left: Duration) -> Result<Value, Error> {
    let answer: Result<Answer, Error> = Arc::clone(&handler.handler).handle(payload, "test-request", time_left).await;
    answer.map(|answer| serde_json::to_value(answer).expect("answers are JSON"))
}
