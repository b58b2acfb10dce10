//! Nothing that the function writes or answers reveals personal data or secrets.
//!
//! Every invocation of the real binary in any test is checked: see `tests/it/output_check.rs`. The tests here send what
//! no other test has a reason to send, make everything around the function fail in every way, and prove that the scan
//! finds what it looks for.

mod certificate_host;
mod corpora;
mod coverage;
mod dynamodb;
mod hostile;
mod panics;
mod samples;
mod scanner;
mod secrets_manager;
mod starts;

use std::io::Write;
use std::process::Command;

use support::runtime_api::Function;

use crate::real_binary;
use crate::real_binary::verbose;

/// Prints past the capture of the test harness.
fn print_uncaptured(text: &str) {
    drop(writeln!(std::io::stderr(), "privacy: {text}"));
}

/// A function at the most verbose log level, with further settings.
async fn function(environment: Vec<(String, String)>, settings: &[(&str, &str)]) -> Function {
    let more = settings.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    real_binary::start(&verbose(environment).into_iter().chain(more).collect::<Vec<_>>()).await
}

/// Runs an ignored test in a separate process, which it may change as a whole; returns its output.
fn run_in_own_process(test: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args(["--exact", test, "--ignored", "--nocapture"]).output().unwrap();
    let written = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && written.contains("1 passed"), "{written}");
    written
}
