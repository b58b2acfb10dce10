//! The handler in this process, set up by the same configuration as the binary.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mail_feedback::config::{Config, WebhookConfig};
use mail_feedback::error::Error;
use mail_feedback::handler::{Answer, Handler};
use mail_feedback::sns::{CertificateSource, Fetcher, Verifier};
use mail_feedback::store::Recorder;
use mail_feedback::telemetry::FunctionVersion;
use mail_feedback::timestamp::Timestamp;
use mail_feedback::webhook::CredentialStore;
use serde_json::Value;

use super::authority::FOLDER;
use super::database::{Database, EVENTS, SUPPRESSIONS};
use super::envelope::TOPIC;
pub use super::request::{CREDENTIALS, authorization, post};
use super::samples;

/// The time that an invocation has.
pub const TIME_LEFT: Duration = Duration::from_secs(30);
/// The account of the samples.
pub const ACCOUNT: &str = "123456789012";

/// The environment under which the samples are accepted, as `events/local.env` sets it.
pub fn environment(database: &Database) -> Vec<(String, String)> {
    let certificates = samples::folder().join("certificates");
    let pairs = [
        ("AWS_ENDPOINT_URL_DYNAMODB", database.endpoint()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("EVENT_TABLE", EVENTS.to_owned()),
        ("SUPPRESSION_TABLE", SUPPRESSIONS.to_owned()),
        ("SNS_TOPIC_ARNS", TOPIC.to_owned()),
        ("SNS_MAX_AGE_SECONDS", "4000000000".to_owned()),
        ("SNS_TRUST_ANCHORS", certificates.join("root.pem").to_string_lossy().into_owned()),
        ("SNS_CERTIFICATES", certificates.to_string_lossy().into_owned()),
        ("EVENTBRIDGE_ACCOUNT_IDS", ACCOUNT.to_owned()),
        ("WEBHOOK_CREDENTIALS", CREDENTIALS.to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The same environment, under which messages are accepted that the tests sign.
pub fn trusting_environment(database: &Database) -> Vec<(String, String)> {
    let mut settings = environment(database);
    for (name, value) in [("SNS_TRUST_ANCHORS", FOLDER.join("root.pem")), ("SNS_CERTIFICATES", FOLDER.clone())] {
        settings.push((name.to_owned(), value.to_string_lossy().into_owned()));
    }
    settings
}

/// A handler under an environment.
pub fn handler(database: &Database, environment: &[(String, String)]) -> Arc<Handler> {
    Arc::new(custom_handler(database, environment))
}

/// A handler under an environment, to be changed before use.
pub fn custom_handler(database: &Database, environment: &[(String, String)]) -> Handler {
    let lookup = |name: &str| environment.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let config = Config::from_lookup(lookup).expect("a valid environment");
    Handler {
        function: version("test"),
        verifier: Verifier {
            topics: config.topics,
            sha1: config.sha1,
            max_age_ms: i64::from(config.max_age_seconds) * 1000,
            certificates: CertificateSource::new(config.trust, config.certificates, Fetcher::default()),
        },
        event_bridge: config.event_bridge,
        auto_confirm: config.auto_confirm,
        accounts: config.accounts,
        credentials: match config.webhook {
            WebhookConfig::Unconfigured => CredentialStore::Unconfigured,
            WebhookConfig::Fixed(known) => CredentialStore::Fixed(known),
            WebhookConfig::Secret(_) => panic!("the tests of the secret set up their own client"),
        },
        recorder: Recorder::new(
            database.client.clone(),
            config.event_table,
            config.suppression_table,
            config.soft_bounces,
            config.retention,
        ),
        clock: Timestamp::now,
        metrics: |_| {},
    }
}

/// A function's first version.
pub fn version(name: &str) -> FunctionVersion {
    FunctionVersion { name: name.to_owned(), version: "1".to_owned() }
}

/// Invokes a handler and gives the answer as JSON.
pub async fn invoke(handler: &Arc<Handler>, payload: &str) -> Result<Value, Error> {
    invoke_within(handler, payload, TIME_LEFT).await.0
}

/// The same for an invocation with so much time left; gives also how long it took.
///
/// In a test the real binary hears of it, too, and what it writes is judged.
pub async fn invoke_within(
    handler: &Arc<Handler>,
    payload: &str,
    time_left: Duration,
) -> (Result<Value, Error>, Duration) {
    let started = Instant::now();
    let answer = invoke_alone(handler, payload, time_left).await;
    let took = started.elapsed();
    // Afterwards: tests of invocations at the same time depend on nothing being in between.
    #[cfg(test)]
    super::privacy::witness::witness(handler, payload).await;
    (answer, took)
}

/// The same of which the real binary does not hear: for feeds of thousands, which go through the binary themselves.
pub async fn invoke_alone(handler: &Arc<Handler>, payload: &str, time_left: Duration) -> Result<Value, Error> {
    let answer: Result<Answer, Error> = Arc::clone(handler).handle(payload, "test-request", time_left).await;
    answer.map(|answer| serde_json::to_value(answer).expect("answers are JSON"))
}
