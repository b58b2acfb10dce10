//! `mail-feedback-view`, the function behind the pages for support; see [`mail_feedback::functions::view`].

use std::process::ExitCode;

use mail_feedback::functions::{self, view};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    functions::serve(Box::pin(view::run())).await
}
