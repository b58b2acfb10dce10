//! Where signatures over a SHA-1 digest are accepted.

use super::Door;
use super::certificate::Digest;
use crate::label::labelled;

labelled! {
    /// At which doors SHA-1 is accepted in addition to SHA-256; the values of `SNS_ALLOW_SHA1`.
    pub enum Sha1 {
        /// Where IAM decides who may call: in Lambda events and queues.
        Iam = "iam",
        /// At every door.
        All = "all",
        /// Nowhere.
        None = "none",
    }
}

/// A version that `SignatureVersion` of a message may name.
#[derive(Clone, Copy)]
enum Version {
    /// SHA-1.
    One,
    /// SHA-256.
    Two,
}

impl Sha1 {
    /// Reads a setting, including `true` and `false` for `all` and `none`.
    #[must_use]
    pub fn from_setting(value: &str) -> Option<Self> {
        match value {
            "true" => Some(Self::All),
            "false" => Some(Self::None),
            label => Self::from_label(label),
        }
    }

    /// The digests to try for a message with this label from this door; if there are none, the label is refused.
    ///
    /// For a topic with version 2, SNS signs Lambda events with SHA-256 and yet labels them 1. That was observed once
    /// and is not documented, so such an event may also be signed with SHA-1. Trying both digests is safe, since the
    /// padding of an RSA signature names its digest.
    pub(super) fn digests(self, label: &str, door: Door) -> &'static [Digest] {
        let version = match label {
            "1" => Version::One,
            "2" => Version::Two,
            _ => return &[],
        };
        match (version, door, self) {
            (Version::Two, Door::Lambda | Door::Queue | Door::Https, Self::Iam | Self::All | Self::None)
            | (Version::One, Door::Lambda | Door::Queue, Self::None) => &[Digest::Sha256],
            (Version::One, Door::Lambda | Door::Queue, Self::Iam | Self::All) => &[Digest::Sha256, Digest::Sha1],
            (Version::One, Door::Https, Self::All) => &[Digest::Sha1],
            (Version::One, Door::Https, Self::Iam | Self::None) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sha1;

    #[test]
    fn the_old_values_keep_their_meaning() {
        let read = ["iam", "all", "none", "true", "false"].map(Sha1::from_setting);
        let meant = [Sha1::Iam, Sha1::All, Sha1::None, Sha1::All, Sha1::None].map(Some);
        assert_eq!(read, meant);
        assert!(["", "1", "IAM", "True", "yes"].into_iter().all(|value| Sha1::from_setting(value).is_none()));
    }
}
