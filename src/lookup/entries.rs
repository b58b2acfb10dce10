//! The entries of a record, and their effect at a time.

use crate::event::Reason;
use crate::suppression::{Block, Entry, Scope, State, SuppressionRecord, Verdict};
use crate::timestamp::Timestamp;

/// The effect of an entry at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryStatus {
    /// It forbids mail.
    Blocked,
    /// It has expired.
    Ended,
    /// It was lifted.
    Lifted,
}

impl EntryStatus {
    /// The effect of an entry.
    pub(crate) fn of(entry: &Entry, now: Timestamp) -> Self {
        match entry.state {
            State::Lifted => Self::Lifted,
            State::Suppressed if entry.is_active(now) => Self::Blocked,
            State::Suppressed => Self::Ended,
        }
    }

    /// The effect as a word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Ended => "ended",
            Self::Lifted => "lifted",
        }
    }
}

/// Every entry of a record, by scope and reason.
pub(crate) fn entries(record: &SuppressionRecord) -> impl Iterator<Item = (&Scope, Reason, &Entry)> {
    let scopes = record.suppressions.iter();
    scopes.flat_map(|(scope, reasons)| reasons.iter().map(move |(reason, entry)| (scope, *reason, entry)))
}

/// Every suppression of an address in any scope, whatever the send.
pub(crate) fn everything(record: &SuppressionRecord, now: Timestamp) -> Verdict {
    let active = entries(record).filter(|(_, _, entry)| entry.is_active(now));
    let blocks = active.map(|(scope, reason, entry)| Block::of(record, scope, reason, entry)).collect();
    Verdict { blocks, elsewhere: Vec::new() }
}
