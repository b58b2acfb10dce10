//! Reports wait in `IntakeQueue`, and the function takes them in batches.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::table::Table;
use crate::{Arrivals, BACKOFFS, BUDGET, MAILS, MILLISECOND, MINUTE, RETRY_COST, Random, SECOND, own_start, scaled};

/// Measured: the CPU time of an event in a batch of a hundred.
const OWN_CPU: u64 = 40;
/// By default: `IntakeBatchSize`, `IntakeBatchingSeconds`.
const BATCH: usize = 100;
const WINDOW: u64 = 10 * SECOND;
/// As built: items in a `BatchWriteItem`. All requests of a batch run at once.
const ITEMS: usize = 25;
/// As built: how often unprocessed items are sent, and the longest waits in between.
const ATTEMPTS: u32 = 8;
const FIRST_WAIT: u64 = 25 * MILLISECOND;
const LONGEST_WAIT: u64 = SECOND;
/// As built: how long a message that failed is hidden, and after how many receives it is parked.
const HIDDEN: u64 = 200 * SECOND;
const RECEIVES: u32 = 110;
/// Published: Lambda begins with five batches at once, and adds up to 300 per minute; here one every so many
/// milliseconds.
const FIRST_READERS: usize = 5;
const READER_EVERY: u32 = 200;

/// A message, with the time of its first arrival.
#[derive(Clone, Copy)]
struct Message {
    born: u64,
    receives: u32,
}

/// A write request of an environment, with the messages that are not written yet.
struct Write {
    who: usize,
    messages: Vec<Message>,
    attempts: u32,
    /// How often the SDK has been refused everything in a row.
    refused: usize,
}

#[derive(Default)]
struct Environment {
    is_started: bool,
    budget: u32,
    /// Write requests in progress.
    open: usize,
}

#[derive(Default)]
struct Campaign {
    round_trip: u64,
    own: u64,
    start: u64,
    table: Table,
    /// Messages that can be received, with the times since when.
    waiting: VecDeque<(u64, Message)>,
    /// Messages that failed, with the times when they become visible.
    hidden: VecDeque<(u64, Message)>,
    environments: Vec<Environment>,
    idle: Vec<usize>,
    /// Environments that finish.
    done: BinaryHeap<Reverse<(u64, usize)>>,
    writes: Vec<Option<Write>>,
    free: Vec<usize>,
    busy: BinaryHeap<Reverse<(u64, usize)>>,
    random: Random,
    recorded: u32,
    throttled: u32,
    batches: u32,
    again: u32,
    parked: u32,
    latest: u64,
}

impl Campaign {
    /// Whether an environment gets a batch now: a full one, or what has come within the window.
    fn has_batch(&self, now: u64) -> bool {
        self.waiting.len() >= BATCH || self.waiting.front().is_some_and(|(since, _)| since + WINDOW <= now)
    }

    fn begin(&mut self, now: u64, who: usize) {
        let count = self.waiting.len().min(BATCH);
        let messages: Vec<Message> = self.waiting.drain(..count).map(|(_, message)| message).collect();
        let environment = &mut self.environments[who];
        let start = if environment.is_started { 0 } else { self.start };
        let at = now + start + self.own * u64::try_from(count).unwrap_or(0);
        *environment = Environment { is_started: true, open: messages.chunks(ITEMS).len(), ..*environment };
        self.batches += 1;
        for messages in messages.chunks(ITEMS) {
            let write = Write { who, messages: messages.to_vec(), attempts: 1, refused: 0 };
            let place = self.free.pop().unwrap_or(self.writes.len());
            if place == self.writes.len() {
                self.writes.push(None);
            }
            self.writes[place] = Some(write);
            self.busy.push(Reverse((at, place)));
        }
    }

