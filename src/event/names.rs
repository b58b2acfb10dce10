//! Names that scopes are made of.

/// The longest name, in bytes.
const NAME_BYTES: usize = 64;

/// The name of a tenant of Amazon SES.
///
/// At most 64 of `A-Z`, `a-z`, `0-9`, `_` and `-`:
/// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateTenant.html>. Its case is kept: whether SES tells
/// `Acme` from `acme` is not documented, and one spelling for both could join two tenants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant(String);

impl Tenant {
    /// Reads a name; `None` where no tenant can have it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_name(text).then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The stream that a mail belongs to: `marketing`, `transactional` …, as the sender divides its mail.
///
/// At most 64 of `a-z`, `0-9`, `_` and `-`; upper case is read as lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream(String);

impl Stream {
    /// Reads a name; `None`: it is no stream.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_name(text).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A list of the sender's own, which goes with every provider.
///
/// At most 64 of `A-Z`, `a-z`, `0-9`, `_` and `-`; its case is kept, as in every scope of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnList(String);

impl OwnList {
    /// Reads a name; `None`: it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_name(text).then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is 1 to 64 ASCII letters, digits, `_` and `-`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=NAME_BYTES).contains(&text.len()) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{OwnList, Stream, Tenant};

    #[test]
    fn a_tenant_and_a_list_keep_their_case_and_a_stream_does_not() {
        let longest = "x".repeat(64);
        for name in ["Acme", "acme", "a_B-9", &longest] {
            assert_eq!(Tenant::parse(name).as_ref().map(Tenant::as_str), Some(name));
            assert_eq!(OwnList::parse(name).as_ref().map(OwnList::as_str), Some(name));
            assert_eq!(Stream::parse(name).as_ref().map(Stream::as_str), Some(name.to_lowercase().as_str()));
        }
    }

    #[test]
    fn anything_else_is_no_name() {
        // The last but one is the sign of kelvin, whose lower case is a `k`.
        for text in ["", " ", "a b", " a", "a:b", "a.b", "ä", "\u{212a}", &"x".repeat(65)] {
            assert_eq!((Tenant::parse(text), OwnList::parse(text), Stream::parse(text)), (None, None, None), "{text}");
        }
    }
}
