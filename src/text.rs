//! Text of limited length, and for shells.

/// The beginning of a text, at most `limit` bytes, cut between characters.
pub(crate) fn clip(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// A text as one word of any POSIX shell.
#[cfg(any(feature = "local", feature = "operator"))]
pub(crate) fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::clip;

    #[cfg(feature = "operator")]
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
