//! The times that an overview covers.

use crate::label::labelled;
use crate::timestamp::Timestamp;

labelled! {
    /// The time that an overview covers, until now.
    pub enum Period {
        /// The last 24 hours, by the hour.
        Day = "24h",
        /// The last 7 days, by six hours.
        Week = "7d",
        /// The last 28 days, by the day.
        Month = "28d",
    }
}

impl Period {
    /// The time as words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Day => "the last 24 hours",
            Self::Week => "the last 7 days",
            Self::Month => "the last 28 days",
        }
    }

    /// The number of days.
    #[must_use]
    pub const fn days(self) -> u64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 28,
        }
    }

    /// The seconds of one column. CloudWatch keeps hours for 455 days.
    #[must_use]
    pub const fn step_seconds(self) -> i32 {
        match self {
            Self::Day => 3_600,
            Self::Week => 21_600,
            Self::Month => 86_400,
        }
    }

    /// The number of columns: one more than fit, because the last one has only begun.
    #[must_use]
    pub const fn steps(self) -> usize {
        match self {
            Self::Day => 25,
            Self::Week | Self::Month => 29,
        }
    }

    /// The Unix seconds at which the first column begins: the last one contains `now`.
    #[must_use]
    pub fn start_seconds(self, now: Timestamp) -> i64 {
        let step = i64::from(self.step_seconds());
        let end = now.seconds().checked_div(step).unwrap_or_default().saturating_add(1).saturating_mul(step);
        let steps = i64::try_from(self.steps()).unwrap_or(i64::MAX);
        end.saturating_sub(step.saturating_mul(steps)).max(0)
    }

    /// The column of a time; `None` outside.
    #[must_use]
    pub fn step_of(self, seconds: i64, now: Timestamp) -> Option<usize> {
        let offset = seconds.saturating_sub(self.start_seconds(now));
        let step = offset.checked_div_euclid(i64::from(self.step_seconds()))?;
        usize::try_from(step).ok().filter(|step| *step < self.steps())
    }
}

#[cfg(test)]
mod tests {
    use super::Period;
    use crate::timestamp::Timestamp;

    #[test]
    fn the_last_column_contains_now() {
        let now = Timestamp::parse("2026-11-20T12:30:00Z").unwrap_or(Timestamp::MAX);
        for period in Period::ALL {
            assert_eq!(period.step_of(now.seconds(), now), Some(period.steps() - 1), "{period}");
            assert_eq!(period.step_of(period.start_seconds(now), now), Some(0), "{period}");
            assert_eq!(period.step_of(period.start_seconds(now) - 1, now), None, "{period}");
            let whole = i64::try_from(period.days()).unwrap_or_default() * 86_400;
            assert!(period.step_of(now.seconds() - whole, now).is_some(), "{period}");
        }
        assert_eq!(Period::Day.start_seconds(now), now.seconds() - 24 * 3_600 - 1_800);
    }
}
