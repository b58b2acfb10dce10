//! Points in time, as providers report them and as records store them.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, format_description::BorrowedFormatItem};

/// Milliseconds of one day.
const DAY_MS: i64 = 86_400_000;
/// Unix seconds above this are milliseconds (the year 5138 in one reading, 1973 in the other).
const MILLISECONDS_ABOVE: i64 = 100_000_000_000;
/// `2018-10-08T14:05:45 +0000`, as in one sample of the SES guide's notification contents.
const SPACED_OFFSET: &[BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]");

/// A point in time between 1970 and the end of the year 9999, in milliseconds.
///
/// Its text, `2026-01-31T23:59:59.123Z`, always has 24 characters, so text sorts like time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last millisecond that the text form can express.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// A time from Unix milliseconds; `None` outside the years 1970 to 9999.
    #[must_use]
    pub fn from_millis(millis: i64) -> Option<Self> {
        (0..=Self::MAX.0).contains(&millis).then_some(Self(millis))
    }

    /// The current time, by the system clock.
    #[must_use]
    pub fn now() -> Self {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(Self::MAX.0);
        Self(millis.min(Self::MAX.0))
    }

    /// Parses RFC 3339 with any fraction and offset, or the spaced offset of an SES sample.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time =
            OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(text, SPACED_OFFSET)).ok()?;
        let millis = time.unix_timestamp_nanos().checked_div(1_000_000)?;
        Self::from_millis(i64::try_from(millis).ok()?)
    }

    /// Parses Unix seconds, or milliseconds above 10^11, as Tencent and Mailjet send them.
    ///
    /// Zero and negative numbers are not times.
    #[must_use]
    pub fn from_unix(text: &str) -> Option<Self> {
        let number: i64 = text.trim().parse().ok()?;
        if number <= 0 {
            return None;
        }
        if number > MILLISECONDS_ABOVE {
            return Self::from_millis(number);
        }
        Self::from_millis(number.checked_mul(1000)?)
    }

    /// Unix milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole Unix seconds, the unit of a DynamoDB TTL attribute.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.saturating_div(1000)
    }

    /// The number of the UTC day, counted from 1970-01-01.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.saturating_div(DAY_MS)
    }

    /// The time this many days later, at most [`Self::MAX`].
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        let span = i64::from(days).saturating_mul(DAY_MS);
        Self(self.0.saturating_add(span).min(Self::MAX.0))
    }

    /// The time this many days earlier, at least the epoch.
    #[must_use]
    pub fn minus_days(self, days: u32) -> Self {
        let span = i64::from(days).saturating_mul(DAY_MS);
        Self(self.0.saturating_sub(span).max(0))
    }

    /// The next millisecond, at most [`Self::MAX`].
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1)).min(Self::MAX)
    }

    /// The time, unless it is more than a day after `reference`, when its report was published or received.
    ///
    /// The clocks of mail servers and providers may be slightly ahead. A time a day ahead does not say when something
    /// happened, and a record dated after everything that follows could never be lifted or expire.
    #[must_use]
    pub fn usable_at(self, reference: Self) -> Option<Self> {
        (self <= reference.plus_days(1)).then_some(self)
    }

    /// Milliseconds from `earlier` to this time, negative if it is before.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0).saturating_mul(1_000_000);
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| fmt::Error)?;
        let (year, month, day) = time.to_calendar_date();
        let (hour, minute, second, milli) = time.to_hms_milli();
        let month = u8::from(month);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    fn text(input: &str) -> Option<String> {
        Timestamp::parse(input).map(|time| time.to_string())
    }

    #[test]
    fn every_spelling_seen_in_payloads_is_read() {
        let cases = [
            ("2017-08-05T00:41:02.669Z", "2017-08-05T00:41:02.669Z"),
            ("2009-12-03T04:24:21.000-05:00", "2009-12-03T09:24:21.000Z"),
            ("2024-04-25T18:08:04.933666+03:00", "2024-04-25T15:08:04.933Z"),
            ("2018-10-08T14:05:45 +0000", "2018-10-08T14:05:45.000Z"),
        ];
        for (input, expected) in cases {
            assert_eq!(text(input).as_deref(), Some(expected), "{input}");
        }
    }

    #[test]
    fn an_invalid_time_is_refused() {
        for input in ["", "yesterday", "2017-08-05", "2017-13-05T00:41:02Z", "1969-12-31T23:59:59Z"] {
            assert_eq!(text(input), None, "{input}");
        }
        for input in ["", "0", "-5", "1.5", "99999999999999999999", "253402300800000"] {
            assert_eq!(Timestamp::from_unix(input), None, "{input}");
        }
    }

    #[test]
    fn a_time_is_usable_up_to_a_day_after_its_report() {
        let reference = Timestamp(5 * super::DAY_MS);
        let day_after = Timestamp(6 * super::DAY_MS);
        for usable in [Timestamp(0), reference, day_after] {
            assert_eq!(usable.usable_at(reference), Some(usable));
        }
        for unusable in [day_after.next(), Timestamp::MAX] {
            assert_eq!(unusable.usable_at(reference), None);
        }
        assert_eq!(Timestamp::MAX.usable_at(Timestamp::MAX), Some(Timestamp::MAX));
    }

    #[test]
    fn unix_numbers_are_seconds_up_to_ten_to_the_eleventh() {
        let seconds = Timestamp::from_unix("1654064683").map(Timestamp::millis);
        let millis = Timestamp::from_unix("1654064683123").map(Timestamp::millis);
        assert_eq!(seconds, Some(1_654_064_683_000));
        assert_eq!(millis, Some(1_654_064_683_123));
    }

    #[test]
    fn texts_sort_as_times_do() {
        let early = Timestamp::from_millis(0).map(|time| time.to_string());
        assert_eq!(early.as_deref(), Some("1970-01-01T00:00:00.000Z"));
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
    }
}
