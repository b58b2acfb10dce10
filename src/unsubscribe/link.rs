//! What a link says, and its bytes.

use std::fmt;

use super::{Key, KeyId, LinkScope};
use crate::address::{Address, addr_spec};
use crate::timestamp::Timestamp;

/// The first line of every payload.
const VERSION: &str = "1";
/// The longest address in a link, in bytes (RFC 3696, erratum 1690).
const ADDRESS_BYTES: usize = 254;
/// The most digits of a time, up to the year 9999.
const TIME_DIGITS: usize = 12;

/// What a link says: who leaves which mail, and when the link was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    address: Address,
    spelling: String,
    scope: LinkScope,
    made_at: Timestamp,
}

/// Why there is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// The text is not one address of at most 254 bytes.
    Address,
    /// The host is not a domain, or its name contains `unsubscribe`.
    Host,
    /// The header field would be longer than SES takes.
    TooLong,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "not an address of at most 254 bytes; give one, such as jane@example.com",
            Self::Host => {
                "not a host for links; give a domain without the word unsubscribe, which Tencent acts on at every click"
            }
            Self::TooLong => {
                "the header field is longer than 995 bytes, the most that SES takes; shorten scope or host"
            }
        })
    }
}

impl std::error::Error for LinkError {}

impl fmt::Debug for Link {
    /// Hides the address: a debug print may reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("scope", &self.scope).field("made_at", &self.made_at).finish_non_exhaustive()
    }
}

impl Link {
    /// A link for an address in any spelling; of the time, the seconds count.
    ///
    /// # Errors
    /// The text is not one address of at most 254 bytes.
    pub fn new(mailbox: &str, scope: LinkScope, made_at: Timestamp) -> Result<Self, LinkError> {
        let spelling = addr_spec(mailbox);
        // A text with several angle brackets may hold an address only once its outer parts are taken off.
        let is_bare = spelling.len() <= ADDRESS_BYTES && addr_spec(spelling) == spelling;
        let address = Address::parse(spelling).filter(|_| is_bare);
        let made_at = Timestamp::from_millis(made_at.seconds().saturating_mul(1_000)).unwrap_or(made_at);
        let address = address.ok_or(LinkError::Address)?;
        Ok(Self { address, spelling: spelling.to_owned(), scope, made_at })
    }

    /// The address, as the tables are keyed.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// The address as the sender spelled it.
    #[must_use]
    pub fn spelling(&self) -> &str {
        &self.spelling
    }

    /// The mail that the link leaves.
    #[must_use]
    pub const fn scope(&self) -> &LinkScope {
        &self.scope
    }

    /// When the link was made.
    #[must_use]
    pub const fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// The token: the payload and its HMAC-SHA256, each as base64url without padding, with a full stop in between.
    #[must_use]
    pub fn token(&self, id: &KeyId, key: &Key) -> String {
        super::token::signed(&self.payload(id), key)
    }

    /// The signed text: version, id of the key, Unix seconds, scope and address, separated by line feeds.
    fn payload(&self, id: &KeyId) -> String {
        format!("{VERSION}\n{}\n{}\n{}\n{}", id.as_str(), self.made_at.seconds(), self.scope, self.spelling)
    }

    /// Reads a payload; `None` if it is none.
    pub(super) fn of_payload(payload: &str) -> Option<(KeyId, Self)> {
        let mut lines = payload.split('\n');
        let (version, id, time) = (lines.next()?, lines.next()?, lines.next()?);
        let (scope, spelling) = (lines.next()?, lines.next()?);
        if version != VERSION || lines.next().is_some() || addr_spec(spelling) != spelling {
            return None;
        }
        let link = Self::new(spelling, LinkScope::parse(scope)?, unix_seconds(time)?).ok()?;
        Some((KeyId::parse(id)?, link))
    }
}

/// A time as payloads have it: Unix seconds without sign or leading zeros.
fn unix_seconds(text: &str) -> Option<Timestamp> {
    let is_plain = (1..=TIME_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: i64 = text.parse().ok().filter(|_| is_plain && (text == "0" || !text.starts_with('0')))?;
    Timestamp::from_millis(seconds.checked_mul(1_000)?)
}

#[cfg(test)]
mod tests {
    use super::Link;

    fn read(payload: &str) -> bool {
        Link::of_payload(payload).is_some()
    }

    #[test]
    fn a_payload_has_exactly_five_valid_lines() {
        let whole = "1\nk1\n1764000000\nlist:own:weekly\nJane@Example.com";
        assert!(read(whole));
        for (from, to) in [
            ("1\nk1", "2\nk1"),
            ("1\nk1", "\n1\nk1"),
            ("1\nk1", "01\nk1"),
            ("k1", ""),
            ("k1", "k 1"),
            ("1764000000", ""),
            ("1764000000", "+1764000000"),
            ("1764000000", "-1764000000"),
            ("1764000000", "01764000000"),
            ("1764000000", "1764000000000"),
            ("1764000000", "999999999999"),
            ("1764000000", "1764000000.5"),
            ("list:own:weekly", "*"),
            ("list:own:weekly", "list:own:we ekly"),
            ("Jane@Example.com", "Jane"),
            ("Jane@Example.com", "Jane@Example.com\n"),
            ("Jane@Example.com", "Jane@Example.com\r"),
            ("Jane@Example.com", " Jane@Example.com"),
            ("Jane@Example.com", "Jane <Jane@Example.com>"),
            ("Jane@Example.com", "jane@example.com,ann@example.com"),
        ] {
            assert!(!read(&whole.replace(from, to)), "{from:?} {to:?}");
        }
        assert!(!read(&whole.replace("Jane", &"j".repeat(250))));
        assert!(!read(&whole.replace("\nJane@Example.com", "")));
    }
}
