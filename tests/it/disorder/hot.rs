//! Many handlers at once on one address: `HOT_EVENTS` says how many (60). The work grows with the square of the number.

use std::sync::atomic::Ordering;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use mail_feedback::address::Address;
use mail_feedback::policy::Policy;
use mail_feedback::store::TimeLimits;
use mail_feedback::suppression::SoftBounceRules;
use mail_feedback::timestamp::Timestamp;

use super::facts::{self, Fact};
use super::reference::{expected, observed};
use super::wire::Wire;
use super::{number, print_uncaptured, real};

/// The default number of events that arrive at the same time.
const EVENTS: u64 = 60;
/// How often a sender may have to send an event.
const ROUNDS: usize = 5;

#[tokio::test]
async fn events_at_once_on_one_address_are_all_kept() {
    let events = usize::try_from(number("HOT_EVENTS").unwrap_or(EVENTS)).unwrap();
    let wire = Wire::new(4);
    let rules = SoftBounceRules::default();
    let policy = Policy::default();
    let recorder = real(&wire, rules, policy);
    let facts = facts::hot(events);
    let now = Timestamp::from_millis(1_900_000_000_000).unwrap();
    let started = Instant::now();
    let mut pending: Vec<&Fact> = facts.iter().collect();
    let mut again = Vec::new();
    for _ in 0..ROUNDS {
        let calls: FuturesUnordered<_> = pending
            .iter()
            .map(|fact| async {
                (*fact, recorder.record(vec![vec![fact.event()]], now, TimeLimits::default()).await.whole().is_ok())
            })
            .collect();
        let answers: Vec<_> = calls.collect().await;
        pending = answers.into_iter().filter(|(_, done)| !done).map(|(fact, _)| fact).collect();
        again.push(pending.len());
        if pending.is_empty() {
            break;
        }
    }
    let count = |counter: &std::sync::atomic::AtomicUsize| counter.load(Ordering::Relaxed);
    print_uncaptured(&format!(
        "hot: {events} events at once, {} requests, {} conflicting writes, refused after 20 attempts by round {again:?}, {:.1} s",
        count(&wire.counts.requests),
        count(&wire.counts.conflicts),
        started.elapsed().as_secs_f64(),
    ));
    assert!(pending.is_empty(), "each event is recorded within {ROUNDS} deliveries");
    let address = Address::parse("hot@example.com").unwrap();
    let record = recorder.suppressions().get(&address).await.unwrap();
    assert_eq!(observed(&record), expected(&facts.iter().collect::<Vec<_>>(), rules, policy));
}
