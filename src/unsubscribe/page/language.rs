//! The language of a page.

use crate::label::labelled;

labelled! {
    /// A language that pages have texts in, by its tag (BCP 47).
    pub enum Language {
        /// English, which is also the language for everybody else.
        English = "en",
        /// German.
        German = "de",
        /// French.
        French = "fr",
        /// Spanish.
        Spanish = "es",
        /// Italian.
        Italian = "it",
        /// Portuguese.
        Portuguese = "pt",
        /// Japanese.
        Japanese = "ja",
        /// Chinese, in simplified characters.
        Chinese = "zh",
    }
}

impl Language {
    /// The language that a browser prefers, from its header `Accept-Language`: `de-AT,de;q=0.9,en;q=0.5`.
    ///
    /// The first of several with the same weight wins; without a known one, English.
    #[must_use]
    pub fn preferred(accept: Option<&str>) -> Self {
        let offers = accept.unwrap_or_default().split(',').filter_map(offer);
        // The sort is stable, so equal weights stay in order.
        let mut offers: Vec<_> = offers.filter(|(weight, _)| *weight > 0).collect();
        offers.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        offers.first().map_or(Self::English, |(_, language)| *language)
    }
}

/// The weight, in thousandths, and the language of one element; `None` if there are no texts in it.
fn offer(element: &str) -> Option<(u32, Language)> {
    let mut parts = element.split(';').map(str::trim);
    let primary = parts.next()?.split('-').next()?.to_ascii_lowercase();
    let weight = parts.find_map(weight_of).map_or(Some(1_000), thousandths)?;
    Some((weight, Language::from_label(&primary)?))
}

/// The value of `q=`, whose case does not matter (RFC 5234, section 2.3).
fn weight_of(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.split_once('=')?;
    name.eq_ignore_ascii_case("q").then_some(value)
}

/// `0`, `1`, or up to three decimals (RFC 9110, section 12.4.2).
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_weight = matches!(whole, "0" | "1") && decimals.len() <= 3;
    let digits = format!("{decimals:0<3}");
    let decimals: u32 =
        digits.parse().ok().filter(|_| is_weight && digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let whole: u32 = whole.parse().ok()?;
    Some(whole.saturating_mul(1_000).saturating_add(decimals).min(1_000))
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_preferred_known_language_wins() {
        for (accept, expected) in [
            (None, "en"),
            (Some(""), "en"),
            (Some("*"), "en"),
            (Some("nl"), "en"),
            (Some("de"), "de"),
            (Some("de-AT,en;q=0.5"), "de"),
            (Some("nl, fr-CH;q=0.9, de;q=0.95"), "de"),
            (Some("en;q=0.5, ja; q=1.0, zh"), "ja"),
            (Some("zh-Hant-TW"), "zh"),
            (Some("PT-br"), "pt"),
            (Some("it;q=0,es;q=0.001"), "es"),
            (Some("it;q=0"), "en"),
            (Some("de;Q=0, fr"), "fr"),
            (Some("it;q=x,es;q=0.1"), "es"),
            (Some("it;q=0.1234,es;q=0.1"), "es"),
            (Some("it;q=-1,,;,es"), "es"),
        ] {
            assert_eq!(Language::preferred(accept).as_str(), expected, "{accept:?}");
        }
    }
}
