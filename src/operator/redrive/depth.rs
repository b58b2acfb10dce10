//! How many messages the queues hold; SQS says it approximately.

use super::queue::Kind;

/// The messages of one queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Those that can be received.
    pub waiting: u64,
    /// Those that were received a short while ago.
    pub hidden: u64,
}

impl Depth {
    /// All of them.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.waiting.saturating_add(self.hidden)
    }
}

/// Those of all queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Of `UndeliveredQueue`.
    pub undelivered: Depth,
    /// Of `FailedQueue`.
    pub failed: Depth,
    /// Of `ParkedQueue`.
    pub parked: Depth,
}

impl Depths {
    /// That of one queue.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> Depth {
        match kind {
            Kind::Undelivered => self.undelivered,
            Kind::Failed => self.failed,
            Kind::Parked => self.parked,
        }
    }

    /// What a redrive empties.
    #[must_use]
    pub const fn open(&self) -> Depth {
        Depth {
            waiting: self.undelivered.waiting.saturating_add(self.failed.waiting),
            hidden: self.undelivered.hidden.saturating_add(self.failed.hidden),
        }
    }
}
