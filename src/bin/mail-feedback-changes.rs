//! The binary of the function `changes`; see [`mail_feedback::functions::changes`].

use std::process::ExitCode;

use mail_feedback::functions::{self, changes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    functions::serve(Box::pin(changes::run())).await
}
