//! The cold start: log, configuration, clients, one warm connection, and the runtime.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use lambda_runtime::{LambdaEvent, service_fn};
use mail_feedback::config::Config;
use mail_feedback::handler::{Clients, Handler};
use mail_feedback::intake::sns::Sha1;
use mail_feedback::telemetry;
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
    if config.sns.sha1 == Sha1::All {
        tracing::warn!("SNS_ALLOW_SHA1 admits sha-1 over https, too; set SignatureVersion 2 on the topics instead");
    }
    let sdk = sdk_config().await;
    let handler = Arc::new(Handler::new(config, Clients::new(&sdk)));
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
