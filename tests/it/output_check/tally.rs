//! Counts how much was checked so far, and writes it down for readers of the test results.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

/// The file with the figures of the last run, in one line.
pub const FILE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/privacy.txt");

static TALLY: Mutex<Tally> = Mutex::new(Tally::none());

/// What was checked.
#[derive(Clone, Debug)]
struct Tally {
    invocations: usize,
    secrets: usize,
    lines: usize,
    bytes: usize,
    from_dependencies: usize,
    /// The tests whose invocations of the handler also went to the real binary.
    tests: BTreeSet<String>,
}

impl Tally {
    const fn none() -> Self {
        Self { invocations: 0, secrets: 0, lines: 0, bytes: 0, from_dependencies: 0, tests: BTreeSet::new() }
    }

    fn line(&self) -> String {
        let Self { invocations, secrets, lines, bytes, from_dependencies, tests } = self;
        let attacks = tests.iter().filter(|test| test.starts_with("attacks::")).count();
        format!(
            "privacy: {invocations} invocations of the real binary, among them those of {attacks} attacks and {} other \
             tests; {secrets} secrets looked for in {lines} lines ({from_dependencies} of other crates) and {bytes} bytes of \
             output and answers",
            tests.len() - attacks
        )
    }
}

/// Counts one invocation.
pub fn add(written: &str, answer: &str, secrets: usize) {
    change(|tally| {
        tally.invocations += 1;
        tally.secrets += secrets;
        tally.lines += written.lines().count();
        tally.bytes += written.len() + answer.len();
        tally.from_dependencies +=
            written.lines().filter(|line| line.contains("mail_feedback::telemetry::dependencies")).count();
    });
}

/// Counts a test.
pub fn add_test(name: &str) {
    change(|tally| tally.tests.extend([name.to_owned()]));
}

/// Whether invocations of a test also went to the real binary.
pub fn has_test(name: &str) -> bool {
    TALLY.lock().expect("no test panicked while locked").tests.contains(name)
}

fn change(change: impl FnOnce(&mut Tally)) {
    let mut tally = TALLY.lock().expect("no test panicked while locked");
    change(&mut tally);
    // The last test leaves the total: the harness does not say which one is the last.
    std::fs::write(Path::new(FILE), tally.line() + "\n").expect("the folder of the tests can be written to");
}
