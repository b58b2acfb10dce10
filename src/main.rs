//! The binary that Lambda starts: the function that its handler setting names.

use std::process::ExitCode;

use mail_feedback::functions::{self, Function};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    functions::serve(async { Box::pin(Function::from_env()?.run()).await }).await
}
