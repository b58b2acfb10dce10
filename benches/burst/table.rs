//! The event table, which refuses what exceeds its throughput, and grows.

use crate::{MILLISECOND, MINUTE, SECOND};

/// Published: a table may throttle above twice its peak within 30 minutes; and its default quota.
const DOUBLES_AFTER: u64 = 30 * MINUTE;
const TABLE_QUOTA: u64 = 40_000;

/// The event table and its index, which consume the same capacity.
#[derive(Default)]
pub struct Table {
    units_a_second: u64,
    /// Millionths of a unit.
    saved: u64,
    seen: u64,
    doubles_at: u64,
}

impl Table {
    /// A table that handles this many units per second from the beginning.
    pub fn warmed(units_a_second: u64) -> Self {
        Self { units_a_second, doubles_at: u64::MAX, ..Self::default() }
    }

    /// Consumes a unit; unused capacity is saved for 10 milliseconds (assumed).
    pub fn accepts(&mut self, now: u64) -> bool {
        let most = 10 * MILLISECOND * self.units_a_second;
        self.saved = most.min(self.saved + (now - self.seen) * self.units_a_second);
        self.seen = now;
        if let Some(rest) = self.saved.checked_sub(SECOND) {
            self.saved = rest;
            return true;
        }
        // It doubles half an hour after it was first exceeded, and so on.
        self.doubles_at = self.doubles_at.min(now + DOUBLES_AFTER);
        if now >= self.doubles_at {
            self.units_a_second = (2 * self.units_a_second).min(TABLE_QUOTA);
            self.doubles_at = now + DOUBLES_AFTER;
        }
        false
    }
}
