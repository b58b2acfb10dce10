//! Text from outside, as text.

use std::fmt::Write;

use maud::{Markup, html};

use crate::text::{clip, is_control};

/// The most bytes of one text that a page shows.
pub(super) const SHOWN_BYTES: usize = 2_048;

/// Whether a character has no shape of its own, so that texts which differ can look the same.
fn is_invisible(char: char) -> bool {
    is_ignorable(char) || is_blank(char)
}

/// Unicode's `Default_Ignorable_Code_Point`, and the marks of annotations.
/// <https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt>
const fn is_ignorable(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// White space but the usual one, and a sign of Braille without dots.
fn is_blank(char: char) -> bool {
    char != ' ' && char.is_whitespace() || char == '\u{2800}'
}

/// A text with the code of each character that is invisible or controls how others are shown: `⟨U+202E⟩`.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if is_control(char) || is_invisible(char) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\u{27e8}U+{:04X}\u{27e9}", u32::from(char));
        } else {
            shown.push(char);
        }
    }
    shown
}

/// A text from outside. It is isolated, so that its direction does not reach what follows.
pub(super) fn shown(text: &str) -> Markup {
    let part = clip(text, SHOWN_BYTES);
    html! {
        span.mf-text { (visible(part)) }
        @if part.len() < text.len() { " … and more" }
    }
}

#[cfg(test)]
mod tests {
    use super::{shown, visible};

    #[test]
    fn what_hides_or_turns_other_text_is_spelled_out() {
        for (text, expected) in [
            ("a\u{202e}b", "a⟨U+202E⟩b"),
            ("a\r\nb\u{0}\u{9b}", "a⟨U+000D⟩⟨U+000A⟩b⟨U+0000⟩⟨U+009B⟩"),
            ("pay\u{200b}pal", "pay⟨U+200B⟩pal"),
            ("\u{e0041}", "⟨U+E0041⟩"),
            ("a\u{a0}b\u{3000}\u{2800}\u{2003}", "a⟨U+00A0⟩b⟨U+3000⟩⟨U+2800⟩⟨U+2003⟩"),
            ("\u{fe0f}\u{fff0}\u{1bca0}\u{1d173}", "⟨U+FE0F⟩⟨U+FFF0⟩⟨U+1BCA0⟩⟨U+1D173⟩"),
            ("two words", "two words"),
            ("Zoë 山田 שלום", "Zoë 山田 שלום"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn markup_is_text() {
        let html = shown("<cwdb-action>\"&'").into_string();
        assert_eq!(html, "<span class=\"mf-text\">&lt;cwdb-action&gt;&quot;&amp;'</span>");
    }

    #[test]
    fn a_long_text_is_cut() {
        let long = "x".repeat(5_000);
        assert!(shown(&long).into_string().ends_with("xx</span> … and more"));
    }
}
