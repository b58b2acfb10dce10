//! What all functions share: the deadline from Lambda and the SDK configuration.

use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use lambda_runtime::Context;

/// The time for an invocation without a deadline, or with one that has already passed by this clock.
const DEFAULT_TIME: Duration = Duration::from_secs(30);

/// The time that an invocation has left.
pub(super) fn time_left(context: &Context) -> Duration {
    context.deadline().duration_since(SystemTime::now()).unwrap_or(DEFAULT_TIME)
}

/// The limits are below Lambda's timeout: after a freeze the first connection is often dead.
pub(super) async fn sdk_config() -> SdkConfig {
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
