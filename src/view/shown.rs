//! Text from outside, as text.

use std::fmt::Write;

use maud::{Markup, html};

use crate::text::{clip, is_control};

/// The most bytes of one text that a page shows.
pub(super) const SHOWN_BYTES: usize = 2_048;

/// Whether a character has no shape of its own, so that texts which differ can look the same.
const fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
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
    let more = text.len().saturating_sub(part.len());
    html! {
        span.mf-text { (visible(part)) }
        @if more > 0 { " … and " (more) " more bytes" }
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
        let html = shown(&"x".repeat(5_000)).into_string();
        assert!(html.ends_with("</span> … and 2952 more bytes"), "{html}");
    }
}
