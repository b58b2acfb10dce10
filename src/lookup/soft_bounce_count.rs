//! How close the soft bounces of an address are to a suppression.

use std::collections::BTreeSet;

use crate::suppression::{SoftBounceRules, SuppressionRecord};
use crate::timestamp::Timestamp;

/// The soft bounces of the window that ends now.
pub(crate) struct SoftBounceCount {
    /// How many there are.
    pub(crate) bounces: usize,
    /// On how many UTC days.
    pub(crate) days: usize,
}

impl SoftBounceCount {
    /// Counts those of a record.
    pub(crate) fn of(record: &SuppressionRecord, rules: SoftBounceRules, now: Timestamp) -> Self {
        let start = now.minus_days(rules.window_days);
        let window: Vec<_> = record.soft_bounces.bounces().iter().filter(|bounce| bounce.at >= start).collect();
        let days: BTreeSet<i64> = window.iter().map(|bounce| bounce.at.day()).collect();
        Self { bounces: window.len(), days: days.len() }
    }

    /// How many bounces and days are missing to reach the threshold.
    pub(crate) fn missing(&self, rules: SoftBounceRules) -> (usize, usize) {
        let missing = |demand: u32, had: usize| usize::try_from(demand).unwrap_or(usize::MAX).saturating_sub(had);
        (missing(rules.threshold, self.bounces), missing(rules.min_days, self.days))
    }

    /// The count in words; `None` if nothing is counted.
    pub(crate) fn sentence(&self, rules: SoftBounceRules) -> Option<String> {
        if rules.threshold == 0 || self.bounces == 0 {
            return None;
        }
        let SoftBounceRules { threshold, window_days, min_days, .. } = rules;
        let more_days = |days: usize| format!("{days} more {}", if days == 1 { "day" } else { "days" });
        let rest = match self.missing(rules) {
            (0, 0) => "the threshold is reached".to_owned(),
            (0, days) => format!("bounces on {} would suppress", more_days(days)),
            (bounces, 0) => format!("{bounces} more would suppress"),
            (bounces, days) => format!("{bounces} more would suppress, on {}", more_days(days)),
        };
        let Self { bounces, days } = self;
        Some(format!("{bounces} of {threshold} within {window_days} days, on {days} of {min_days} days; {rest}"))
    }
}
