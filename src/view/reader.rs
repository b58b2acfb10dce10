//! The reader's numbers and times.

use std::fmt;
use std::sync::Arc;

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_decimal::options::DecimalFormatterOptions;
use icu_locale_core::Locale;
use maud::{Markup, html};

use super::escape::{SHOWN_BYTES, shown, visible};
use crate::text::clip;
use crate::timestamp::Timestamp;

/// The seconds of an hour and of a minute.
const HOUR: i32 = 3_600;
const MINUTE: i32 = 60;

/// The zone of a reader.
#[derive(Clone)]
pub struct Zone {
    /// Its name, for the reader: `Europe/Berlin`, `+01:00`.
    pub name: String,
    /// Its offset from UTC at a time, in seconds.
    pub offset: Arc<dyn Fn(Timestamp) -> i32 + Send + Sync>,
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zone").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Zone {
    /// A zone with one offset, as `+01:00` or `-0330`; UTC if it is not one.
    #[must_use]
    pub fn fixed(offset: &str) -> Self {
        let seconds = parse_offset(offset).unwrap_or_default();
        Self { name: offset_text(seconds), offset: Arc::new(move |_| seconds) }
    }
}

/// What a page depends on besides its content.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The language of numbers.
    locale: Locale,
    /// The zone that times are in, besides UTC.
    pub zone: Zone,
}

impl Reader {
    /// A reader with the languages of an `Accept-Language` header, or one language; the best comes first.
    #[must_use]
    pub fn new(languages: &str, zone: Zone) -> Self {
        let mut tags = languages.split(',').filter_map(|tag| tag.split(';').next());
        let locale = tags.find_map(|tag| Locale::try_from_str(tag.trim()).ok()).unwrap_or(Locale::UNKNOWN);
        Self { locale, zone }
    }

    /// A whole number.
    #[must_use]
    pub fn number(&self, number: u64) -> String {
        self.decimal(&Decimal::from(number))
    }

    /// A number given in ten-thousandths, with one to four decimal places.
    #[must_use]
    pub fn ten_thousandths(&self, number: u64) -> String {
        let mut decimal = Decimal::from(number);
        decimal.multiply_pow10(-4);
        decimal.trim_end();
        decimal.pad_end(-1);
        self.decimal(&decimal)
    }

    fn decimal(&self, decimal: &Decimal) -> String {
        match DecimalFormatter::try_new((&self.locale).into(), DecimalFormatterOptions::default()) {
            Ok(formatter) => formatter.format_to_string(decimal),
            Err(_) => decimal.to_string(),
        }
    }

    /// A time in UTC, and in the reader's zone where that is another.
    pub(super) fn time(&self, at: Timestamp) -> Markup {
        html! {
            time.mf-time datetime=(at) {
                (utc(at)) " UTC"
                @if let Some(local) = self.local(at) { span.mf-zone { (local) } }
            }
        }
    }

    /// The same where no markup can be.
    pub(super) fn time_text(&self, at: Timestamp) -> String {
        match self.local(at) {
            Some(local) => format!("{} UTC ({local})", utc(at)),
            None => format!("{} UTC", utc(at)),
        }
    }

    /// A time in the reader's zone; `None` if that is UTC.
    fn local(&self, at: Timestamp) -> Option<String> {
        let offset = (self.zone.offset)(at);
        let shift = i64::from(offset).saturating_mul(1_000);
        let local = Timestamp::from_millis(at.millis().saturating_add(shift)).filter(|_| offset != 0)?;
        Some(format!("{} {}", utc(local), offset_text(offset)))
    }

    /// A text from outside that may be long, and how much of it is left out.
    pub(super) fn part(&self, text: &str) -> Markup {
        let part = clip(text, SHOWN_BYTES);
        let more = u64::try_from(text.len().saturating_sub(part.len())).unwrap_or(u64::MAX);
        html! {
            span.mf-text { (visible(part)) }
            @if more > 0 { " … and " (self.number(more)) " more bytes" }
        }
    }

    /// The time of a record, which may be something else.
    pub(super) fn time_of(&self, text: &str) -> Markup {
        match Timestamp::parse(text) {
            Some(at) => self.time(at),
            None if text == "-" => html! { "unknown" },
            None => shown(text),
        }
    }
}

/// `2026-11-20 12:00:00`.
fn utc(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..19).unwrap_or(&text).replace('T', " ")
}

/// `2026-11-20`.
pub(super) fn day(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..10).unwrap_or(&text).to_owned()
}

fn parse_offset(text: &str) -> Option<i32> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits = rest.replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if !(0..=18).contains(&hours) || !(0..=59).contains(&minutes) {
        return None;
    }
    hours.saturating_mul(HOUR).saturating_add(minutes.saturating_mul(MINUTE)).checked_mul(sign)
}

fn offset_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.saturating_abs();
    let minutes = seconds.saturating_div(MINUTE).checked_rem(60).unwrap_or_default();
    format!("{sign}{:02}:{minutes:02}", seconds.saturating_div(HOUR))
}

#[cfg(test)]
mod tests {
    use super::{Reader, Zone};
    use crate::timestamp::Timestamp;

    fn reader(languages: &str, offset: &str) -> Reader {
        Reader::new(languages, Zone::fixed(offset))
    }

    #[test]
    fn numbers_are_those_of_the_first_language() {
        for (languages, number, rate) in [
            ("en-US,de;q=0.5", "1,234,567", "0.125"),
            ("de", "1.234.567", "0,125"),
            ("fr-FR", "1\u{202f}234\u{202f}567", "0,125"),
            ("hi-IN", "12,34,567", "0.125"),
            ("", "1,234,567", "0.125"),
            ("*", "1,234,567", "0.125"),
        ] {
            let reader = reader(languages, "+00:00");
            assert_eq!(
                (reader.number(1_234_567).as_str(), reader.ten_thousandths(1_250).as_str()),
                (number, rate),
                "{languages}"
            );
        }
        assert_eq!(
            (reader("en", "").ten_thousandths(50_000), reader("de", "").ten_thousandths(1)),
            ("5.0".to_owned(), "0,0001".to_owned())
        );
    }

    #[test]
    fn a_time_is_in_utc_and_in_the_readers_zone() {
        let at = Timestamp::parse("2026-11-20T23:30:00Z").unwrap_or(Timestamp::MAX);
        let text = |offset| reader("en", offset).time(at).into_string();
        assert!(text("+01:00").contains("2026-11-20 23:30:00 UTC<span class=\"mf-zone\">2026-11-21 00:30:00 +01:00"));
        assert!(text("-03:30").contains("2026-11-20 20:00:00 -03:30"));
        assert_eq!(reader("en", "+01:00").time_text(at), "2026-11-20 23:30:00 UTC (2026-11-21 00:30:00 +01:00)");
        assert_eq!(reader("en", "").time_text(at), "2026-11-20 23:30:00 UTC");
        for utc in ["+00:00", "", "x", "+99:00", "é+1"] {
            assert!(!text(utc).contains("span"), "{utc}");
        }
    }

    #[test]
    fn a_long_text_is_cut_and_says_how_much_is_missing() {
        let html = reader("de", "+00:00").part(&"x".repeat(5_000)).into_string();
        assert!(html.ends_with("</span> … and 2.952 more bytes"), "{html}");
    }
}
