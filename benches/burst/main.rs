//! A campaign of 10 million mails against the quotas of Lambda and DynamoDB: `cargo bench --bench burst`.
//!
//! Simulates its delivery reports from SNS to the event table, directly and through `IntakeQueue`: every event, every
//! environment of the function, and every attempt to write. The random seed is fixed, so every run prints the same. The
//! constants say what is measured and what is assumed; `src/guide/capacity.md` has the output and the sources.

#![allow(clippy::print_stdout, reason = "a program for people at a terminal")]
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a program for people at a terminal")]
#![allow(unreachable_pub, reason = "a program has no one to export to")]

mod direct;
mod queue;
mod table;

/// Times are in microseconds, but arrivals and queues are processed once per millisecond.
const MILLISECOND: u64 = 1_000;
const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
/// Assumed: the mails of the campaign, each reported as delivered once.
const MAILS: u32 = 10_000_000;
/// Assumed: reports at `t` seconds arrive in proportion to `(1 - exp(-t / RISE)) * exp(-t / TAIL)`, for an hour.
const RISE: f64 = 60.0;
const TAIL: f64 = 600.0;
/// Measured: the start of the function until the first request for work.
const OWN_START: u64 = 3_900;
/// Published: the memory in MB that comes with a whole virtual CPU. Assumed: it is as fast as the measuring machine.
const WHOLE_CPU_MB: u64 = 1_769;
/// Assumed: what the platform adds to a cold start.
const PLATFORM_START: u64 = 150_000;
/// As built: the SDK's longest waits before its second and third attempt; the actual wait is a random part of it.
const BACKOFFS: [u64; 2] = [SECOND, 2 * SECOND];
/// As built: the SDK's retry budget in each environment, and the price of a retry.
const BUDGET: u32 = 500;
const RETRY_COST: u32 = 5;

/// The reports that have arrived.
#[derive(Default)]
struct Arrivals {
    came: u32,
    /// The most in a second, and those of the current one.
    peak: u32,
    this_second: u32,
}

impl Arrivals {
    /// How many arrive in this millisecond.
    fn until(&mut self, tick: u32) -> u32 {
        let (before, share) = (self.came, arrived(f64::from(tick) / 1e3));
        while self.came < MAILS && f64::from(self.came) + 0.5 < share * f64::from(MAILS) {
            self.came += 1;
        }
        let new = self.came - before;
        self.this_second = if tick.is_multiple_of(1_000) { 0 } else { self.this_second } + new;
        self.peak = self.peak.max(self.this_second);
        new
    }
}

/// Knuth's MMIX generator; its upper half is the random one.
#[derive(Default)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// CPU time with a part of a virtual CPU.
const fn scaled(cpu: u64, memory_mb: u64) -> u64 {
    cpu * WHOLE_CPU_MB / memory_mb
}

/// The time of a cold start.
const fn own_start(memory_mb: u64) -> u64 {
    PLATFORM_START + scaled(OWN_START, memory_mb)
}

/// The fraction of the reports that has arrived by `t` seconds.
fn arrived(t: f64) -> f64 {
    let both = RISE * TAIL / (RISE + TAIL);
    let area = |t: f64| TAIL * (1.0 - (-t / TAIL).exp()) - both * (1.0 - (-t / both).exp());
    area(t.min(3_600.0)) / area(3_600.0)
}

fn main() {
    println!("| limit | warm | MB | ms | peak | running | queue | late | done | throttles | failed | expired |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for concurrency in [1_000, 100, 10] {
        for warm in [4_000, 8_000, 40_000] {
            direct::run(concurrency, warm, 256, 5);
            direct::run(concurrency, warm, 1_024, 5);
        }
    }
    for concurrency in [200, 500, 1_500, 2_000] {
        direct::run(concurrency, 4_000, 256, 5);
    }
    direct::run(200, 14_000, 256, 5);
    direct::run(2_000, 8_000, 256, 5);
    direct::run(1_000, 40_000, 256, 10);
    direct::run(10, 40_000, 256, 10);
    direct::run(10, 40_000, 256, 15);
    println!();
    queue::report();
}
