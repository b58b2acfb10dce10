//! The three queues of failed messages, and how long and how often they keep a message.

use crate::timestamp::Timestamp;

/// One of the three queues of failed messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What SNS or EventBridge could not deliver.
    Undelivered,
    /// What the function failed to process.
    Failed,
    /// What failed too often in a redrive.
    Parked,
}

impl Kind {
    /// All queues.
    pub const ALL: [Self; 3] = [Self::Undelivered, Self::Failed, Self::Parked];

    /// The queues that a redrive empties.
    pub const OPEN: [Self; 2] = [Self::Undelivered, Self::Failed];

    /// The name in the template.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undelivered => "UndeliveredQueue",
            Self::Failed => "FailedQueue",
            Self::Parked => "ParkedQueue",
        }
    }

    /// The stack output with its URL.
    #[must_use]
    pub const fn output(self) -> &'static str {
        match self {
            Self::Undelivered => "UndeliveredQueueUrl",
            Self::Failed => "FailedQueueUrl",
            Self::Parked => "ParkedQueueUrl",
        }
    }
}

/// The attributes of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The number of receives after which a message is parked; `None` if it never is.
    pub receives: Option<u32>,
    /// How long a message is kept, in seconds.
    pub retention_s: u32,
    /// How long a received message is hidden, in seconds.
    pub visibility_s: u32,
}

impl Limits {
    /// How many more times a message can be received before it is parked.
    #[must_use]
    pub fn receives_left(self, received: u32) -> Option<u32> {
        self.receives.map(|limit| limit.saturating_sub(received))
    }

    /// When a message expires.
    #[must_use]
    pub fn expires_at(self, sent_at: Option<Timestamp>) -> Option<Timestamp> {
        let kept_ms = i64::from(self.retention_s).saturating_mul(1000);
        Timestamp::from_millis(sent_at?.millis().saturating_add(kept_ms))
    }
}
