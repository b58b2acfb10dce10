//! SNS, EventBridge, Lambda, SQS, Mailjet and Tencent, each of which retries in its own way.

use std::collections::VecDeque;

use serde_json::Value;
use support::door::{QUEUE, queue_event};
use support::seeded::Seeded;

use super::feed::{Feed, Parcel};
use super::instance::Ending;

/// How many submissions are in progress at once, including those that wait for a retry.
const WINDOW: usize = 40;
/// Lambda tries an asynchronous invocation three times, SNS a webhook four times.
const ATTEMPTS: u32 = 3;
const HTTPS_ATTEMPTS: u32 = 4;
/// How often a queue delivers a message before it parks it.
const RECEIVES: u32 = 10;
/// So many failures of one submission are a bug.
const PATIENCE: u32 = 100;

/// How often something was sent again, and why.
#[derive(Clone, Copy, Debug, Default)]
pub struct Again {
    /// By Lambda, after an error or a kill.
    pub lambda: usize,
    /// The same for an EventBridge event.
    pub bridged: usize,
    /// By SNS, after a webhook's answer other than 200, or none.
    pub https: usize,
    /// Records of failed invocations, redriven through the queue.
    pub failure_records: usize,
    /// What SNS could not deliver, redriven through the queue.
    pub undelivered: usize,
    /// Messages that a batch reported as failed.
    pub queue: usize,
    /// Messages that the queue had parked, redriven manually.
    pub parked: usize,
    /// By Mailjet, after an answer other than 200, or none.
    pub mailjet: usize,
    /// By Tencent, likewise.
    pub tencent: usize,
    /// For no reason.
    pub unasked: usize,
}

impl Again {
    /// The total.
    pub const fn sum(&self) -> usize {
        self.lambda
            + self.bridged
            + self.https
            + self.failure_records
            + self.undelivered
            + self.queue
            + self.parked
            + self.mailjet
            + self.tencent
            + self.unasked
    }
}

/// How the senders retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Until it is accepted, and sometimes once more.
    Insistent,
    /// Never: each submission is sent once.
    Careless,
}

/// A submission in progress.
pub struct Delivery {
    parcel: Parcel,
    /// How often it failed at this door.
    failures: u32,
    /// How often it failed in total.
    all_failures: u32,
    /// In how many more attempts the instance is certainly killed.
    pub dooms: u32,
    is_repeated: bool,
}

/// The content of one invocation: one delivery, or several queued messages.
pub struct Job(pub Vec<Delivery>);

impl Job {
    /// The invocation.
    pub fn payload(&self) -> String {
        let body = |delivery: &Delivery| match &delivery.parcel {
            Parcel::Queue(body) => body.clone(),
            other => panic!("only messages of a queue come together, not {}", other.payload()),
        };
        let event = match self.0.as_slice() {
            [only] => only.parcel.payload(),
            several => queue_event(QUEUE, &several.iter().map(body).collect::<Vec<_>>()),
        };
        event.to_string()
    }
}

/// All senders.
pub struct Senders {
    feed: VecDeque<Delivery>,
    window: Vec<Delivery>,
    random: Seeded,
    manner: Manner,
    /// How many invocations are running.
    pub running: usize,
    /// What was sent again.
    pub again: Again,
}

impl Senders {
    /// The senders of a feed.
    pub fn new(feed: &Feed, seed: u64, manner: Manner) -> Self {
        let mut counts = [0; 6];
        let delivery = |parcel: &Parcel| {
            let nth = &mut counts[parcel.door()];
            *nth += 1;
            let dooms = if manner == Manner::Insistent { certain_ends(parcel, *nth) } else { 0 };
            Delivery { parcel: parcel.clone(), failures: 0, all_failures: 0, dooms, is_repeated: false }
        };
        let feed = feed.parcels.iter().map(delivery).collect();
        let random = Seeded::new(seed);
        Self { feed, window: Vec::new(), random, manner, running: 0, again: Again::default() }
    }

    /// The next invocation, if anything is waiting.
    pub fn next(&mut self) -> Option<Job> {
        while self.window.len() < WINDOW
            && let Some(delivery) = self.feed.pop_front()
        {
            self.window.push(delivery);
        }
        if self.window.is_empty() {
            return None;
        }
        let mut job = vec![self.window.swap_remove(self.random.below(self.window.len()))];
        let mut room = self.random.below(10);
        while matches!(job[0].parcel, Parcel::Queue(_))
            && room > 0
            && let Some(at) = self.window.iter().position(|other| matches!(other.parcel, Parcel::Queue(_)))
        {
            job.push(self.window.swap_remove(at));
            room -= 1;
        }
        self.running += 1;
        Some(Job(job))
    }

