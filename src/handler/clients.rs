//! The services that the handler calls.

use aws_config::SdkConfig;

use crate::intake::sns::Fetcher;
use crate::telemetry::MetricSink;
use crate::timestamp::Timestamp;

/// The services that a handler calls, its clock, and the destination of its metrics.
pub struct Clients {
    /// DynamoDB, for both tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Makes the client of Secrets Manager; called at most once, and only if the configuration names a secret.
    pub secrets_manager: Box<dyn FnOnce() -> aws_sdk_secretsmanager::Client>,
    /// Fetches signing certificates and confirms subscriptions at SNS.
    pub sns: Fetcher,
    /// The current time.
    pub clock: fn() -> Timestamp,
    /// Where the metrics line is written.
    pub metrics: MetricSink,
}

impl Clients {
    /// The production clients: AWS with the given configuration, the system clock, and standard output.
    #[must_use]
    pub fn new(sdk: &SdkConfig) -> Self {
        let for_secrets = sdk.clone();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(sdk),
            secrets_manager: Box::new(move || aws_sdk_secretsmanager::Client::new(&for_secrets)),
            sns: Fetcher::default(),
            clock: Timestamp::now,
            metrics: MetricSink::from_env(),
        }
    }
}
