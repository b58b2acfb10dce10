//! `mail-feedback-local`, the function on this machine; see [`mail_feedback::local`].

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    mail_feedback::local::main().await
}
