//! Which events share a call to the event bus.

use std::fmt;

use super::{ChangeEvent, SOURCE};
use crate::suppression::State;

/// The most entries of a call: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>.
pub const MAX_ENTRIES: usize = 10;
/// The bytes that the entries of a call stay below, as EventBridge counts them:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html>.
pub const MAX_CALL_BYTES: usize = 256 * 1024;

/// An event as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The place of its stream record in the batch.
    pub record: usize,
    /// The address that it is about.
    pub address: String,
    /// Its state, which gives its `detail-type`.
    pub state: State,
    /// Its `detail`, as JSON.
    pub detail: String,
}

impl fmt::Debug for Prepared {
    /// Shows nothing personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("record", &self.record).finish_non_exhaustive()
    }
}

impl Prepared {
    /// Writes an event of a stream record; `None` if it is too large for any call.
    #[must_use]
    pub fn new(record: usize, event: &ChangeEvent) -> Option<Self> {
        let detail = serde_json::to_string(event).ok()?;
        let prepared = Self { record, address: event.address.clone(), state: event.state, detail };
        (prepared.bytes() < MAX_CALL_BYTES).then_some(prepared)
    }

    /// Its `detail-type`.
    #[must_use]
    pub const fn detail_type(&self) -> &'static str {
        match self.state {
            State::Suppressed => "Address Suppressed",
            State::Lifted => "Address Lifted",
        }
    }

    fn bytes(&self) -> usize {
        [SOURCE, self.detail_type(), &self.detail].iter().fold(0, |sum, text| sum.saturating_add(text.len()))
    }

    /// Whether two events may share a call.
    ///
    /// Entries of a call can fail one by one. So two changes of one address do not share one, because the later change must
    /// not arrive without the earlier one; nor do suppressions and lifts of one change, because the lifts of a folded
    /// reason must not arrive without the suppression that takes their place.
    fn goes_with(&self, other: &Self) -> bool {
        self.address != other.address || (self.record == other.record && self.state == other.state)
    }
}

/// Groups events into calls, without changing their order.
pub fn calls(events: &[Prepared]) -> impl Iterator<Item = &[Prepared]> {
    let mut rest = events;
    std::iter::from_fn(move || {
        let mut bytes = 0_usize;
        let mut size = 0_usize;
        for event in rest.iter().take(MAX_ENTRIES) {
            bytes = bytes.saturating_add(event.bytes());
            if bytes >= MAX_CALL_BYTES || !rest.iter().take(size).all(|other| other.goes_with(event)) {
                break;
            }
            size = size.saturating_add(1);
        }
        // Each event fits alone, so a call is empty only at the end.
        let (call, others) = rest.split_at_checked(size.max(1))?;
        rest = others;
        Some(call)
    })
}