    /// A write request arrives at the table.
    fn attempt(&mut self, now: u64, place: usize) {
        let Some(mut write) = self.writes[place].take() else { return };
        let asked = write.messages.len();
        write.messages.retain(|message| {
            let is_written = self.table.accepts(now);
            self.recorded += u32::from(is_written);
            self.latest = if is_written { self.latest.max(now - message.born) } else { self.latest };
            !is_written
        });
        let left = write.messages.len();
        self.throttled += u32::try_from(left).unwrap_or(0);
        let answered = now + self.round_trip;
        let environment = &mut self.environments[write.who];
        let wait = if left == asked {
            // An error, which the SDK retries.
            match BACKOFFS.get(write.refused).filter(|_| environment.budget >= RETRY_COST) {
                Some(longest) => {
                    environment.budget -= RETRY_COST;
                    write.refused += 1;
                    Some(*longest)
                }
                None => None,
            }
        } else {
            let back = if write.refused > 0 { RETRY_COST } else { 1 };
            environment.budget = BUDGET.min(environment.budget + back);
            write.refused = 0;
            write.attempts += 1;
            let longest = LONGEST_WAIT.min(FIRST_WAIT << (write.attempts - 1));
            Some(longest).filter(|_| left > 0 && write.attempts <= ATTEMPTS)
        };
        if let Some(longest) = wait {
            let at = answered + self.random.below(longest);
            self.writes[place] = Some(write);
            self.busy.push(Reverse((at, place)));
            return;
        }
        environment.open -= 1;
        if environment.open == 0 {
            // The suppressions of the deliveries are read in one request.
            self.done.push(Reverse((answered + self.round_trip, write.who)));
        }
        self.free.push(place);
        for message in write.messages {
            let receives = message.receives + 1;
            self.again += 1;
            if receives == RECEIVES {
                self.parked += 1;
            } else {
                self.hidden.push_back((answered + HIDDEN, Message { receives, ..message }));
            }
        }
    }
}

/// Runs the campaign with at most so many batches at once; prints a row.
fn run(concurrency: usize, warm: u64, memory_mb: u64, round_trip: u64) {
    let mut campaign = Campaign {
        round_trip: round_trip * MILLISECOND,
        own: scaled(OWN_CPU, memory_mb),
        start: own_start(memory_mb),
        table: Table::warmed(warm),
        ..Campaign::default()
    };
    let (mut arrivals, mut tick, mut readers) = (Arrivals::default(), 0_u32, FIRST_READERS.min(concurrency));
    let (mut running, mut longest) = (0, 0);
    while campaign.recorded + campaign.parked < MAILS {
        tick += 1;
        let now = u64::from(tick) * MILLISECOND;
        while let Some(Reverse((at, place))) = campaign.busy.peek().copied()
            && at <= now
        {
            campaign.busy.pop();
            campaign.attempt(at, place);
        }
        while let Some(Reverse((at, who))) = campaign.done.peek().copied()
            && at <= now
        {
            campaign.done.pop();
            campaign.idle.push(who);
        }
        let new = usize::try_from(arrivals.until(tick)).unwrap_or(0);
        campaign.waiting.extend(std::iter::repeat_n((now, Message { born: now, receives: 0 }), new));
        while let Some((_, message)) = campaign.hidden.pop_front_if(|(due, _)| *due <= now) {
            campaign.waiting.push_back((now, message));
        }
        readers = (readers + usize::from(tick.is_multiple_of(READER_EVERY))).min(concurrency);
        while campaign.has_batch(now) {
            let working = campaign.environments.len() - campaign.idle.len();
            if working >= readers {
                break;
            }
            let who = campaign.idle.pop().unwrap_or(campaign.environments.len());
            if who == campaign.environments.len() {
                campaign.environments.push(Environment { budget: BUDGET, ..Environment::default() });
            }
            campaign.begin(now, who);
        }
        running = running.max(campaign.environments.len() - campaign.idle.len());
        longest = longest.max(arrivals.came - campaign.recorded - campaign.parked);
    }
    let (queue, throttled) = (f64::from(longest) / 1e6, f64::from(campaign.throttled) / 1e6);
    let (late, minutes) = (campaign.latest.div_ceil(MINUTE), tick.div_ceil(60_000));
    let (batches, again) = (f64::from(campaign.batches) / 1e6, f64::from(campaign.again) / 1e6);
    print!("| {concurrency} | {warm} | {memory_mb} | {round_trip} | {running} | {queue:.2} | {late} ");
    println!(
        "| {}:{:02} | {throttled:.2} | {batches:.2} | {again:.2} | {} |",
        minutes / 60,
        minutes % 60,
        campaign.parked
    );
}

/// Prints the table of the campaign through the queue.
pub fn report() {
    println!("| limit | warm | MB | ms | running | queue | late | done | throttles | batches | again | parked |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for concurrency in [2, 5, 10, 20, 50, 200] {
        for warm in [4_000, 14_000] {
            run(concurrency, warm, 256, 5);
        }
    }
    run(10, 4_000, 1_024, 5);
    run(10, 14_000, 1_024, 5);
    run(10, 14_000, 256, 10);
    run(10, 14_000, 256, 15);
}
