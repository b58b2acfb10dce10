//! Suppression records are the same whatever the order, repetition, crashes and batches of the events.
//!
//! Sets of random facts go through the recorder in random schedules, as batches of messages of a queue with one or
//! several facts each, of which those that failed come again. Each time the record must equal what
//! [`reference`] computes from all facts at once. `DISORDER_SETS` is the number of sets (40), `DISORDER_SEED` the
//! first one; alone, it runs just that one.

pub mod facts;
mod hot;
mod oversight;
mod reference;
mod schedule;
mod simple_recorder;
mod wire;

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures_util::{StreamExt, stream};
use mail_feedback::address::Address;
use mail_feedback::policy::{ComplaintScope, Policy};
use mail_feedback::store::{Recorder, Retention, Suppressions};
use mail_feedback::suppression::SoftBounceRules;
use support::database::{EVENTS, SUPPRESSIONS};
use support::seeded::Seeded;

use self::facts::{Fact, FactSet};
use self::oversight::Oversight;
use self::reference::{expected, observed};
use self::schedule::{Subject, Tally};
use self::simple_recorder::{Mistake, SimpleRecorder};
use self::wire::Wire;

/// The default number of sets.
const SETS: u64 = 40;
/// One in how many sets is wide: among the first few, which every run has, and among the others, each of which takes as
/// long as a hundred.
const ONE_WIDE_IN: u64 = 40;
const ONE_WIDE_LATER_IN: u64 = 250;
const FIRST_SETS: u64 = 400;
/// The number of schedules for each set.
const SCHEDULES: usize = 2;
/// The number of sets in progress at once: most of them wait while conflicting writers back off.
const AT_ONCE: usize = 64;
/// The number of threads that share the sets.
const THREADS: u64 = 2;
/// Within how many sets each known mistake must show; none of them is wide.
const SOON: u64 = ONE_WIDE_IN - 1;

/// The policies of the sets, in turn.
const POLICIES: [Policy; 3] = [
    Policy { complaint_scope: ComplaintScope::Everything, hard_bounce_days: 0 },
    Policy { complaint_scope: ComplaintScope::Stream, hard_bounce_days: 3 },
    Policy { complaint_scope: ComplaintScope::Tenant, hard_bounce_days: 0 },
];

/// Prints past the capture of the test harness.
pub fn print_uncaptured(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// The recorder of this project.
fn real(wire: &Wire, rules: SoftBounceRules, policy: Policy) -> Recorder {
    let (events, suppressions) = (EVENTS.to_owned(), SUPPRESSIONS.to_owned());
    Recorder::new(wire.client(), events, suppressions, rules, policy, Retention::default())
}

/// The simple recorder of the tests.
fn simple(wire: &Wire, rules: SoftBounceRules, policy: Policy, mistake: Option<Mistake>) -> Subject {
    let client = wire.client();
    let suppressions = Suppressions::new(client.clone(), SUPPRESSIONS.to_owned(), rules);
    Subject::Simple(SimpleRecorder { client, suppressions, policy, mistake })
}

/// A number from the environment.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Whether a set has about as many lists as a record keeps apart.
const fn is_wide(seed: u64) -> bool {
    let one_in = if seed < FIRST_SETS { ONE_WIDE_IN } else { ONE_WIDE_LATER_IN };
    seed % one_in == one_in - 1
}

/// How the set of a seed is made.
type SetOf = fn(&mut Seeded, u64) -> FactSet;

/// Facts of every kind.
fn any(random: &mut Seeded, seed: u64) -> FactSet {
    facts::set(random, &format!("s{seed}"), is_wide(seed))
}

/// A temporary bounce and the delivery after it, which only seldom meet among other facts.
fn crossing(_: &mut Seeded, seed: u64) -> FactSet {
    facts::crossing(&format!("s{seed}"))
}

/// Runs one set in all its schedules.
async fn check(
    wire: &Wire,
    seed: u64,
    set_of: SetOf,
    subject: &impl Fn(&Wire, SoftBounceRules, Policy) -> Subject,
) -> Result<Vec<Tally>, String> {
    let mut random = Seeded::new(seed);
    let set = set_of(&mut random, seed);
    let policy = POLICIES[usize::try_from(seed).unwrap() % POLICIES.len()];
    let mut tallies = Vec::new();
    for nth in 0..SCHEDULES {
        let rename = |fact: &Fact| Fact { address: format!("r{nth}{}", fact.address), ..fact.clone() };
        let facts: Vec<Fact> = set.facts.iter().map(rename).collect();
        let subject = subject(wire, set.rules, policy);
        let mut trace = Vec::new();
        tallies.push(schedule::run(wire, &subject, &facts, &mut random, &mut trace).await);
        let suppressions = Suppressions::new(wire.client(), SUPPRESSIONS.to_owned(), set.rules);
        let addresses: BTreeSet<&str> = facts.iter().map(|fact| fact.address.as_str()).collect();
        for name in addresses {
            let record = suppressions.get(&Address::parse(name).unwrap()).await.unwrap();
            let concerned: Vec<&Fact> = facts.iter().filter(|fact| fact.address == name).collect();
            let (observed, expected) = (observed(&record), expected(&concerned, set.rules, policy));
            if observed != expected {
                let ids: Vec<_> = concerned.iter().map(|fact| (fact.id(), *fact)).collect();
                return Err(format!(
                    "DISORDER_SEED={seed}, schedule {nth}, {name}, {:?}, {policy:?}\nfacts {ids:#?}\nsteps {trace:#?}\n\
                     observed {observed:#?}\nexpected {expected:#?}",
                    set.rules
                ));
            }
        }
    }
    Ok(tallies)
}

/// Checks sets on both cores, with the results in seed order; all threads end soon after the first failure.
///
/// The future of a recorder cannot move between threads, so each thread has its own database and runtime.
fn check_all(
    seeds: Range<u64>,
    at_once: usize,
    set_of: SetOf,
    subject: impl Fn(&Wire, SoftBounceRules, Policy) -> Subject + Sync,
) -> Vec<(u64, Result<Vec<Tally>, String>)> {
    let failed = AtomicBool::new(false);
    let thread = |first: u64| {
        let (subject, seeds, failed) = (&subject, seeds.clone(), &failed);
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let wire = Wire::new(0);
                let seeds = seeds.filter(|seed| seed % THREADS == first);
                let runs = stream::iter(seeds).map(|seed| {
                    let wire = wire.clone();
                    async move { (seed, check(&wire, seed, set_of, subject).await) }
                });
                let mut runs = std::pin::pin!(runs.buffered(at_once));
                let mut results = Vec::new();
                while let Some(result) = runs.next().await {
                    if result.1.is_err() {
                        failed.store(true, Ordering::Relaxed);
                    }
                    results.push(result);
                    if failed.load(Ordering::Relaxed) {
                        break;
                    }
                }
                results
            })
        }
    };
    let mut results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(thread(first))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    results.sort_by_key(|(seed, _)| *seed);
    results
}

