//! Both intakes of SES reports side by side: the guide's pages on cost and capacity contain what is counted here.

use std::fmt::Write;
use std::path::Path;

use harness::cost::{Cost, cost, counting_handler_in};
use harness::fixture::{direct, queue};
use serde_json::Value;
use support::calls::Calls;
use support::database::Database;
use support::environment::trusting_environment;
use support::runtime_api::Function;

use crate::real_binary::{self, invoke_both};

/// Dollars per million in us-east-1, November 2026: SNS messages, SQS requests, invocations, write and read units.
const SNS: f64 = 0.50;
const SQS: f64 = 0.40;
const INVOCATIONS: f64 = 0.20;
const UNITS: (f64, f64) = (0.625, 0.125);
/// Dollars per GB of log, and per GB-second on arm64.
const LOG: f64 = 0.50;
const COMPUTE: f64 = 0.000_013_333_4;
/// Assumed: what Lambda logs per invocation, in kilobytes.
const LAMBDA_LOG_KB: f64 = 0.8;
/// Assumed, for the price: an invocation at 256 MB takes so many milliseconds, and so many more for each further event.
const BILLED_MS: (f64, f64) = (20.0, 0.5);
/// Published: SQS bills each 64 KB of a request, and gives or deletes at most ten messages in one.
const SQS_KB: usize = 64;
const SQS_MESSAGES: usize = 10;
/// Published: how many batches Lambda reads at once at first. By default: how long it waits for a batch, and its size.
const READERS: f64 = 5.0;
const WINDOW_SECONDS: f64 = 10.0;
const BATCH: usize = 100;
/// Measured by `make bench`: the CPU time of a delivery by itself and in a batch of a hundred, in milliseconds.
const CPU_MS: (f64, f64) = (0.11, 0.04);
/// Published: the part of a virtual CPU that 256 MB come with. Assumed: a request to DynamoDB in milliseconds.
const CPU_FACTOR: f64 = 1_769.0 / 256.0;
const REQUEST_MS: f64 = 5.0;
/// Assumed: the peak of a day, compared to its mean.
const PEAK: f64 = 5.0;
const DAY_SECONDS: f64 = 86_400.0;

/// One invocation with some deliveries, and its counts.
struct Counted {
    events: usize,
    /// SQS requests per batch; none if SNS invokes the function.
    sqs: usize,
    /// `BatchWriteItem` and `BatchGetItem` requests.
    writes: usize,
    reads: usize,
    /// What the function itself logs, in bytes.
    log: usize,
}

#[expect(clippy::cast_precision_loss, reason = "counts of a page")]
const fn float(count: usize) -> f64 {
    count as f64
}

/// The length of what was written, with durations of two digits and lags of four.
fn stable_len(written: &str) -> usize {
    let mut parts = written.split("_ms\":");
    let first = parts.next().map_or(0, str::len);
    let rest = parts.map(|part| {
        let end = part.find(|char: char| !char.is_ascii_digit() && !"[,.".contains(char)).unwrap_or(part.len());
        let (value, rest) = part.split_at(end);
        let value = if value.starts_with('[') { 1 + 5 * value.split(',').count() - 1 } else { "12".len() };
        "_ms\":".len() + value + rest.len()
    });
    first + rest.sum::<usize>()
}

impl Counted {
    async fn of(function: &mut Function, payload: &str, events: usize) -> Self {
        let before = function.written_since(0).len() as u64;
        function.invoke(payload).await.unwrap();
        let log = stable_len(&function.written_since(before));
        let (database, calls) = (Database::start().await, Calls::default());
        let handler = counting_handler_in(&database, &trusting_environment(&database), &calls);
        invoke_both(&handler, payload).await.unwrap();
        let seen = calls.take();
        let count = |wanted: &str| seen.iter().filter(|((operation, _), _)| operation == wanted).map(|(_, n)| n).sum();
        let mut counted = Self { events, sqs: 0, writes: count("BatchWriteItem"), reads: count("BatchGetItem"), log };
        let event: Value = serde_json::from_str(payload).unwrap();
        if let Some(body) = event["Records"][0]["body"].as_str() {
            assert!(SQS_MESSAGES * body.len() <= SQS_KB * 1_024, "{} bytes", body.len());
            counted.sqs = events + 2 * events.div_ceil(SQS_MESSAGES);
        }
        counted
    }

    /// A count of an invocation, per event.
    fn per_event(&self, count: f64) -> f64 {
        count / float(self.events)
    }

    /// The kilobytes of log per event, from those of the invocation with one decimal.
    fn logged(&self) -> f64 {
        self.per_event((float(self.log) / 100.0).round() / 10.0 + LAMBDA_LOG_KB)
    }

    /// The dollars of a million events in cents, by row of the page.
    fn dollars(&self, units: &Cost) -> [f64; 6] {
        let milliseconds = BILLED_MS.0 + BILLED_MS.1 * float(self.events - 1);
        [
            SNS,
            SQS * self.per_event(float(self.sqs)),
            INVOCATIONS * self.per_event(1.0),
            COMPUTE * 1e6 * self.per_event(milliseconds / 1e3 * 0.25),
            UNITS.0 * float(units.writes) + UNITS.1 * float(units.reads),
            LOG * self.logged(),
        ]
        .map(|dollars| (dollars * 100.0).round() / 100.0)
    }

    /// Their sum.
    fn sum(&self, units: &Cost) -> f64 {
        self.dollars(units).iter().sum()
    }

    /// How long an invocation takes in milliseconds: CPU, the write requests at once, then the read request.
    fn duration_ms(&self) -> f64 {
        let cpu = if self.sqs == 0 { CPU_MS.0 } else { CPU_MS.1 };
        cpu * float(self.events) * CPU_FACTOR + 2.0 * REQUEST_MS
    }

