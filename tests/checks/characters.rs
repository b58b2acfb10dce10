//! Puts every character of Unicode 14 in several places of an address.
//!
//! Later characters are omitted: Python 3.11 does not know them, and does not lower-case their capitals.

use mail_feedback::address::Address;

/// The places, each marked by `*`. A place in which a character is invalid hides the other places in its address.
pub const PATTERNS: [&str; 12] = [
    // At the beginning and the end, and alone between letters with and without case.
    "*x*@b.example",
    // Around a sigma, which has another form at the end of a word.
    "AΣ*!*Σ!AΣ*A!\u{5d0}*Σ@b.example",
    // Next to combining marks, in canonical order and out of it.
    "A*\u{301}!A\u{323}*!A*\u{327}\u{301}!*\u{345}@b.example",
    "\"\\*a\"@b.example",
    "\"*a\\\"\"@b.example",
    "x@*a.example",
    "x@A*\u{301}.example",
    "x@bΣ*.example",
    // Next to right-to-left letters that join each other.
    "x@\u{5d0}*.example",
    "x@\u{628}\u{200c}*.example",
    "x@a*\u{200d}b.example",
    "x@b.example*",
];

/// Characters whose properties changed in later versions of Unicode: whether one is a cased letter, next to a sigma, or
/// its form next to right-to-left letters.
const CHANGED: [char; 5] = ['\u{295}', '\u{1b3a}', '\u{1b3c}', '\u{1b42}', '\u{1171e}'];

/// The keys of all characters in each place.
pub type Keys = Vec<Vec<Option<String>>>;

/// The first and the last character of each range.
pub type Ranges = Vec<(char, char)>;

/// The characters of ranges.
fn all(ranges: &Ranges) -> impl Iterator<Item = char> {
    ranges.iter().flat_map(|(first, last)| *first..=*last)
}

/// The keys that the library computes.
pub fn keys(ranges: &Ranges) -> Keys {
    let key = |text: &str| Address::parse(text).map(|address| address.as_str().to_owned());
    PATTERNS
        .map(|pattern| all(ranges).map(|char| key(&pattern.replace('*', char.encode_utf8(&mut [0; 4])))).collect())
        .into()
}

/// The number of addresses on which both agree, or at most a hundred lines about those on which they must agree but do
/// not.
pub fn compare(ranges: &Ranges, library: &Keys, other: &Keys) -> Result<usize, String> {
    let mut agreed = 0_usize;
    let mut differences = Vec::new();
    for ((pattern, library), other) in PATTERNS.iter().zip(library).zip(other) {
        if library.len() != other.len() {
            return Err(format!("{} keys instead of {}", other.len(), library.len()));
        }
        for ((char, library), other) in all(ranges).zip(library).zip(other) {
            if library == other {
                agreed = agreed.saturating_add(1);
            } else if !CHANGED.contains(&char) {
                differences.push(format!(
                    "{:?} in {pattern:?}: {other:?}, and not {library:?}",
                    char.escape_unicode().to_string()
                ));
            }
        }
    }
    differences.truncate(100);
    if differences.is_empty() && library.len() == other.len() { Ok(agreed) } else { Err(differences.join("\n")) }
}
