//! The result of a redrive for its messages.

use super::depth::Depths;

/// The counts of a redrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many messages there were.
    pub sent: u64,
    /// How many were recorded.
    pub recorded: u64,
    /// How many are still in the queues.
    pub failing: u64,
    /// How many failed too often and were parked.
    pub parked: u64,
}

impl Report {
    /// The difference of two readings.
    #[must_use]
    pub fn between(before: Depths, after: Depths) -> Self {
        let (sent, failing) = (before.open().total(), after.open().total());
        let parked = after.parked.total().saturating_sub(before.parked.total());
        Self { sent, failing, parked, recorded: sent.saturating_sub(failing).saturating_sub(parked) }
    }

    /// Whether all messages were recorded.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        self.failing == 0 && self.parked == 0
    }
}