    /// The concurrent invocations at the peak of a day with so many million events.
    fn concurrency(&self, millions: f64) -> f64 {
        (PEAK * millions * 1e6 / DAY_SECONDS / float(self.events) * self.duration_ms() / 1e3).ceil()
    }
}

fn guide(page: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide").join(page);
    std::fs::read_to_string(path).unwrap_or_default()
}

fn assert_contains(page: &str, table: &str) {
    assert!(guide(page).contains(table), "src/guide/{page} must contain this:\n{table}");
}

/// A number with three significant digits at most, and its thousands separated by commas.
fn shown(number: f64) -> String {
    if number < 9.95 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// What a batch has on average, at a rate per second.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a batch")]
fn fill(rate: f64) -> usize {
    ((rate * WINDOW_SECONDS / READERS).round() as usize).clamp(1, BATCH)
}

#[tokio::test]
async fn the_guide_compares_both_intakes_as_counted_here() {
    let database = Database::start().await;
    let mut function = real_binary::start(&trusting_environment(&database)).await;
    let alone = Counted::of(&mut function, &direct(), 1).await;
    let mut batches = Vec::new();
    for events in [BATCH, 10, 1] {
        batches.push(Counted::of(&mut function, &queue(events), events).await);
    }
    let days = [1.0, 100.0, 1_000.0];
    let mut by_day = Vec::new();
    for events in days.map(|millions| fill(millions * 1e6 / DAY_SECONDS)) {
        by_day.push(Counted::of(&mut function, &queue(events), events).await);
    }
    let units = cost("ses/delivery", true).await;
    let mut even = 1;
    while Counted::of(&mut function, &queue(even), even).await.sum(&units) >= alone.sum(&units) {
        even += 1;
    }
    function.stop().await;
    let all: Vec<&Counted> = [&alone].into_iter().chain(&batches).collect();
    assert_contains("cost.md", &cost_table(&all, &units));
    assert_contains("capacity.md", &capacity_table(days, &alone, &by_day, &units));
    let per_second = float(even) * READERS / WINDOW_SECONDS;
    let million_per_day = per_second * DAY_SECONDS / 1e6;
    let sentence = format!(
        "The queue costs less from {even} messages per batch on: {per_second:.0} events per second, or {million_per_day:.1} \
         million per day."
    );
    assert!(
        guide("cost.md").replace('\n', " ").contains(&sentence),
        "src/guide/cost.md must contain this:\n{sentence}"
    );
    let sentence = format!("CloudWatch log: {:.1} KB measured of the function's own line", float(alone.log) / 1_000.0);
    assert_contains("cost.md", &sentence);
    assert!(10.0 * batches[0].per_event(float(batches[0].log)) <= float(alone.log), "a tenth of the log");
}

fn cost_table(all: &[&Counted], units: &Cost) -> String {
    let names = [
        "SNS messages published, 0.50 per million",
        "SQS requests, 0.40 per million",
        "Lambda invocations, 0.20 per million",
        "Lambda compute, assumed",
        "DynamoDB, as above",
        "CloudWatch log, 0.50 per GB",
    ];
    let mut table = "| dollars | direct | in batches of 100 | of 10 | of 1 |\n|---|---|---|---|---|\n".to_owned();
    let columns: Vec<[f64; 6]> = all.iter().map(|counted| counted.dollars(units)).collect();
    for (row, name) in names.iter().enumerate() {
        let cells: Vec<_> = columns.iter().map(|column| format!("{:.2}", column[row])).collect();
        writeln!(table, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
    let sums: Vec<_> = all.iter().map(|counted| format!("**{:.2}**", counted.sum(units))).collect();
    writeln!(table, "| **sum** | {} |", sums.join(" | ")).unwrap();
    let logged = all.iter().map(|counted| shown(counted.per_event(float(counted.log))));
    let logged: Vec<_> = logged.collect();
    writeln!(table, "| bytes of the function's own log per event | {} |", logged.join(" | ")).unwrap();
    table
}

fn capacity_table(days: [f64; 3], alone: &Counted, by_day: &[Counted], units: &Cost) -> String {
    let mut table = "| | 1 million per day | 100 million | 1 billion |\n|---|---|---|---|\n".to_owned();
    let mut row = |name: &str, cell: &dyn Fn(f64, &Counted) -> String| {
        let cells: Vec<_> = days.iter().zip(by_day).map(|(millions, counted)| cell(*millions, counted)).collect();
        writeln!(table, "| {name} | {} |", cells.join(" | ")).unwrap();
    };
    row("messages per batch", &|_, batch| batch.events.to_string());
    row("million invocations per day, direct", &|millions, _| shown(millions));
    row("the same through the queue", &|millions, batch| format!("{:.2}", batch.per_event(millions)));
    row("million requests to DynamoDB per day, direct", &|millions, _| {
        shown(millions * float(alone.writes + alone.reads))
    });
    row("the same through the queue", &|millions, batch| {
        format!("{:.2}", millions * batch.per_event(float(batch.writes + batch.reads)))
    });
    row("concurrent invocations, peak, direct", &|millions, _| shown(alone.concurrency(millions)).replace(".0", ""));
    row("the same through the queue", &|millions, batch| shown(batch.concurrency(millions)).replace(".0", ""));
    row("GB of log per day, direct", &|millions, _| shown(millions * alone.logged()));
    row("the same through the queue", &|millions, batch| format!("{:.2}", millions * batch.logged()));
    row("dollars per day, direct", &|millions, _| format!("{:.2}", millions * alone.sum(units)));
    row("the same through the queue", &|millions, batch| format!("{:.2}", millions * batch.sum(units)));
    table
}
