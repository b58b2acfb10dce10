//! Text of limited length, from outside, and for shells.

/// The beginning of a text, at most `limit` bytes, cut between characters.
pub(crate) fn clip(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// Whether a character could control a terminal (C0, DEL and C1), break a line, or change the direction of later text.
#[cfg(any(feature = "tables", feature = "pages"))]
pub(crate) fn is_control(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text as one word of any POSIX shell.
#[cfg(any(feature = "local", feature = "tables", feature = "pages"))]
pub(crate) fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::clip;

    #[cfg(feature = "tables")]
    #[test]
    fn a_quoted_text_is_one_word() {
        assert_eq!(super::shell_quoted("o'brien@example.com"), r"'o'\''brien@example.com'");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(clip("aé", 2), "a");
        assert_eq!(clip("aé", 3), "aé");
    }
}
