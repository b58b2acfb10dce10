//! SNS, EventBridge, Lambda, SQS, Mailjet and Tencent, each of which retries in its own way.

use std::collections::VecDeque;

use serde_json::Value;
use support::door::{QUEUE, queue_event};
use support::seeded::Seeded;

use super::feed::{Feed, Submission};
use super::instance::Ending;

/// How many submissions are in progress at once, including those that wait for a retry.
const WINDOW: usize = 40;
/// Lambda tries an asynchronous invocation three times, SNS a webhook four times.
const ATTEMPTS: u32 = 3;
const HTTPS_ATTEMPTS: u32 = 4;
/// How often a queue delivers a message before it parks it.
const RECEIVES: u32 = 10;
/// So many failures of one submission are a bug.
const MAX_FAILURES: u32 = 100;

/// How often something was sent again, and why.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resends {
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
    pub spurious: usize,
    /// Messages that failed every time, and were parked for good.
    pub poison: usize,
}

/// The batches of several messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batches {
    /// How many there were.
    pub count: usize,
    /// How many the instance was killed in.
    pub killed: usize,
    /// How many had messages that were recorded, and others that failed and were later recorded.
    pub partial: usize,
    /// The number of messages in the largest one.
    pub largest: usize,
    /// The highest receive count of a message that was recorded.
    pub receives: u32,
}

impl Resends {
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
            + self.spurious
    }
}

/// How the senders retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// Until it is accepted, and sometimes once more.
    UntilAccepted,
    /// Never: each submission is sent once.
    Never,
}

/// A submission in progress.
pub struct Delivery {
    submission: Submission,
    /// How often it failed at this door.
    failures: u32,
    /// How often it failed in total.
    all_failures: u32,
    /// In how many more attempts the instance is certainly killed.
    pub forced_kills: u32,
    is_repeated: bool,
}

/// The content of one invocation: one delivery, or several queued messages.
pub struct Job(pub Vec<Delivery>);

impl Job {
    /// The invocation.
    pub fn payload(&self) -> String {
        let body = |delivery: &Delivery| match &delivery.submission {
            Submission::Queue(body) | Submission::Poison(body) => body.clone(),
            other => panic!("only messages of a queue come together, not {}", other.payload()),
        };
        if !self.0[0].submission.is_queued() {
            return self.0[0].submission.payload().to_string();
        }
        let mut event = queue_event(QUEUE, &self.0.iter().map(body).collect::<Vec<_>>());
        for (record, delivery) in event["Records"].as_array_mut().unwrap().iter_mut().zip(&self.0) {
            record["attributes"]["ApproximateReceiveCount"] = (delivery.failures + 1).to_string().into();
        }
        event.to_string()
    }
}

/// All senders.
pub struct Senders {
    feed: VecDeque<Delivery>,
    window: Vec<Delivery>,
    random: Seeded,
    retry_policy: RetryPolicy,
    /// How many invocations are running.
    pub running: usize,
    /// What was sent again.
    pub resends: Resends,
    /// What became of batches.
    pub batches: Batches,
}

impl Senders {
    /// The senders of a feed.
    pub fn new(feed: &Feed, seed: u64, retry_policy: RetryPolicy) -> Self {
        let mut counts = [0; 7];
        let delivery = |submission: &Submission| {
            let nth = &mut counts[submission.door()];
            *nth += 1;
            let forced_kills =
                if retry_policy == RetryPolicy::UntilAccepted { count_forced_kills(submission, *nth) } else { 0 };
            Delivery { submission: submission.clone(), failures: 0, all_failures: 0, forced_kills, is_repeated: false }
        };
        let feed = feed.submissions.iter().map(delivery).collect();
        let random = Seeded::new(seed);
        let (resends, batches) = (Resends::default(), Batches::default());
        Self { feed, window: Vec::new(), random, retry_policy, running: 0, resends, batches }
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
        let mut room = self.random.pick(&[0, 4, 9, 29]);
        while job[0].submission.is_queued()
            && room > 0
            && let Some(at) = self.window.iter().position(|other| other.submission.is_queued())
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
        self.count_batch(&job, ending, left.as_deref());
        for (place, delivery) in job.0.into_iter().enumerate() {
            let taken = match &delivery.submission {
                Submission::Lambda(_) | Submission::Bridged(_) => recorded(ending),
                Submission::Queue(_) => is_taken(left.as_deref(), place),
                Submission::Poison(body) => {
                    assert!(!is_taken(left.as_deref(), place), "{body} is accepted");
                    false
                }
                Submission::Https(_) | Submission::Mailjet(_) | Submission::Tencent(_) => status(ending) == Some(200),
            };
            if !taken {
                self.resend(delivery);
            } else if !delivery.is_repeated && self.retry_policy == RetryPolicy::UntilAccepted && self.random.percent(5)
            {
                self.resends.spurious += 1;
                self.window.push(Delivery { failures: 0, is_repeated: true, ..delivery });
            }
        }
    }

