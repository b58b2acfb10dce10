//! The minimal Lambda function in Rust: a baseline for `make bench`.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(|_: LambdaEvent<Box<RawValue>>| async { Ok::<_, Error>(()) })).await
}
