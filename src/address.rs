//! The normalized e-mail address that both tables are keyed by.

use std::borrow::Cow;
use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

/// The longest address, in bytes (RFC 5321 path limit of 256 less the angle brackets; RFC 3696 erratum 1690).
const MAX_BYTES: usize = 254;
/// The longest domain, in bytes (RFC 1035, less the length bytes of the wire form).
const MAX_DOMAIN_BYTES: usize = 253;
/// Longer raw text is refused before any Unicode processing.
const MAX_RAW_BYTES: usize = 1024;

/// Label separators: UTS 46 maps each to a full stop.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// A normalized address: every spelling of one mailbox has the same one.
///
/// The domain is in lower-case A-labels without a trailing dot ([`normalize_domain`]); the local part in NFC, lower
/// case, NFC again. `+tag` and dots are kept. A quoted local part that needs no quotes loses them (RFC 5321, 4.1.2);
/// any other is kept as it is. A sender in another language computes the same key with its own NFC and lower-case
/// functions and an IDNA (UTS 46) library, for every character that both its library and this one know.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

impl Address {
    /// Normalizes an address, bare or as `"Name" <a@b>`.
    ///
    /// `None` without `@`, a local part or a valid domain; with control characters; above 254 bytes; or if the text is
    /// a list or sentence rather than one address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let spec = addr_spec(text);
        if spec.len() > MAX_RAW_BYTES || spec.chars().any(char::is_control) {
            return None;
        }
        let (local, domain) = spec.rsplit_once('@')?;
        let mut local = normalize_local(local)?;
        let domain = normalize_domain(domain)?;
        local.reserve_exact(domain.len().saturating_add(1));
        local.push('@');
        local.push_str(&domain);
        (local.len() <= MAX_BYTES).then_some(Self(local))
    }

    /// The key, as stored in the tables.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain in lower-case A-labels.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Debug for Address {
    /// Hides the address: a debug print may reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

/// The address part of a mailbox: `a@b` of `"Name" <a@b>`; otherwise the trimmed text.
#[must_use]
pub fn addr_spec(text: &str) -> &str {
    let text = trim(text);
    let Some((inner, comment)) = text.rsplit_once('>').filter(|(_, comment)| !comment.contains('@')) else {
        return text;
    };
    let mut quoted = false;
    let mut escaped = false;
    for (at, char) in inner.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => return trim(after(inner, at)),
            _ => {}
        }
    }
    let unbalanced = inner.rfind('<').filter(|_| quoted && comment.is_empty());
    unbalanced.map_or(text, |at| trim(after(inner, at)))
}

/// Trims white space as Unicode and Python define it: Python also counts U+001C to U+001F.
fn trim(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || matches!(char, '\u{1c}'..='\u{1f}'))
}

/// A local part as keys have it; `None` if it is not one, or several.
fn normalize_local(local: &str) -> Option<String> {
    // Checked after normalization: NFC turns the Greek question mark into a semicolon.
    let unquoted = unquote(local).map(|content| fold(&content)).filter(|content| is_plain(content));
    unquoted.or_else(|| Some(fold(local)).filter(|local| is_plain(local) || is_quoted(local)))
}

/// Applies NFC and lower case, then NFC again, which lower-casing may undo.
fn fold(local: &str) -> String {
    // Nearly all are ASCII, which is already NFC.
    if local.is_ascii() {
        return local.to_ascii_lowercase();
    }
    local.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// The text between the quotes, unescaped; `None` unless the quotes are exactly one pair.
fn unquote(local: &str) -> Option<String> {
    let quoted = local.strip_prefix('"')?.strip_suffix('"')?;
    let mut content = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(char) = chars.next() {
        content.push(match char {
            '"' => return None,
            '\\' => chars.next()?,
            char => char,
        });
    }
    Some(content)
}

/// Whether a local part is quoted, which allows any character.
fn is_quoted(local: &str) -> bool {
    local.len() > 1 && local.starts_with('"') && local.ends_with('"')
}

/// Whether a local part is not empty and has no character that separates addresses or words.
fn is_plain(local: &str) -> bool {
    let separates =
        |char: char| char.is_whitespace() || matches!(char, ',' | ';' | ':' | '<' | '>' | '(' | ')' | '@' | '"');
    !local.is_empty() && !local.contains(separates)
}

/// What follows the one-byte character at `at`.
fn after(text: &str, at: usize) -> &str {
    text.get(at.saturating_add(1)..).unwrap_or_default()
}

/// A domain in lower-case A-labels without a trailing dot; `None` if the text gives no domain of at most 253 bytes.
///
/// Each label is handled separately. A label that is ASCII, or that UTS 46 maps to ASCII, is kept in lower case, even
/// if UTS 46 rejects it as an invalid encoding: DNS has such names, and they receive mail. Any other label is mapped
/// and encoded by UTS 46 (non-transitional, with its rules for combining marks, joiners and direction), so that the
/// Unicode and the ASCII spelling have one key. No label may be empty or contain a character that URLs forbid in a
/// domain. An address literal such as `[192.0.2.1]` is kept in lower case.
#[must_use]
pub fn normalize_domain(domain: &str) -> Option<String> {
    let domain = trim(domain);
    if domain.len() > MAX_RAW_BYTES {
        return None;
    }
    let name = domain.to_ascii_lowercase();
    if name.starts_with('[') && name.ends_with(']') {
        let plain = name.bytes().all(|byte| byte.is_ascii_graphic());
        return (plain && name.len() <= MAX_DOMAIN_BYTES).then_some(name);
    }
    if name.contains(is_forbidden) {
        return None;
    }
    let mut name = name;
    if name.ends_with(DOTS) {
        name.pop();
    }
    if !name.is_ascii() {
        let labels: Option<Vec<_>> = name.split(DOTS).map(encode).collect();
        name = labels?.join(".");
    }
    (name.len() <= MAX_DOMAIN_BYTES && name.split('.').all(|label| !label.is_empty())).then_some(name)
}

/// Whether URLs forbid an ASCII character in a domain.
const fn is_forbidden(char: char) -> bool {
    char.is_ascii_control()
        || matches!(char, ' ' | '%' | '#' | '/' | ':' | '<' | '>' | '?' | '@' | '[' | '\\' | ']' | '^' | '|')
}

/// A label in ASCII.
fn encode(label: &str) -> Option<Cow<'_, str>> {
    if label.is_ascii() {
        return Some(Cow::Borrowed(label));
    }
    // Behind a letter, `xn--` is not decoded: what maps to ASCII is only mapped, so a full-width `xn--` equals the
    // ASCII one.
    if let Some(mapped) = to_ascii(&["a", label].concat()).as_deref().and_then(|mapped| mapped.strip_prefix('a')) {
        return Some(Cow::Owned(mapped.to_owned()));
    }
    to_ascii(label).filter(|label| !label.contains('.'))
}

