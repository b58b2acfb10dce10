//! The two header fields of a mail.

use std::fmt;

use super::{Key, KeyId, Link, LinkError};
use crate::address::normalize_domain;

/// What a mail client posts, and the whole value of the header field `List-Unsubscribe-Post` (RFC 8058, section 3.1).
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";
/// The path of every link, before its token. It must not contain `unsubscribe`: Tencent takes a click on such a URL, also
/// a scanner's, for an unsubscribe from the whole domain.
pub const PATH: &str = "/u/";
/// The longest value of a header field that SES takes, in bytes.
pub const HEADER_BYTES: usize = 995;

/// The word that neither path nor host may contain.
const TRIGGER: &str = "unsubscribe";

/// The two header fields of a mail; its DKIM signature must cover both.
#[derive(Clone, PartialEq, Eq)]
pub struct Headers {
    /// The value of `List-Unsubscribe`: the link in angle brackets.
    pub list_unsubscribe: String,
    /// The value of `List-Unsubscribe-Post`.
    pub list_unsubscribe_post: &'static str,
}

impl fmt::Debug for Headers {
    /// Hides the link: a debug print may reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers").finish_non_exhaustive()
    }
}

/// The header fields of a mail with this link, on a host such as `u.example.com`.
///
/// # Errors
/// The host is not a domain or contains `unsubscribe`, or the field would be longer than [`HEADER_BYTES`].
pub fn headers(host: &str, link: &Link, id: &KeyId, key: &Key) -> Result<Headers, LinkError> {
    let host = normalize_domain(host).filter(|host| !host.contains(TRIGGER)).ok_or(LinkError::Host)?;
    let list_unsubscribe = format!("<https://{host}{PATH}{}>", link.token(id, key));
    if list_unsubscribe.len() > HEADER_BYTES {
        return Err(LinkError::TooLong);
    }
    Ok(Headers { list_unsubscribe, list_unsubscribe_post: ONE_CLICK })
}
