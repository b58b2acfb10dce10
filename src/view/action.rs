//! The JSON in a `cwdb-action`, which CloudWatch passes to a function in the viewer's name.

use std::fmt::Write;

use maud::PreEscaped;

/// Fields as a JSON object that no reading of the surrounding HTML can change: whether CloudWatch takes the text of the
/// element, its markup, or searches the answer before it is parsed, is not documented. So every character but plain ASCII,
/// and each that HTML or an attribute knows, is a `\u` escape.
pub(super) fn json<'f>(fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> PreEscaped<String> {
    let mut json = String::from("{");
    for (at, (name, value)) in fields.into_iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        push_text(&mut json, name);
        json.push(':');
        push_text(&mut json, value);
    }
    json.push('}');
    PreEscaped(json)
}

fn push_text(json: &mut String, text: &str) {
    json.push('"');
    let mut units = [0_u16; 2];
    for char in text.chars() {
        if matches!(char, ' '..='~') && !matches!(char, '"' | '\\' | '<' | '>' | '&' | '\'' | '`') {
            json.push(char);
        } else {
            for unit in char.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(json, "\\u{unit:04x}");
            }
        }
    }
    json.push('"');
}

/// A text for the confirmation of an action: how the console reads that is not documented, so every character but those
/// that no reading knows is its code.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii_alphanumeric() || "@._+:*/-".contains(char) {
            plain.push(char);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(plain, "(U+{:04X})", u32::from(char));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{json, plain};

    #[test]
    fn a_confirmation_has_no_sign_of_any_markup() {
        let usual = "list:own:week-1/*_jane+x@example.com";
        assert_eq!(plain(usual), usual);
        assert_eq!(plain("<b>\"${x}'`"), "(U+003C)b(U+003E)(U+0022)(U+0024)(U+007B)x(U+007D)(U+0027)(U+0060)");
        assert_eq!(plain("é\u{202e} "), "(U+00E9)(U+202E)(U+0020)");
    }

    #[test]
    fn the_fields_come_back_and_nothing_else_is_in_it() {
        let hostile = "</cwdb-action><img src=x onerror=\"alert('1')\">&quot;\\\u{202e}\u{1f600}\n";
        let written = json([("address", hostile), ("page", "address")]).0;
        assert!(written.chars().all(|char| matches!(char, ' '..='~') && !"<>&'`".contains(char)), "{written}");
        let read: serde_json::Value = serde_json::from_str(&written).unwrap_or_default();
        assert_eq!(read, serde_json::json!({"address": hostile, "page": "address"}));
        assert_eq!(json([]).0, "{}");
    }
}
