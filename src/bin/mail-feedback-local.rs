//! `mail-feedback-local`, the function on this machine. What it does is in [`mail_feedback::local`].

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    mail_feedback::local::main().await
}
