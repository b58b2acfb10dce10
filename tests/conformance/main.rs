//! Replays a corpus of requests with which other projects test their webhook receivers: `make conformance
//! CORPUS=folder`. The corpus must not be copied and is not in the repository; without `CORPUS`, this test is skipped.
//!
//! Each case runs through the real handler with an embedded DynamoDB; a test authority signs the SNS messages again.
//! Every difference from the peer's expectation must be listed, word for word and with its reason, in
//! `tests/conformance-deviations.json`; any other difference fails the run, and so does an entry of that list that no
//! longer occurs.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

mod case;
mod certificates;
mod deviations;
mod envelope;
mod feedback;
mod policy;
mod records;
mod replay;
mod report;
mod request;
mod state;
mod verdict;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use case::Case;
use certificates::Certificates;
use deviations::Deviations;
use report::Report;

/// Reads `CORPUS`; the exit code says whether anything failed.
fn main() -> ExitCode {
    let Some(corpus) = std::env::var_os("CORPUS").filter(|corpus| !corpus.is_empty()).map(PathBuf::from) else {
        println!("\nSKIPPED: conformance. It needs a corpus: make conformance CORPUS=folder\n");
        return ExitCode::SUCCESS;
    };
    match run(&corpus) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Replays all cases of a corpus and prints the result; returns whether nothing failed.
fn run(corpus: &Path) -> Result<bool, String> {
    // Cases are named after their folder, which `.` does not show.
    let corpus = corpus.canonicalize().map_err(|error| format!("{} cannot be read: {error}", corpus.display()))?;
    let files = case_files(&corpus)?;
    if files.is_empty() {
        return Err(format!("there is no case in {}", corpus.display()));
    }
    let certificates = Certificates::new();
    let mut report = Report::new(Deviations::read()?);
    for file in &files {
        let outcome = Case::read(file).and_then(|case| replay(&case, &certificates));
        report.add(&case::name(file), outcome);
    }
    report.print();
    Ok(report.is_good())
}

/// Replays a case on its own runtime, which ends with its database and connections.
fn replay(case: &Case, certificates: &Certificates) -> Result<Vec<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let replayed = catch_unwind(AssertUnwindSafe(|| runtime.block_on(replay::replay(case, certificates))));
    replayed.unwrap_or_else(|_| Err("panicked".to_owned()))
}

/// Every JSON file below a folder, in order.
fn case_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            files.extend(case_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
