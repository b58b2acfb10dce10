//! The id of an event: the same across retries and transports.

use std::fmt::{self, Write};

use aws_lc_rs::digest::{SHA256, digest};

/// 32 lower-case hex digits: the first half of the SHA-256 over a tuple of provider facts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(String);

impl EventId {
    /// The id of a tuple, each element as a netstring (`<byte length>:<bytes>,`), an absent or empty one as `-`.
    ///
    /// The provider modules define the tuples. They hold facts as reported, never the time of receipt or the raw body,
    /// so that a redelivery and a second transport give the same id.
    #[must_use]
    pub fn of(tuple: &[Option<&str>]) -> Self {
        Self::of_elements(tuple.iter().copied())
    }

    /// A placeholder id, for what several events have in common.
    pub(crate) const fn pending() -> Self {
        Self(String::new())
    }

    /// The id of an event as a record contains it.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The id of a tuple given element by element.
    pub(crate) fn of_elements<'a>(tuple: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut netstrings = String::with_capacity(256);
        for element in tuple {
            // Writing to a String cannot fail.
            let _ = match element.filter(|text| !text.is_empty()) {
                None => write!(netstrings, "-"),
                Some(text) => write!(netstrings, "{}:{text},", text.len()),
            };
        }
        let mut hex = digest_hex(netstrings.as_bytes());
        hex.truncate(32);
        Self(hex)
    }

    /// The 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first two hex digits, which distribute records without an address over partitions.
    #[must_use]
    pub fn shard(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SHA-256 of some bytes in hex: the identity of an element that names no event.
#[must_use]
pub fn digest_hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().copied().fold(String::with_capacity(64), push_hex)
}

fn push_hex(mut text: String, byte: u8) -> String {
    text.extend([byte >> 4, byte & 0x0f].into_iter().filter_map(|digit| char::from_digit(u32::from(digit), 16)));
    text
}

#[cfg(test)]
mod tests {
    use super::{EventId, digest_hex};

    #[test]
    fn the_digest_is_that_of_the_netstrings() {
        let id = EventId::of(&[Some("ses"), Some("é"), None, Some("")]);
        let expected = digest_hex("3:ses,2:é,--".as_bytes());
        assert_eq!(Some(id.as_str()), expected.get(..32));
        assert_eq!(id.as_str(), "e49a165f016a7a2f43e0f34bff05ae36", "as any other SHA-256 says");
    }

    #[test]
    fn elements_do_not_run_into_each_other() {
        let one = EventId::of(&[Some("a"), Some("b")]);
        let other = EventId::of(&[Some("ab"), None]);
        let third = EventId::of(&[Some("a"), Some("b"), None]);
        assert_ne!(one, other);
        assert_ne!(one, third);
    }
}
