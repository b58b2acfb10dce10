//! The binary that Lambda starts: the log, and the function that its handler setting names.

use std::process::ExitCode;

use mail_feedback::functions::{Function, StartError};
use mail_feedback::telemetry;

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

async fn run() -> Result<(), StartError> {
    Function::from_env()?.run().await
}
