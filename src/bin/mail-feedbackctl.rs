//! `mail-feedbackctl`, the operators' program; its commands are in [`mail_feedback::operator`].

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    mail_feedback::operator::main().await
}
