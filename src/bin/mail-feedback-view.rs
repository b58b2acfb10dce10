//! `mail-feedback-view`, the function behind the pages for support; see [`mail_feedback::functions::view`].

use std::process::ExitCode;

use mail_feedback::functions::view;
use mail_feedback::telemetry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::init();
    match view::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!("{why}");
            ExitCode::FAILURE
        }
    }
}