#[test]
fn any_order_repetition_crash_and_batch_give_one_record() {
    let (seed, sets) = (number("DISORDER_SEED"), number("DISORDER_SETS"));
    let sets = sets.unwrap_or(if seed.is_some() { 1 } else { SETS });
    let first = seed.unwrap_or(0);
    let seeds = first..first + sets;
    let wide = seeds.clone().filter(|seed| is_wide(*seed)).count();
    let started = Instant::now();
    let mut sum = Tally::default();
    let mut schedules = 0;
    for (_, result) in check_all(seeds, AT_ONCE, any, |wire, rules, policy| Subject::Real(real(wire, rules, policy))) {
        let tallies = result.unwrap_or_else(|counterexample| panic!("{counterexample}"));
        schedules += tallies.len();
        for tally in tallies {
            sum.events += tally.events;
            sum.messages += tally.messages;
            sum.requests += tally.requests;
            sum.crashes += tally.crashes;
            sum.losses += tally.losses;
            sum.late += tally.late;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    print_uncaptured(&format!(
        "disorder: {sets} event sets from {first}, {wide} of them wide, {schedules} schedules, {sum:?}, {seconds:.1} s: one \
         outcome each"
    ));
    assert!(sets < SETS || (sum.crashes > 100 && sum.losses > 50 && sum.late > 10), "the schedules are disorderly");
}

/// The first of these sets found to reveal a mistake, and the difference.
fn first_counterexample(
    seeds: Range<u64>,
    set_of: SetOf,
    subject: impl Fn(&Wire, SoftBounceRules, Policy) -> Subject + Sync,
) -> Option<(u64, String)> {
    check_all(seeds, 8, set_of, subject).into_iter().find_map(|(seed, result)| Some((seed, result.err()?)))
}

/// Requires that a mistake shows.
fn assert_found(mistake: &str, counterexample: Option<(u64, String)>) {
    let found = counterexample.map(|(seed, _)| seed);
    print_uncaptured(&format!("disorder: {mistake} shows in set {found:?} of {SOON}"));
    assert!(found.is_some(), "{mistake} goes unnoticed");
}

#[test]
fn each_known_mistake_is_found() {
    for mistake in
        [Mistake::EventFirst, Mistake::SkipKnown, Mistake::AskFirst, Mistake::LookFirst, Mistake::DeleteOnLift]
    {
        let set_of = if mistake == Mistake::LookFirst { crossing } else { any };
        let found =
            first_counterexample(0..SOON, set_of, |wire, rules, policy| simple(wire, rules, policy, Some(mistake)));
        assert_found(&format!("{mistake:?}"), found);
    }
}

#[test]
fn a_failed_message_that_is_not_reported_is_found() {
    // Two of them show late; the sets before are left out, because each takes time.
    for (oversight, first) in
        [(Oversight::First, 0), (Oversight::Last, 0), (Oversight::Partial, 24), (Oversight::LaterFacts, 30)]
    {
        let careless = |wire: &Wire, rules, policy| Subject::Careless(real(wire, rules, policy), oversight);
        let found = first_counterexample(first..SOON, any, careless);
        assert_found(&format!("without the outcome of messages, {oversight:?},"), found);
    }
}

#[test]
fn the_right_order_with_the_simple_recorder_shows_nothing() {
    let right = |wire: &Wire, rules, policy| simple(wire, rules, policy, None);
    if let Some((_, counterexample)) = first_counterexample(0..SOON, any, right) {
        panic!("{counterexample}");
    }
    print_uncaptured(&format!("disorder: the right order with the simple recorder shows no difference in {SOON} sets"));
}
