//! What became of the messages of a redrive.

use super::depth::Depths;

/// The account of a redrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many there were.
    pub sent: u64,
    /// How many left the queues for the tables.
    pub recorded: u64,
    /// How many are still there.
    pub failing: u64,
    /// How many failed too often and were parked.
    pub parked: u64,
}

impl Report {
    /// Between two readings.
    #[must_use]
    pub fn between(before: Depths, after: Depths) -> Self {
        let (sent, failing) = (before.open().total(), after.open().total());
        let parked = after.parked.total().saturating_sub(before.parked.total());
        Self { sent, failing, parked, recorded: sent.saturating_sub(failing).saturating_sub(parked) }
    }

    /// Whether all of them are recorded.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        self.failing == 0 && self.parked == 0
    }
}
