//! The keys that sender and stack share.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use serde_json::{Map, Value};

/// The longest id of a key, in bytes.
const ID_BYTES: usize = 32;

/// The id of a key: 1 to 32 ASCII letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// Reads an id; `None`: it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let is_id = (1..=ID_BYTES).contains(&text.len()) && text.bytes().all(is_part);
        is_id.then(|| Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key of HMAC-SHA256: the UTF-8 bytes of a text.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// The shortest key, in bytes; RFC 2104 advises against keys shorter than the digest.
    pub const MIN_BYTES: usize = 32;

    /// The key of a text; `None` if the text is shorter than [`Self::MIN_BYTES`].
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        (text.len() >= Self::MIN_BYTES).then(|| Self(hmac::Key::new(HMAC_SHA256, text.as_bytes())))
    }

    /// The HMAC-SHA256 of some bytes.
    pub(super) fn sign(&self, bytes: &[u8]) -> hmac::Tag {
        hmac::sign(&self.0, bytes)
    }

    /// Whether this is the HMAC-SHA256 of some bytes, compared in constant time.
    pub(super) fn verifies(&self, bytes: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.0, bytes, mac).is_ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The keys by their ids.
#[derive(Clone, Debug)]
pub struct Keys(BTreeMap<KeyId, Key>);

impl Keys {
    /// Reads a JSON object from ids to texts, such as `{"k1":"…","k2":"…"}`.
    ///
    /// A member that cannot be a key is left out, so that one slip does not make every link useless; `None` if no key is
    /// left.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        let members: Map<String, Value> = serde_json::from_str(json).ok()?;
        let keys = members.iter().filter_map(|(id, text)| Some((KeyId::parse(id)?, Key::new(text.as_str()?)?)));
        let keys: BTreeMap<_, _> = keys.collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The same, but an object in which no key is left ends all links; `None` if it is no object.
    #[must_use]
    pub fn of_secret(json: &str) -> Option<Self> {
        let is_object = || serde_json::from_str::<Map<String, Value>>(json).is_ok();
        Self::parse(json).or_else(|| is_object().then(|| Self(BTreeMap::new())))
    }

    /// The key with this id.
    #[must_use]
    pub fn get(&self, id: &KeyId) -> Option<&Key> {
        self.0.get(id)
    }

    /// The only key; `None` if there are several.
    #[must_use]
    pub fn only(&self) -> Option<(&KeyId, &Key)> {
        let mut keys = self.0.iter();
        keys.next().filter(|_| keys.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyId, Keys};

    const TEXT: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn what_is_no_key_is_left_out() {
        let usable = |json: &str| Keys::parse(json).map(|keys| keys.0.into_keys().collect::<Vec<_>>());
        let only = Some(KeyId::parse("k1").into_iter().collect::<Vec<_>>());
        assert_eq!(usable(&format!(r#"{{"k1":"{TEXT}","k 2":"{TEXT}","k3":5,"k4":"short"}}"#)), only);
        for json in ["", "5", "[]", "{}", r#"{"k1":"0123456789abcdef0123456789abcde"}"#, TEXT] {
            assert_eq!(usable(json), None, "{json}");
        }
        assert_eq!((KeyId::parse(""), KeyId::parse(&"k".repeat(33)), KeyId::parse("k\n")), (None, None, None));
    }

    #[test]
    fn a_debug_print_shows_no_key() {
        let keys = Keys::parse(&format!(r#"{{"k1":"{TEXT}"}}"#));
        assert_eq!(format!("{keys:?}"), r#"Some(Keys({KeyId("k1"): Key(..)}))"#);
    }
}
