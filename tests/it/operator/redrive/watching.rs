//! When a redrive is over.

use std::time::Duration;

use mail_feedback::operator::redrive::depth::{Depth, Depths};
use mail_feedback::operator::redrive::report::Report;
use mail_feedback::operator::redrive::watch::{Step, Watch};

/// Reads every two seconds; returns the second at which it is over, and how.
fn over(visibility_s: u64, depth: impl Fn(u64) -> (u64, u64)) -> Option<(u64, Step)> {
    over_after(0, visibility_s, depth)
}

fn over_after(hidden_s: u64, visibility_s: u64, depth: impl Fn(u64) -> (u64, u64)) -> Option<(u64, Step)> {
    let mut watch = Watch::new(Duration::from_secs(visibility_s), Duration::from_secs(hidden_s));
    (1..1_000).map(|reading| reading * 2).find_map(|at| {
        let (waiting, hidden) = depth(at);
        let step = watch.observe(Duration::from_secs(at), Depth { waiting, hidden });
        (step != Step::Continue).then_some((at, step))
    })
}

#[test]
fn one_empty_reading_is_not_enough() {
    assert_eq!(over(180, |at| if at == 4 { (0, 0) } else { (0, u64::from(at < 10)) }), Some((14, Step::Empty)));
}

/// A quarter of the visibility timeout, which is six times the function's time limit, is longer than an invocation.
#[test]
fn what_is_hidden_for_longer_than_an_invocation_takes_has_failed() {
    assert_eq!(over(180, |at| if at < 20 { (5, 2) } else { (0, 2) }), Some((20 + 46, Step::OnlyFailures)));
    assert_eq!(over(6, |_| (0, 2)), Some((2 + 30, Step::OnlyFailures)));
}

/// An attempt or a look just before hides messages that this run has not tried yet.
#[test]
fn what_was_hidden_before_has_time_to_become_visible() {
    let hidden_then_recorded = |at| if at < 170 { (0, 3) } else { (0, 0) };
    assert_eq!(over_after(180, 180, hidden_then_recorded), Some((174, Step::Empty)));
    assert_eq!(over_after(180, 180, |_| (0, 3)), Some((180 + 46, Step::OnlyFailures)));
}

#[test]
fn it_continues_as_long_as_messages_are_removed() {
    let slow = |at: u64| (0, 40_u64.saturating_sub(at / 40));
    assert_eq!(over(180, slow), Some((1_604, Step::Empty)), "one in 40 seconds");
}

/// Some are waiting at every reading, since they become visible again and again; each was tried once in a round.
#[test]
fn after_a_round_without_progress_it_is_over_even_if_some_wait() {
    assert_eq!(over(180, |_| (1, 3)), Some((2 + 226, Step::OnlyFailures)));
}

#[test]
fn the_counts_of_a_redrive_add_up() {
    let depth = |waiting| Depth { waiting, hidden: 0 };
    let before = Depths { undelivered: depth(4), failed: depth(6), parked: depth(1) };
    let after = Depths { undelivered: depth(0), failed: depth(2), parked: depth(4) };
    let report = Report::between(before, after);
    assert_eq!(report, Report { sent: 10, recorded: 5, failing: 2, parked: 3 });
    assert!(!report.is_complete());
    let arrived = Depths { failed: depth(20), ..after };
    assert_eq!(Report::between(before, arrived).recorded, 0, "what arrives meanwhile is not counted below nothing");
}
