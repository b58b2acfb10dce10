//! Measures the real binary and the baselines as processes: start, warm invocations, memory, size.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use harness::fixture::{self, SES};
use harness::function::environment;
use support::database::Database;
use support::runtime_api::Function;

use crate::clock::median;

/// The number of starts of each program, in turn.
const STARTS: usize = 15;
/// The number of warm invocations of each program.
const WARM: usize = 400;

/// A program and its measurements.
pub struct Program {
    /// Its name in the table.
    pub name: &'static str,
    path: PathBuf,
    /// From its start to its first request to the Runtime API, in milliseconds.
    pub ready_ms: f64,
    /// From its start to its first answer, in milliseconds.
    pub answered_ms: f64,
    /// A warm invocation with an SES delivery, in microseconds.
    pub warm_us: f64,
    /// The peak memory after the warm invocations, in MB.
    pub peak_mb: f64,
    /// Its size on disk, in MB.
    pub size_mb: f64,
    /// Its size as the zip file that is uploaded, in MB.
    pub zip_mb: f64,
}

/// The binary, and the two baselines that the feature `floors` builds.
pub fn programs() -> [Program; 3] {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_mail-feedback"));
    [
        program("bare runtime", binary.with_file_name("floor-runtime")),
        program("runtime + one PutItem", binary.with_file_name("floor-put")),
        program("mail-feedback", binary),
    ]
}

fn program(name: &'static str, path: PathBuf) -> Program {
    let bytes = std::fs::metadata(&path).unwrap_or_else(|_| panic!("build {name} first: make bench")).len();
    #[expect(clippy::cast_precision_loss, reason = "a size in MB")]
    let size_mb = bytes as f64 / 1e6;
    let zip_mb = zipped_mb(&path);
    Program { name, path, ready_ms: 0.0, answered_ms: 0.0, warm_us: 0.0, peak_mb: 0.0, size_mb, zip_mb }
}

/// The size of a zip file with a program; Python creates it, because this project needs Python anyway.
fn zipped_mb(path: &Path) -> f64 {
    let script = "import io, sys, zipfile\nmade = io.BytesIO()\n\
        zipfile.ZipFile(made, 'w', zipfile.ZIP_DEFLATED, compresslevel=9).write(sys.argv[1])\n\
        print(made.tell() / 1e6)";
    let output = Command::new("python3").args(["-c", script]).arg(path).output().expect("Python runs");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a size")
}

/// Measures the programs in turn in each round.
pub async fn measure(programs: &mut [Program]) {
    let database = Database::start().await;
    let event = fixture::sample(SES);
    let mut starts = vec![(Vec::new(), Vec::new()); programs.len()];
    for _ in 0..STARTS {
        for (program, (ready, answered)) in programs.iter().zip(&mut starts) {
            let started = Instant::now();
            let mut function = start(&program.path, &database).await;
            ready.push(millis(function.until_ready().await));
            function.invoke(&event).await.expect("an answer");
            answered.push(millis(started.elapsed()));
            function.stop().await;
        }
    }
    let mut warm = Vec::new();
    for program in programs.iter() {
        let mut function = start(&program.path, &database).await;
        function.invoke(&event).await.expect("an answer");
        warm.push((function, Vec::with_capacity(WARM)));
    }
    for _ in 0..WARM {
        for (function, times) in &mut warm {
            let started = Instant::now();
            function.invoke(&event).await.expect("an answer");
            times.push(started.elapsed().as_secs_f64() * 1e6);
        }
    }
    for ((program, (ready, answered)), (function, times)) in programs.iter_mut().zip(starts).zip(warm) {
        program.ready_ms = median(ready);
        program.answered_ms = median(answered);
        program.warm_us = median(times);
        program.peak_mb = megabytes(&function);
        function.stop().await;
    }
}

/// Starts a program with a database.
pub async fn start(path: &Path, database: &Database) -> Function {
    Function::start(path, &environment(database)).await
}

/// The peak memory so far, in MB.
#[expect(clippy::cast_precision_loss, reason = "some megabytes")]
pub fn megabytes(function: &Function) -> f64 {
    function.peak_memory_kib() as f64 * 1_024.0 / 1e6
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
