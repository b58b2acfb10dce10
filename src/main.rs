//! The cold start: log, configuration, clients, one warm connection, and the runtime.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use lambda_runtime::{LambdaEvent, service_fn};
use mail_feedback::config::{Config, WebhookConfig};
use mail_feedback::handler::Handler;
use mail_feedback::sns::{CertificateSource, Fetcher, Sha1, Verifier};
use mail_feedback::store::Recorder;
use mail_feedback::telemetry::{self, FunctionVersion};
use mail_feedback::timestamp::Timestamp;
use mail_feedback::webhook::CredentialStore;
use serde_json::value::RawValue;

/// The time for an invocation whose deadline is not told, or lies in the past of this clock.
const UNTOLD_TIME: Duration = Duration::from_secs(30);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Serves invocations; why it had to end, in one sentence.
async fn run() -> Result<(), String> {
    let config = Config::from_env().map_err(|error| error.to_string())?;
    if config.sha1 == Sha1::All {
        tracing::warn!("SNS_ALLOW_SHA1 admits sha-1 over https, too; set SignatureVersion 2 on the topics instead");
    }
    let sdk = sdk_config().await;
    let handler = Arc::new(handler(config, &sdk));
    handler.warm_up().await;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let handler = Arc::clone(&handler);
        async move {
            let time_left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or(UNTOLD_TIME);
            let work = handler.handle(event.payload.get(), &event.context.request_id, time_left);
            telemetry::panic_unquoted(work).await
        }
    }));
    served.await.map_err(|_| "the runtime api of lambda does not answer; nothing is served".to_owned())
}

/// Limits below Lambda's timeout: after a freeze the first connection is often dead.
async fn sdk_config() -> aws_config::SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(8))
        .build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard())
        .load()
        .await
}

fn handler(config: Config, sdk: &aws_config::SdkConfig) -> Handler {
    let certificates = CertificateSource::new(config.trust, config.certificates, Fetcher::default());
    Handler {
        function: FunctionVersion {
            name: std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "mail-feedback".to_owned()),
            version: std::env::var("AWS_LAMBDA_FUNCTION_VERSION").unwrap_or_else(|_| "$LATEST".to_owned()),
        },
        verifier: Verifier {
            topics: config.topics,
            sha1: config.sha1,
            max_age_ms: i64::from(config.max_age_seconds).saturating_mul(1000),
            certificates,
        },
        event_bridge: config.event_bridge,
        auto_confirm: config.auto_confirm,
        accounts: config.accounts,
        credentials: match config.webhook {
            WebhookConfig::Unconfigured => CredentialStore::Unconfigured,
            WebhookConfig::Fixed(known) => CredentialStore::Fixed(known),
            WebhookConfig::Secret(arn) => {
                CredentialStore::secrets_manager(aws_sdk_secretsmanager::Client::new(sdk), arn)
            }
        },
        recorder: Recorder::new(
            aws_sdk_dynamodb::Client::new(sdk),
            config.event_table,
            config.suppression_table,
            config.soft_bounces,
            config.retention,
        ),
        clock: Timestamp::now,
        metrics: telemetry::write_line,
    }
}
