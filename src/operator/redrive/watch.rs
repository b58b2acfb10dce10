//! Decides from readings of the queues when a redrive is over; it has no clock of its own.

use std::time::Duration;

use super::depth::Depth;

/// How many consecutive readings must find nothing, because SQS counts approximately.
const EMPTY_READINGS: u32 = 3;
/// The shortest conclusive quiet time, since an invocation may take 30 seconds.
const SHORTEST_QUIET: Duration = Duration::from_secs(30);

/// What a reading means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Some messages have not had their first attempt yet.
    Continue,
    /// Nothing is left.
    Empty,
    /// Each remaining message was tried and failed.
    OnlyFailures,
}

/// Watches the queues that a redrive empties.
#[derive(Debug)]
pub struct Watch {
    /// If nothing has been waiting or removed for this long, no invocation is running any more: hidden messages have
    /// failed.
    quiet: Duration,
    /// In this time every message is received at least once, even if some are waiting.
    round: Duration,
    /// Before this time, an earlier attempt or look may be what hides a message.
    meaningful: Duration,
    least: u64,
    /// When the last message was removed.
    progress: Duration,
    /// Since when no message has been waiting.
    none_waiting: Option<Duration>,
    empty: u32,
}

impl Watch {
    /// Watches queues with this visibility timeout, which is six times the function's time limit; messages hidden at
    /// the start become visible within `hidden_before`.
    #[must_use]
    pub fn new(visibility: Duration, hidden_before: Duration) -> Self {
        let quiet = visibility.checked_div(4).unwrap_or_default().max(SHORTEST_QUIET);
        let round = visibility.saturating_add(quiet);
        let meaningful = hidden_before;
        Self { quiet, round, meaningful, least: u64::MAX, progress: meaningful, none_waiting: None, empty: 0 }
    }

    /// Takes a reading, this long after the redrive took effect.
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
