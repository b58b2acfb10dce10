//! A campaign of 10 million mails against the quotas of Lambda and DynamoDB: `cargo bench --bench burst`.
//!
//! Simulates its delivery reports from Lambda's queue to the event table: every event, every environment of the
//! function, and every attempt to write. The random seed is fixed, so every run prints the same. The constants say what
//! is measured and what is assumed; `src/guide/capacity.md` has the output and the sources.

#![allow(clippy::print_stdout, reason = "a program for people at a terminal")]
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a program for people at a terminal")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Times are in microseconds, but arrivals and queues are processed once per millisecond.
const MILLISECOND: u64 = 1_000;
const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
/// Assumed: the mails of the campaign, each reported as delivered once.
const MAILS: u32 = 10_000_000;
/// Assumed: reports at `t` seconds arrive in proportion to `(1 - exp(-t / RISE)) * exp(-t / TAIL)`, for an hour.
const RISE: f64 = 60.0;
const TAIL: f64 = 600.0;
/// Measured: the handler's own CPU time for an SES delivery, and the start until the first request for work.
const OWN_CPU: u64 = 110;
const OWN_START: u64 = 3_900;
/// Published: the memory in MB that comes with a whole virtual CPU. Assumed: it is as fast as the measuring machine.
const WHOLE_CPU_MB: u64 = 1_769;
/// Assumed: what the platform adds to a cold start.
const PLATFORM_START: u64 = 150_000;
/// Published: Lambda adds 1,000 environments in 10 seconds; here one every so many milliseconds.
const NEW_EVERY: u32 = 10;
/// Published: an event waits in Lambda for 6 hours at most.
const LONGEST_WAIT: u64 = 360 * MINUTE;
/// Published: Lambda retries a failed run after one minute, then after two.
const REPEATS: [u64; 2] = [MINUTE, 2 * MINUTE];
/// As built: the SDK's longest waits before its second and third attempt; the actual wait is a random part of it.
const BACKOFFS: [u64; 2] = [SECOND, 2 * SECOND];
/// As built: the SDK's retry budget in each environment, and the price of a retry.
const BUDGET: u32 = 500;
const RETRY_COST: u32 = 5;
/// Published: a table may throttle above twice its peak within 30 minutes; and its default quota.
const DOUBLES_AFTER: u64 = 30 * MINUTE;
const TABLE_QUOTA: u64 = 40_000;

/// A waiting event, with the time of its first arrival.
#[derive(Clone, Copy)]
struct Event {
    born: u64,
    failed_runs: usize,
}

#[derive(Default)]
struct Environment {
    /// The event it holds while it waits before a retry, and how often that was throttled.
    event: Option<Event>,
    refused: usize,
    /// The retry budget. A success returns the price of the retry before it; without one, it adds 1.
    budget: u32,
    retried: bool,
}

/// The event table and its index, which consume the same capacity.
#[derive(Default)]
struct Table {
    units_a_second: u64,
    /// Millionths of a unit.
    saved: u64,
    seen: u64,
    doubles_at: u64,
}

impl Table {
    /// Consumes a unit; unused capacity is saved for 10 milliseconds (assumed).
    fn accepts(&mut self, now: u64) -> bool {
        let most = 10 * MILLISECOND * self.units_a_second;
        self.saved = most.min(self.saved + (now - self.seen) * self.units_a_second);
        self.seen = now;
        if let Some(rest) = self.saved.checked_sub(SECOND) {
            self.saved = rest;
            return true;
        }
        // It doubles half an hour after it was first exceeded, and so on.
        self.doubles_at = self.doubles_at.min(now + DOUBLES_AFTER);
        if now >= self.doubles_at {
            self.units_a_second = (2 * self.units_a_second).min(TABLE_QUOTA);
            self.doubles_at = now + DOUBLES_AFTER;
        }
        false
    }
}

#[derive(Default)]
struct Campaign {
    success: u64,
    refusal: u64,
    table: Table,
    /// Equal events with their number, and the total.
    queue: VecDeque<(Event, u32)>,
    queued: u32,
    /// With the times at which they are due, like the busy environments.
    repeats: [VecDeque<(u64, Event)>; 2],
    environments: Vec<Environment>,
    idle: Vec<usize>,
    busy: BinaryHeap<Reverse<(u64, usize)>>,
    random: u64,
    recorded: u32,
    throttled: u32,
    /// Sent to `FailedQueue` after three runs, and after six hours.
    failed: u32,
    expired: u32,
    /// The longest time between a report's arrival and its record.
    latest: u64,
}

impl Campaign {
    fn put(&mut self, event: Event, count: u32) {
        self.queued += count;
        self.queue.push_back((event, count));
    }

    fn take(&mut self, now: u64) -> Option<Event> {
        while let Some((event, mut count)) = self.queue.pop_front() {
            let expired = if event.born + LONGEST_WAIT < now { count } else { 0 };
            self.expired += expired;
            self.queued -= expired;
            count -= expired;
            if count > 0 {
                self.queued -= 1;
                self.queue.push_front((event, count - 1));
                return Some(event);
            }
        }
        None
    }

