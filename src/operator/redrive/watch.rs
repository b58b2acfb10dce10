//! When a redrive is over: a decision over readings of the queues, without a clock of its own.

use std::time::Duration;

use super::depth::Depth;

/// How many readings in a row must find nothing: SQS counts approximately.
const EMPTY_READINGS: u32 = 3;
/// The shortest quiet time that says something, since an invocation may take 30 seconds.
const SHORTEST_QUIET: Duration = Duration::from_secs(30);

/// What a reading shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Messages are still being tried for the first time.
    Continue,
    /// Nothing is left.
    Empty,
    /// Each message that is left was tried and failed.
    OnlyFailures,
}

/// Watches the queues that a redrive empties.
#[derive(Debug)]
pub struct Watch {
    /// With nothing waiting for so long, and none gone, no invocation is under way any more: what is hidden has failed.
    quiet: Duration,
    /// In so long every message has come up at least once, even where some wait.
    round: Duration,
    /// Before it, what is hidden may be so since an earlier attempt or look.
    meaningful: Duration,
    least: u64,
    /// When the last one went away.
    progress: Duration,
    /// Since when none waits.
    none_waiting: Option<Duration>,
    empty: u32,
}

impl Watch {
    /// Over queues with this visibility timeout, which is six times the function's time limit; what is hidden at the
    /// beginning is shown again within `hidden_before`.
    #[must_use]
    pub fn new(visibility: Duration, hidden_before: Duration) -> Self {
        let quiet = visibility.checked_div(4).unwrap_or_default().max(SHORTEST_QUIET);
        let round = visibility.saturating_add(quiet);
        let meaningful = hidden_before;
        Self { quiet, round, meaningful, least: u64::MAX, progress: meaningful, none_waiting: None, empty: 0 }
    }

    /// Takes a reading, so long after the redrive took effect.
    pub fn observe(&mut self, at: Duration, depth: Depth) -> Step {
        self.empty = if depth.total() == 0 { self.empty.saturating_add(1) } else { 0 };
        if self.empty >= EMPTY_READINGS {
            return Step::Empty;
        }
        if depth.total() < self.least {
            self.least = depth.total();
            self.progress = at.max(self.meaningful);
        }
        self.none_waiting = if depth.waiting == 0 { self.none_waiting.or(Some(at)) } else { None };
        if depth.total() == 0 {
            return Step::Continue;
        }
        let still = at.saturating_sub(self.progress);
        let hidden = self.none_waiting.map_or(Duration::ZERO, |since| at.saturating_sub(since).min(still));
        if hidden >= self.quiet || still >= self.round { Step::OnlyFailures } else { Step::Continue }
    }
}
