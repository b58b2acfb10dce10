//! How many messages the queues hold, as SQS approximates it.

use super::queue::Kind;

/// The messages of one queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that can be received.
    pub waiting: u64,
    /// Messages that were received a short while ago.
    pub hidden: u64,
}

impl Depth {
    /// All messages.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.waiting.saturating_add(self.hidden)
    }
}

/// The messages of all queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// In `UndeliveredQueue`.
    pub undelivered: Depth,
    /// In `FailedQueue`.
    pub failed: Depth,
    /// In `ParkedQueue`.
    pub parked: Depth,
}

impl Depths {
    /// The messages of one queue.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> Depth {
        match kind {
            Kind::Undelivered => self.undelivered,
            Kind::Failed => self.failed,
            Kind::Parked => self.parked,
        }
    }

    /// The messages that a redrive sends.
    #[must_use]
    pub const fn open(&self) -> Depth {
        Depth {
            waiting: self.undelivered.waiting.saturating_add(self.failed.waiting),
            hidden: self.undelivered.hidden.saturating_add(self.failed.hidden),
        }
    }
}
