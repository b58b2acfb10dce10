//! The command line.

use std::process::ExitCode;

use super::{Failure, run, send, sign};

const USAGE: &str = "usage:
  mail-feedback-local                  run the function, send it every sample, and keep running; see make run
  mail-feedback-local send KIND TO     send it an SES event about an address; see make ses-bounce
  mail-feedback-local sign-samples     sign the SNS samples again; see make samples";

/// Runs the command line of this process, and returns its exit code.
pub async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] => Box::pin(run::run()).await,
        ["send", kind, to] => Box::pin(send::run(kind, to)).await,
        ["sign-samples"] => sign::run(),
        _ => Err(Failure::from(USAGE)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
