//! Measures the real binary as `check` and as `unsubscribe`, the pages for support, and a plain `GetItem`: start, warm
//! invocations, CPU, memory.

use std::path::PathBuf;
use std::time::Instant;

use harness::fixture;
use harness::function::environment;
use support::database::Database;
use support::runtime_api::Function;

use crate::clock::median;
use crate::process::megabytes;

/// The starts of each program, in turn.
const STARTS: usize = 15;
/// What an invocation gets, by its number.
type Payload = fn(usize) -> String;

/// A program with its invocations, and its measurements.
pub struct Row {
    /// Its name in the table.
    pub name: &'static str,
    path: PathBuf,
    handler: &'static str,
    payload: Payload,
    /// The number of warm invocations.
    warm: usize,
    /// From the start to the first request to the Runtime API, in milliseconds.
    pub ready_ms: f64,
    /// From the start to the first answer, in milliseconds.
    pub answered_ms: f64,
    /// The time of a warm invocation, in microseconds.
    pub warm_us: f64,
    /// The CPU time of a warm invocation, in microseconds.
    pub cpu_us: f64,
    /// The peak memory after the warm invocations, in MB.
    pub peak_mb: f64,
}

/// Measures all rows, in turn in each round.
pub async fn measure() -> [Row; 6] {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_mail-feedback"));
    let row = |name, path: &PathBuf, handler, payload: Payload, warm| Row {
        name,
        path: path.clone(),
        handler,
        payload,
        warm,
        ready_ms: 0.0,
        answered_ms: 0.0,
        warm_us: 0.0,
        cpu_us: 0.0,
        peak_mb: 0.0,
    };
    let floor = binary.with_file_name("floor-get");
    // A binary of its own, which `make bench` builds before.
    let view = binary.with_file_name("mail-feedback-view");
    let mut rows = [
        row("runtime + one GetItem", &floor, "check", |_| fixture::question(1), 2_000),
        row("check, 1 address", &binary, "check", |_| fixture::question(1), 2_000),
        row("check, 1,000 addresses", &binary, "check", |_| fixture::question(1_000), 100),
        row("unsubscribe, page", &binary, "unsubscribe", |_| fixture::link_request("GET", 0), 2_000),
        row("unsubscribe, POST", &binary, "unsubscribe", |n| fixture::link_request("POST", n), 500),
        row("view, an address", &view, "view", fixture::view_request, 500),
    ];
    let database = Database::start().await;
    let mut starts = vec![(Vec::new(), Vec::new()); rows.len()];
    for round in 0..STARTS {
        for (row, (ready, answered)) in rows.iter().zip(&mut starts) {
            let payload = (row.payload)(round);
            let started = Instant::now();
            let mut function = start(row, &database).await;
            ready.push(function.until_ready().await.as_secs_f64() * 1e3);
            function.invoke(&payload).await.expect("an answer");
            answered.push(started.elapsed().as_secs_f64() * 1e3);
            function.stop().await;
        }
    }
    for (row, (ready, answered)) in rows.iter_mut().zip(starts) {
        (row.ready_ms, row.answered_ms) = (median(ready), median(answered));
        (row.warm_us, row.cpu_us, row.peak_mb) = warm(row, &database).await;
    }
    rows
}

async fn start(row: &Row, database: &Database) -> Function {
    let mut settings = environment(database);
    let own = fixture::LINK_SETTINGS.into_iter().chain(fixture::VIEW_SETTINGS).chain([("_HANDLER", row.handler)]);
    settings.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Function::start(&row.path, &settings).await
}

/// The time and the CPU time of a warm invocation, in microseconds, and the peak memory, in MB.
async fn warm(row: &Row, database: &Database) -> (f64, f64, f64) {
    let mut function = start(row, database).await;
    for number in 0..20 {
        function.invoke(&(row.payload)(number)).await.expect("an answer");
    }
    let before = function.cpu();
    let mut times = Vec::with_capacity(row.warm);
    for number in 0..row.warm {
        let payload = (row.payload)(20 + number);
        let started = Instant::now();
        function.invoke(&payload).await.expect("an answer");
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    let spent = function.cpu().saturating_sub(before);
    let peak_mb = megabytes(&function);
    function.stop().await;
    #[expect(clippy::cast_precision_loss, reason = "a count of invocations")]
    let cpu_us = spent.as_secs_f64() * 1e6 / row.warm as f64;
    (median(times), cpu_us, peak_mb)
}
