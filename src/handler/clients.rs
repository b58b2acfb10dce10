//! What the handler talks to.

use aws_config::SdkConfig;

use crate::intake::sns::Fetcher;
use crate::telemetry::MetricSink;
use crate::timestamp::Timestamp;

/// The services that a handler calls, its clock, and where its metrics go.
pub struct Clients {
    /// DynamoDB, for both tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Makes the client of Secrets Manager; called at most once, and only if the configuration names a secret.
    pub secrets_manager: Box<dyn FnOnce() -> aws_sdk_secretsmanager::Client>,
    /// Fetches signing certificates and confirms subscriptions at SNS.
    pub sns: Fetcher,
    /// The present.
    pub clock: fn() -> Timestamp,
    /// Where the line of metrics goes.
    pub metrics: MetricSink,
}

impl Clients {
    /// The real ones: AWS under the given configuration, the system's clock, and standard output.
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
