//! A Lambda function that warms up the SDK's client with one `GetItem`, then gets one item per invocation: the floor
//! for questions in `make bench`.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard())
        .load()
        .await;
    let client = &aws_sdk_dynamodb::Client::new(&config);
    let table = &std::env::var("SUPPRESSION_TABLE")?;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    client.get_item().table_name(table).key("address", text("-")).send().await?;
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Box<RawValue>>| {
        let call = client.get_item().table_name(table).key("address", text("recipient-0@example.com"));
        let output = call.consistent_read(true).send().await?;
        Ok::<_, Error>(output.item.is_some())
    }))
    .await
}