    /// An environment makes its next attempt, with the event it holds or another one.
    fn attempt(&mut self, now: u64, who: usize) {
        let held = self.environments[who].event.take();
        let Some(event) = held.or_else(|| self.take(now)) else { return self.idle.push(who) };
        let environment = &mut self.environments[who];
        if self.table.accepts(now) {
            // The 1 is for the read that follows.
            let back = 1 + if environment.retried { RETRY_COST } else { 1 };
            *environment = Environment { budget: BUDGET.min(environment.budget + back), ..Environment::default() };
            self.recorded += 1;
            self.latest = self.latest.max(now - event.born);
            self.busy.push(Reverse((now + self.success, who)));
            return;
        }
        self.throttled += 1;
        if let Some(longest) = BACKOFFS.get(environment.refused).filter(|_| environment.budget >= RETRY_COST) {
            let (refused, budget) = (environment.refused + 1, environment.budget - RETRY_COST);
            *environment = Environment { event: Some(event), refused, budget, retried: true };
            // Knuth's MMIX generator; its upper half is the random one.
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.busy.push(Reverse((now + self.refusal + (self.random >> 33) % longest, who)));
            return;
        }
        environment.refused = 0;
        self.busy.push(Reverse((now + self.refusal, who)));
        let failed_runs = event.failed_runs + 1;
        match REPEATS.get(event.failed_runs) {
            Some(wait) => self.repeats[event.failed_runs].push_back((now + wait, Event { failed_runs, ..event })),
            None => self.failed += 1,
        }
    }
}

/// The fraction of the reports that has arrived by `t` seconds.
fn arrived(t: f64) -> f64 {
    let both = RISE * TAIL / (RISE + TAIL);
    let area = |t: f64| TAIL * (1.0 - (-t / TAIL).exp()) - both * (1.0 - (-t / both).exp());
    area(t.min(3_600.0)) / area(3_600.0)
}

/// Runs the campaign with `warm` initial write units per second and requests of `round_trip` milliseconds; prints a
/// row.
fn run(concurrency: usize, warm: u64, memory_mb: u64, round_trip: u64) {
    let own = OWN_CPU * WHOLE_CPU_MB / memory_mb;
    let start = PLATFORM_START + OWN_START * WHOLE_CPU_MB / memory_mb;
    let mut campaign = Campaign {
        success: own + 2 * round_trip * MILLISECOND,
        refusal: own + round_trip * MILLISECOND,
        table: Table { units_a_second: warm, doubles_at: u64::MAX, ..Table::default() },
        ..Campaign::default()
    };
    let (mut came, mut settled, mut tick, mut starting) = (0_u32, 0, 0_u32, VecDeque::new());
    let (mut peak, mut running, mut longest, mut this_second) = (0, 0, 0, 0);
    while settled < MAILS {
        tick += 1;
        let now = u64::from(tick) * MILLISECOND;
        while let Some(Reverse((at, who))) = campaign.busy.peek().copied()
            && at <= now
        {
            campaign.busy.pop();
            campaign.attempt(at, who);
        }
        let (before, share) = (came, arrived(f64::from(tick) / 1e3));
        while came < MAILS && f64::from(came) + 0.5 < share * f64::from(MAILS) {
            came += 1;
        }
        this_second = if tick.is_multiple_of(1_000) { 0 } else { this_second } + came - before;
        campaign.put(Event { born: now, failed_runs: 0 }, came - before);
        while let Some((_, event)) =
            campaign.repeats.iter_mut().find_map(|line| line.pop_front_if(|(due, _)| *due <= now))
        {
            campaign.put(event, 1);
        }
        while campaign.queued > 0
            && let Some(who) = campaign.idle.pop()
        {
            campaign.attempt(now, who);
        }
        // A new environment, if more events wait for one than environments are starting.
        while starting.pop_front_if(|ready| *ready <= now).is_some() {}
        let wanted = u32::try_from(starting.len()).is_ok_and(|count| campaign.queued > count);
        if wanted && campaign.environments.len() < concurrency && tick.is_multiple_of(NEW_EVERY) {
            starting.push_back(now + start);
            campaign.busy.push(Reverse((now + start, campaign.environments.len())));
            campaign.environments.push(Environment { budget: BUDGET, ..Environment::default() });
        }
        settled = campaign.recorded + campaign.failed + campaign.expired;
        peak = peak.max(this_second);
        longest = longest.max(came - settled);
        running = running.max(campaign.environments.len() - campaign.idle.len());
    }
    let Campaign { failed, expired, .. } = campaign;
    let (queue, throttled) = (f64::from(longest) / 1e6, f64::from(campaign.throttled) / 1e6);
    let (late, minutes) = (campaign.latest.div_ceil(MINUTE), tick.div_ceil(60_000));
    print!("| {concurrency} | {warm} | {memory_mb} | {round_trip} | {peak} | {running} | {queue:.2} | {late} ");
    println!("| {}:{:02} | {throttled:.2} | {failed} | {expired} |", minutes / 60, minutes % 60);
}

fn main() {
    println!("| limit | warm | MB | ms | peak | running | queue | late | done | throttles | failed | expired |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for concurrency in [1_000, 100, 10] {
        for warm in [4_000, 8_000, 40_000] {
            run(concurrency, warm, 256, 5);
            run(concurrency, warm, 1_024, 5);
        }
    }
    for concurrency in [200, 500, 1_500, 2_000] {
        run(concurrency, 4_000, 256, 5);
    }
    run(200, 14_000, 256, 5);
    run(2_000, 8_000, 256, 5);
    run(1_000, 40_000, 256, 10);
    run(10, 40_000, 256, 10);
    run(10, 40_000, 256, 15);
}