fn to_ascii(label: &str) -> Option<Cow<'_, str>> {
    Uts46::new().to_ascii(label.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Ignore).ok()
}

/// The domain of a mailbox in any spelling, for senders.
#[must_use]
pub fn domain_of(mailbox: &str) -> Option<String> {
    let (_, domain) = addr_spec(mailbox).rsplit_once('@')?;
    normalize_domain(domain)
}

#[cfg(test)]
mod tests {
    use super::{Address, addr_spec, normalize_domain};

    fn key(text: &str) -> Option<String> {
        Address::parse(text).map(|address| address.as_str().to_owned())
    }

    #[test]
    fn spellings_of_one_mailbox_have_one_key() {
        let cases = [
            ("User@Example.COM", "user@example.com"),
            ("  user@example.com. ", "user@example.com"),
            ("\"Doe, John\" <John.Doe+tag@Example.com>", "john.doe+tag@example.com"),
            ("\"a <b@c>\" <d@example.com>", "d@example.com"),
            ("John <test@example.com>", "test@example.com"),
            ("<test@example.com> (John)", "test@example.com"),
            ("<a@example.com>", "a@example.com"),
            ("user@BÜCHER.example", "user@xn--bcher-kva.example"),
            ("user@bu\u{308}cher.example", "user@xn--bcher-kva.example"),
            ("user@例え。テスト", "user@xn--r8jz45g.xn--zckzah"),
            ("JOSE\u{301}@example.com", "jos\u{e9}@example.com"),
            ("\"John Doe\"@example.com", "\"john doe\"@example.com"),
            ("\"a@b\"@example.com", "\"a@b\"@example.com"),
            ("user@[192.0.2.1]", "user@[192.0.2.1]"),
            ("user@under_score.example.com", "user@under_score.example.com"),
            ("Jane@365.XN--5DBQZZL.com", "jane@365.xn--5dbqzzl.com"),
            ("x@xn--abc-.example.com", "x@xn--abc-.example.com"),
            ("x@xn--abc-.b\u{fc}cher.example", "x@xn--abc-.xn--bcher-kva.example"),
            ("x@\u{ff58}\u{ff4e}--abc-.example.com", "x@xn--abc-.example.com"),
            ("\"test.\"@docomo.example", "test.@docomo.example"),
            ("\"T\\est.\"@docomo.example", "test.@docomo.example"),
            ("\"a\\\"b\"@example.com", "\"a\\\"b\"@example.com"),
            ("\"a\\\"@example.com", "\"a\\\"@example.com"),
        ];
        for (text, expected) in cases {
            assert_eq!(key(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn an_invalid_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        let lists = [
            "a@x.com, b@y.com",
            "a@x.com;c@d.com",
            "\"A\" <a@b.com>, \"C\" <c@d.com>",
            "mail a@x.com",
            "a b@x.com",
            "a\u{37e}b@x.com",
        ];
        for text in lists {
            assert_eq!(key(text), None, "{text:?}");
        }
        let refused = ["", "user", "@example.com", "user@", "user@.", "user@a..b", "a\u{0}b@example.com", "a\nb@c.d"];
        for text in refused.iter().copied().chain([long.as_str()]) {
            assert_eq!(key(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_domain_has_at_most_253_bytes() {
        let of =
            |bytes: usize| "a.".repeat(127).get(..bytes).map(str::to_owned).and_then(|text| normalize_domain(&text));
        assert_eq!(of(253).map(|domain| domain.len()), Some(253));
        assert_eq!(of(254).map(|domain| domain.len()), Some(253), "without the trailing dot");
        assert_eq!(normalize_domain(&"a.".repeat(130)), None);
        assert_eq!(normalize_domain(&format!("{}b", "é.".repeat(40))), None, "once spelled in A-labels");
        assert_eq!(normalize_domain(&format!("[{}]", "1".repeat(252))), None);
    }

    #[test]
    fn the_spelling_keeps_its_case() {
        assert_eq!(addr_spec("Jane <Jane.Doe@Example.com>"), "Jane.Doe@Example.com");
        assert_eq!(addr_spec("unbalanced \" <a@example.com>"), "a@example.com");
    }
}
