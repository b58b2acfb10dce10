//! Nothing that the function writes or answers shows whom a report is about, or what opens a door.
//!
//! Every invocation of the real binary in any test is judged, see `tests/it/judge.rs`. Here is what no other
//! test has a reason to send, every way in which something beside the function can fail, and the proof that the scan
//! finds what it looks for.

mod certificate_host;
mod corpora;
mod dynamodb;
mod hostile;
mod panics;
mod samples;
mod scanner;
mod secrets_manager;
mod starts;
mod witnessed;

use std::io::Write;
use std::process::Command;

use support::runtime_api::Function;

use crate::real_binary;
use crate::real_binary::verbose;

/// Says something past the capture of the test harness.
fn say(text: &str) {
    drop(writeln!(std::io::stderr(), "privacy: {text}"));
}

/// A function that shows as much as it can, with further settings.
async fn function(environment: Vec<(String, String)>, settings: &[(&str, &str)]) -> Function {
    let more = settings.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    real_binary::start(&verbose(environment).into_iter().chain(more).collect::<Vec<_>>()).await
}

/// Runs an ignored test in a process of its own, which it may change as a whole; gives what it wrote.
fn alone(test: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args(["--exact", test, "--ignored", "--nocapture"]).output().unwrap();
    let written = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && written.contains("1 passed"), "{written}");
    written
}
