//! Tokens: a payload and its HMAC-SHA256.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Key, KeyId, Link};

/// The longest token, in bytes: one with the longest payload has 795.
const MAX_BYTES: usize = 800;

/// A token with a readable payload; its [`Link`] is hidden until it is verified.
pub struct UnverifiedToken {
    id: KeyId,
    payload: Vec<u8>,
    mac: Vec<u8>,
    link: Link,
}

/// `<payload>.<mac>`, both as base64url.
pub(super) fn signed(payload: &str, key: &Key) -> String {
    let mac = key.sign(payload.as_bytes());
    format!("{}.{}", URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(mac))
}

impl UnverifiedToken {
    /// Reads a token; `None` if it cannot be one, whatever the key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (payload, mac) = text.split_once('.').filter(|_| text.len() <= MAX_BYTES)?;
        let [payload, mac] = [payload, mac].map(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let (payload, mac) = (payload?, mac?);
        let (id, link) = Link::of_payload(str::from_utf8(&payload).ok()?)?;
        Some(Self { id, payload, mac, link })
    }

    /// The id of the key that it claims to be signed with.
    #[must_use]
    pub const fn key_id(&self) -> &KeyId {
        &self.id
    }

    /// The link, if the token was signed with this key.
    #[must_use]
    pub fn verify(self, key: &Key) -> Option<Link> {
        key.verifies(&self.payload, &self.mac).then_some(self.link)
    }
}