    /// Whether nothing is waiting or running.
    pub fn is_done(&self) -> bool {
        self.feed.is_empty() && self.window.is_empty() && self.running == 0
    }

    /// Records how an invocation ended.
    pub fn settle(&mut self, job: Job, ending: &Ending) {
        self.running -= 1;
        let left = left_in_queue(ending);
        for (place, delivery) in job.0.into_iter().enumerate() {
            let taken = match &delivery.parcel {
                Parcel::Lambda(_) | Parcel::Bridged(_) => recorded(ending),
                Parcel::Queue(_) => left.as_ref().is_some_and(|left| !left.contains(&format!("m-{place}"))),
                Parcel::Https(_) | Parcel::Mailjet(_) | Parcel::Tencent(_) => status(ending) == Some(200),
            };
            if !taken {
                self.send_again(delivery);
            } else if !delivery.is_repeated && self.manner == Manner::Insistent && self.random.percent(5) {
                self.again.unasked += 1;
                self.window.push(Delivery { failures: 0, is_repeated: true, ..delivery });
            }
        }
    }

    fn send_again(&mut self, mut delivery: Delivery) {
        if self.manner == Manner::Careless {
            return;
        }
        delivery.failures += 1;
        delivery.all_failures += 1;
        assert!(delivery.all_failures < PATIENCE, "nobody takes {}", delivery.parcel.payload());
        let (counter, given_up) = match &delivery.parcel {
            Parcel::Lambda(_) | Parcel::Bridged(_) if delivery.failures == ATTEMPTS => {
                (&mut self.again.failure_records, true)
            }
            Parcel::Https(_) if delivery.failures == HTTPS_ATTEMPTS => (&mut self.again.undelivered, true),
            Parcel::Queue(_) if delivery.failures == RECEIVES => (&mut self.again.parked, true),
            Parcel::Lambda(_) => (&mut self.again.lambda, false),
            Parcel::Bridged(_) => (&mut self.again.bridged, false),
            Parcel::Https(_) => (&mut self.again.https, false),
            Parcel::Queue(_) => (&mut self.again.queue, false),
            Parcel::Mailjet(_) => (&mut self.again.mailjet, false),
            Parcel::Tencent(_) => (&mut self.again.tencent, false),
        };
        *counter += 1;
        if given_up {
            delivery.failures = 0;
            delivery.parcel = delivery.parcel.given_up().unwrap_or(delivery.parcel);
        }
        self.window.push(delivery);
    }
}

/// In how many attempts the instance is certainly killed for the nth submission of its door, so that every kind of
/// retry happens, and few messages are given up.
const fn certain_ends(parcel: &Parcel, nth: usize) -> u32 {
    match parcel {
        Parcel::Lambda(_) if nth % 50 == 20 => ATTEMPTS,
        Parcel::Bridged(_) if nth % 20 == 12 => ATTEMPTS,
        Parcel::Https(_) if nth % 25 == 5 => HTTPS_ATTEMPTS,
        // Few, because a Mailjet request has up to 40 events.
        Parcel::Mailjet(_) if nth % 6 == 2 => 1,
        _ if nth % 20 == 7 => 1,
        _ => 0,
    }
}

/// Whether the answer of an invocation asks for a retry of anything.
pub fn asks_again(ending: &Ending) -> bool {
    let refused = |answer: &Value| answer["statusCode"].as_i64().is_some_and(|status| status != 200);
    let left = left_in_queue(ending).is_some_and(|left| !left.is_empty());
    left || matches!(ending, Ending::Answered(outcome) if outcome.as_ref().map_or(true, refused))
}

/// Whether an SNS or EventBridge event was recorded; any failure must be transient.
fn recorded(ending: &Ending) -> bool {
    if let Ending::Answered(Err(error)) = ending {
        assert_eq!(error["errorType"], "Transient", "{error}");
    }
    matches!(ending, Ending::Answered(Ok(_)))
}

/// The status of an answer to a request, which must be 200 or 503.
fn status(ending: &Ending) -> Option<i64> {
    let Ending::Answered(outcome) = ending else { return None };
    let answer: &Value = outcome.as_ref().expect("a request is answered");
    let status = answer["statusCode"].as_i64();
    assert!(matches!(status, Some(200 | 503)), "{answer}");
    status
}

/// The messages that stay in the queue; `None`: all of them.
fn left_in_queue(ending: &Ending) -> Option<Vec<String>> {
    let Ending::Answered(Ok(answer)) = ending else { return None };
    let failures = answer["batchItemFailures"].as_array()?.iter();
    Some(failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect())
}
