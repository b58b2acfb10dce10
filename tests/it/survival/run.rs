//! Sends a feed through the function into the tables.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::function::{TIME_LEFT, handler, invoke_within};
use support::database::Database;
use support::door::QUEUE;
use support::environment::trusting_environment;
use support::fault_mistake::Mistake;
use support::fault_proxy::{Counts, FaultProxy};
use support::fault_schedule::Schedule;
use support::samples::Snapshot;
use support::seeded::Seeded;

use super::feed::{Feed, RULES, Submission};
use super::instance::{Ending, Instance, InstanceFaults};
use super::sender::{Batches, Resends, RetryPolicy, Senders, requests_retry};

/// The conditions under which a feed is sent.
#[derive(Clone, Copy)]
pub struct Conditions {
    /// The faults of requests to the database.
    pub schedule: Schedule,
    /// The faults of invocations.
    pub instance_faults: InstanceFaults,
    /// The number of concurrent instances.
    pub instances: usize,
    /// How the senders retry.
    pub retry_policy: RetryPolicy,
    /// A mistake that the function makes.
    pub mistake: Option<Mistake>,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// How often the function was invoked.
    pub invocations: usize,
    /// Instances killed during an invocation.
    pub kills: usize,
    /// Instances that did not answer in time.
    pub timeouts: usize,
    /// Answers that asked for a redelivery, or for a part of it.
    pub refused: usize,
    /// What was sent again.
    pub resends: Resends,
    /// What became of batches of several messages.
    pub batches: Batches,
    /// The requests to the database.
    pub counts: Counts,
    /// The tables in the end.
    pub tables: Snapshot,
}

/// The settings of the function for a feed.
fn settings(database: &Database) -> Vec<(String, String)> {
    let mut settings = trusting_environment(database);
    settings.push(("EVENTBRIDGE_QUEUE_ARNS".to_owned(), QUEUE.to_owned()));
    for (name, value) in [
        ("SOFT_BOUNCE_THRESHOLD", RULES.threshold),
        ("SOFT_BOUNCE_WINDOW_DAYS", RULES.window_days),
        ("SOFT_BOUNCE_MIN_DAYS", RULES.min_days),
        ("SOFT_BOUNCE_COOLDOWN_DAYS", RULES.cooldown_days),
    ] {
        settings.push((name.to_owned(), value.to_string()));
    }
    settings
}

/// The tables after a feed was sent in order, each submission once, to a function without faults.
pub async fn without_faults(feed: &Feed) -> Snapshot {
    let database = Database::start().await;
    let handler = handler(&database, &settings(&database));
    for submission in &feed.submissions {
        let payload = submission.payload().to_string();
        let answer = invoke_within(&handler, &payload, TIME_LEFT).await.expect("it is accepted");
        let (status, left) = (answer["statusCode"].as_i64(), answer["batchItemFailures"].as_array());
        let failures = usize::from(matches!(submission, Submission::Poison(_)));
        assert!(status.is_none_or(|status| status == 200), "{answer}");
        assert!(left.is_none_or(|left| left.len() == failures), "{answer}");
    }
    Snapshot::take(&database).await
}

/// Sends a feed until all of it was accepted.
pub async fn run(feed: &Feed, conditions: Conditions) -> Report {
    let database = Database::start().await;
    let Conditions { schedule, instance_faults, instances, retry_policy, mistake } = conditions;
    let proxy = FaultProxy::new(database.address, schedule, mistake);
    let senders = Arc::new(Mutex::new(Senders::new(feed, schedule.seed, retry_policy)));
    let report = Arc::new(Mutex::new(Report::default()));
    let workers = (0..instances).map(|nth| {
        let (proxy, senders, report) = (Arc::clone(&proxy), Arc::clone(&senders), Arc::clone(&report));
        let (settings, random) = (settings(&database), Seeded::new(schedule.seed + 1_000 * (1 + nth as u64)));
        tokio::spawn(async move {
            let mut instance = Instance::start(&proxy, settings, instance_faults, random).await;
            work(&mut instance, &senders, &report).await;
            instance.stop().await
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        let log = worker.await.unwrap();
        assert!(!log.contains("panicked"), "{log}");
    }
    proxy.settle().await;
    let mut report = Arc::into_inner(report).unwrap().into_inner().unwrap();
    (report.resends, report.batches) = {
        let senders = senders.lock().unwrap();
        (senders.resends, senders.batches)
    };
    report.counts = proxy.counts();
    report.tables = Snapshot::take(&database).await;
    report
}

async fn work(instance: &mut Instance, senders: &Mutex<Senders>, report: &Mutex<Report>) {
    loop {
        let (job, done) = {
            let mut senders = senders.lock().unwrap();
            (senders.next(), senders.is_done())
        };
        let Some(mut job) = job else {
            if done {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        let must_kill = job.0.iter().any(|delivery| delivery.forced_kills > 0);
        for delivery in &mut job.0 {
            delivery.forced_kills = delivery.forced_kills.saturating_sub(1);
        }
        let ending = instance.invoke(&job.payload(), must_kill).await;
        {
            let mut report = report.lock().unwrap();
            report.invocations += 1;
            match &ending {
                Ending::Answered(_) => report.refused += usize::from(requests_retry(&ending)),
                Ending::Killed => report.kills += 1,
                Ending::TimedOut => report.timeouts += 1,
            }
        }
        senders.lock().unwrap().settle(job, &ending);
    }
}
