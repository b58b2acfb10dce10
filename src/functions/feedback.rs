//! `feedback`: records what e-mail providers report.
//!
//! **Given**: an SNS event, an SQS batch, an EventBridge event, or a request from API Gateway, a function
//! URL or a load balancer ([`crate::intake::Invocation`]).
//!
//! **Answers**: the number of events that it recorded, the messages of the batch that failed, or an HTTP response
//! ([`crate::handler::Answer`]); an event that cannot be recorded fails the invocation.
//!
//! **Needs** ([`Clients`]): DynamoDB, whose connection is opened during the cold start; SNS over HTTPS, for
//! certificates that are not known yet and to confirm subscriptions; Secrets Manager, only if `WEBHOOK_SECRET_ARN` is
//! set and a webhook request arrives.

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;

use super::StartError;
use super::environment::{sdk_config, time_left};
use crate::config::Config;
use crate::handler::{Clients, Handler};
use crate::intake::sns::Sha1;
use crate::telemetry;

/// Runs the cold start (configuration, clients, one warm connection), then serves invocations.
///
/// # Errors
/// A setting is missing or wrong, or Lambda's Runtime API does not answer.
pub async fn run() -> Result<(), StartError> {
    let config = Config::from_env().map_err(StartError::Config)?;
    if config.sns.sha1 == Sha1::All {
        tracing::warn!("SNS_ALLOW_SHA1 also admits sha-1 over https; set SignatureVersion 2 on the topics instead");
    }
    let sdk = sdk_config().await;
    let handler = Arc::new(Handler::new(config, Clients::new(&sdk)));
    handler.warm_up().await;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let handler = Arc::clone(&handler);
        async move {
            let work = handler.handle(event.payload.get(), &event.context.request_id, time_left(&event.context));
            telemetry::redact_panic(work).await
        }
    }));
    served.await.map_err(|_| StartError::RuntimeApi)
}