    fn count_batch(&mut self, job: &Job, ending: &Ending, left: Option<&[String]>) {
        if job.0.len() < 2 {
            return;
        }
        let places = job.0.iter().enumerate().filter(|(_, each)| matches!(each.submission, Submission::Queue(_)));
        let (taken, failed): (Vec<_>, Vec<_>) = places.partition(|(place, _)| is_taken(left, *place));
        let receives = taken.iter().map(|(_, delivery)| delivery.failures + 1).max().unwrap_or_default();
        self.batches.count += 1;
        self.batches.killed += usize::from(matches!(ending, Ending::Killed));
        self.batches.partial += usize::from(!taken.is_empty() && !failed.is_empty());
        self.batches.largest = self.batches.largest.max(job.0.len());
        self.batches.receives = self.batches.receives.max(receives);
    }

    fn resend(&mut self, mut delivery: Delivery) {
        if self.retry_policy == RetryPolicy::Never {
            return;
        }
        delivery.failures += 1;
        delivery.all_failures += 1;
        assert!(delivery.all_failures < MAX_FAILURES, "nobody accepts {}", delivery.submission.payload());
        if matches!(delivery.submission, Submission::Poison(_)) && delivery.failures == RECEIVES {
            self.resends.poison += 1;
            return;
        }
        let (counter, given_up) = match &delivery.submission {
            Submission::Lambda(_) | Submission::Bridged(_) if delivery.failures == ATTEMPTS => {
                (&mut self.resends.failure_records, true)
            }
            Submission::Https(_) if delivery.failures == HTTPS_ATTEMPTS => (&mut self.resends.undelivered, true),
            Submission::Queue(_) if delivery.failures == RECEIVES => (&mut self.resends.parked, true),
            Submission::Lambda(_) => (&mut self.resends.lambda, false),
            Submission::Bridged(_) => (&mut self.resends.bridged, false),
            Submission::Https(_) => (&mut self.resends.https, false),
            Submission::Queue(_) | Submission::Poison(_) => (&mut self.resends.queue, false),
            Submission::Mailjet(_) => (&mut self.resends.mailjet, false),
            Submission::Tencent(_) => (&mut self.resends.tencent, false),
        };
        *counter += 1;
        if given_up {
            delivery.failures = 0;
            delivery.submission = delivery.submission.given_up().unwrap_or(delivery.submission);
        }
        self.window.push(delivery);
    }
}

/// In how many attempts the instance is certainly killed for the nth submission of its door, so that every kind of
/// retry happens, and few messages are given up.
const fn count_forced_kills(submission: &Submission, nth: usize) -> u32 {
    match submission {
        Submission::Lambda(_) if nth % 50 == 20 => ATTEMPTS,
        Submission::Bridged(_) if nth % 20 == 12 => ATTEMPTS,
        Submission::Https(_) if nth % 25 == 5 => HTTPS_ATTEMPTS,
        // Few, because a Mailjet request has up to 40 events.
        Submission::Mailjet(_) if nth % 6 == 2 => 1,
        _ if nth % 20 == 7 => 1,
        _ => 0,
    }
}

/// Whether the answer of an invocation asks for a retry of anything.
pub fn requests_retry(ending: &Ending) -> bool {
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

/// Whether a message of a batch is deleted from the queue.
fn is_taken(left: Option<&[String]>, place: usize) -> bool {
    left.is_some_and(|left| !left.contains(&format!("m-{place}")))
}

/// The messages that stay in the queue; `None`: all of them.
fn left_in_queue(ending: &Ending) -> Option<Vec<String>> {
    let Ending::Answered(Ok(answer)) = ending else { return None };
    let failures = answer["batchItemFailures"].as_array()?.iter();
    Some(failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect())
}
