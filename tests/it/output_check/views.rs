//! A text in every readable form: as it is, and with every encoding undone.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;

use super::vocabulary;

/// How deep escapes may be nested: JSON in JSON in the debug print of a text.
const NESTED: usize = 4;
/// The shortest run of digits that may be encoded text.
const SHORTEST_RUN: usize = 8;

/// Every reading of a text, in lower case.
pub fn of(text: &str) -> Vec<String> {
    let plain = readings(text);
    let hidden: Vec<String> = plain.iter().flat_map(|reading| decoded(reading)).flat_map(|it| readings(&it)).collect();
    let all: BTreeSet<String> = plain.iter().chain(&hidden).map(|reading| reading.to_lowercase()).collect();
    all.into_iter().collect()
}

/// A text as it is, unescaped, and percent-decoded.
fn readings(text: &str) -> Vec<String> {
    let mut all = vec![text.to_owned()];
    for _ in 0..NESTED {
        let last = &all[all.len() - 1];
        let next = unescaped(last);
        if next == *last {
            break;
        }
        all.push(next);
    }
    let percent = all.iter().filter(|reading| reading.contains('%'));
    let percent: Vec<String> = percent.map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned()).collect();
    all.extend(percent);
    all
}

/// A text without the escapes of JSON and of Rust's debug print.
fn unescaped(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let (character, used) = escape(after);
        out.extend(character);
        rest = &after[used..];
    }
    out + rest
}

/// The character of an escape, and how many bytes it takes after its backslash.
fn escape(after: &str) -> (Option<char>, usize) {
    let hex = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    match after.as_bytes().first() {
        Some(b'u') if after.starts_with("u{") => {
            let end = after.find('}').unwrap_or(1);
            (hex(&after[2..end.max(2)]), end + 1)
        }
        Some(b'u') if after.len() >= 5 && after.is_char_boundary(5) => (hex(&after[1..5]), 5),
        Some(b'x') if after.len() >= 3 && after.is_char_boundary(3) => (hex(&after[1..3]), 3),
        Some(b'n' | b'r' | b't') => (Some(' '), 1),
        _ => (None, 0),
    }
}

/// The text encoded in base64, in hexadecimal digits, and in lists of bytes.
fn decoded(text: &str) -> Vec<String> {
    let mut found = byte_lists(text);
    let is_digit = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    // The function's own words are not encoded text.
    let unknown = |run: &&str| run.len() >= SHORTEST_RUN && !vocabulary::contains(&run.to_lowercase());
    for run in text.split(|c| !is_digit(c)).filter(unknown) {
        let run = run.replace('-', "+").replace('_', "/");
        // A run may have a prefix, so its groups of four may begin at any of four places.
        for start in 0..4 {
            let groups = &run[start..];
            let whole = &groups[..groups.len() - usize::from(groups.len() % 4 == 1)];
            found.extend(STANDARD_NO_PAD.decode(whole).ok().map(lossy));
            found.extend(STANDARD_NO_PAD.decode(&whole[..whole.len() / 4 * 4]).ok().map(lossy));
        }
    }
    for run in text.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= SHORTEST_RUN) {
        for start in 0..2 {
            let digits: Vec<&str> = (start..run.len() - 1).step_by(2).map(|at| &run[at..at + 2]).collect();
            found.push(lossy(digits.iter().filter_map(|two| u8::from_str_radix(two, 16).ok()).collect::<Vec<u8>>()));
        }
    }
    found
}

/// The debug print of bytes: `[106, 97, 110, 101]`.
fn byte_lists(text: &str) -> Vec<String> {
    let lists = text.split('[').skip(1).filter_map(|rest| Some(rest.split_once(']')?.0));
    let bytes =
        lists.filter_map(|list| list.split(',').map(|byte| byte.trim().parse().ok()).collect::<Option<Vec<u8>>>());
    bytes.filter(|bytes| bytes.len() >= SHORTEST_RUN / 2).map(lossy).collect()
}

fn lossy(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}
