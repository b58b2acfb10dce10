//! Each report invokes the function, and waits in Lambda's queue for an environment.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::table::Table;
use crate::{Arrivals, BACKOFFS, BUDGET, MAILS, MILLISECOND, MINUTE, RETRY_COST, Random, own_start, scaled};

/// Measured: the handler's own CPU time for an SES delivery.
const OWN_CPU: u64 = 110;
/// Published: Lambda adds 1,000 environments in 10 seconds; here one every so many milliseconds.
const NEW_EVERY: u32 = 10;
/// Published: an event waits in Lambda for 6 hours at most.
const LONGEST_WAIT: u64 = 360 * MINUTE;
/// Published: Lambda retries a failed run after one minute, then after two.
const REPEATS: [u64; 2] = [MINUTE, 2 * MINUTE];

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
    random: Random,
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
            self.busy.push(Reverse((now + self.refusal + self.random.below(*longest), who)));
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

/// Runs the campaign with `warm` initial write units per second and requests of `round_trip` milliseconds; prints a
/// row.
pub fn run(concurrency: usize, warm: u64, memory_mb: u64, round_trip: u64) {
    let (own, start) = (scaled(OWN_CPU, memory_mb), own_start(memory_mb));
    let mut campaign = Campaign {
        success: own + 2 * round_trip * MILLISECOND,
        refusal: own + round_trip * MILLISECOND,
        table: Table::warmed(warm),
        ..Campaign::default()
    };
    let (mut arrivals, mut settled, mut tick, mut starting) = (Arrivals::default(), 0, 0_u32, VecDeque::new());
    let (mut running, mut longest) = (0, 0);
    while settled < MAILS {
        tick += 1;
        let now = u64::from(tick) * MILLISECOND;
        while let Some(Reverse((at, who))) = campaign.busy.peek().copied()
            && at <= now
        {
            campaign.busy.pop();
            campaign.attempt(at, who);
        }
        let new = arrivals.until(tick);
        campaign.put(Event { born: now, failed_runs: 0 }, new);
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
        longest = longest.max(arrivals.came - settled);
        running = running.max(campaign.environments.len() - campaign.idle.len());
    }
    let Campaign { failed, expired, .. } = campaign;
    let (queue, throttled) = (f64::from(longest) / 1e6, f64::from(campaign.throttled) / 1e6);
    let (late, minutes) = (campaign.latest.div_ceil(MINUTE), tick.div_ceil(60_000));
    print!(
        "| {concurrency} | {warm} | {memory_mb} | {round_trip} | {} | {running} | {queue:.2} | {late} ",
        arrivals.peak
    );
    println!("| {}:{:02} | {throttled:.2} | {failed} | {expired} |", minutes / 60, minutes % 60);
}
