//! Addresses as digests, such as those on SES's list: one million of them take 35 MB of memory.

use std::collections::HashSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::ses::SesReason;
use crate::address::Address;

/// The bytes of a digest.
const BYTES: usize = 16;

/// An address with a reason: the first bytes of SHA-256 over the key, the last bit replaced by the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Digest(u128);

impl Digest {
    pub(super) fn of(address: &Address, reason: SesReason) -> Self {
        let digest = digest(&SHA256, address.as_str().as_bytes());
        let bytes = digest.as_ref().iter().take(BYTES);
        let number = bytes.fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        let bit = match reason {
            SesReason::Bounce => 0,
            SesReason::Complaint => 1,
        };
        Self((number & !1) | bit)
    }

    /// An address, whatever the reason.
    pub(super) fn of_address(address: &Address) -> Self {
        Self::of(address, SesReason::Bounce).whatever_the_reason()
    }

    /// The same address, whatever the reason.
    pub(super) const fn whatever_the_reason(self) -> Self {
        Self(self.0 & !1)
    }
}

/// A set of addresses with their reasons.
#[derive(Debug, Default)]
pub(super) struct Digests(HashSet<Digest>);

impl Digests {
    pub(super) fn insert(&mut self, digest: Digest) {
        self.0.insert(digest);
    }

    pub(super) fn contains(&self, digest: Digest) -> bool {
        self.0.contains(&digest)
    }

    pub(super) fn extend(&mut self, digests: impl IntoIterator<Item = Digest>) {
        self.0.extend(digests);
    }

    /// Removes an address, whatever its reason.
    pub(super) fn remove(&mut self, digest: Digest) {
        let other = Digest(digest.0 ^ 1);
        self.0.remove(&digest);
        self.0.remove(&other);
    }

    /// The reasons with which an address is in the set.
    pub(super) fn reasons(&self, address: &Address) -> impl Iterator<Item = SesReason> {
        SesReason::ALL.into_iter().filter(|reason| self.0.contains(&Digest::of(address, *reason)))
    }

    /// All of them, in parts for the lines of a file.
    pub(super) fn parts(&self, size: usize) -> impl Iterator<Item = Vec<Digest>> {
        let mut all = self.0.iter().copied();
        std::iter::from_fn(move || {
            let part: Vec<Digest> = all.by_ref().take(size).collect();
            (!part.is_empty()).then_some(part)
        })
    }
}

/// Digests as text.
pub(super) fn encode(digests: &[Digest]) -> String {
    let bytes: Vec<u8> = digests.iter().flat_map(|digest| digest.0.to_be_bytes()).collect();
    STANDARD.encode(bytes)
}

/// Digests from their text; `None` if it is not one.
pub(super) fn decode(text: &str) -> Option<Vec<Digest>> {
    let bytes = STANDARD.decode(text).ok()?;
    let (digests, []) = bytes.as_chunks::<BYTES>() else { return None };
    Some(digests.iter().map(|digest| Digest(u128::from_be_bytes(*digest))).collect())
}

#[cfg(test)]
mod tests {
    use super::{Digest, Digests, decode, encode};
    use crate::address::Address;
    use crate::operator::ses::SesReason::{Bounce, Complaint};

    #[test]
    fn digests_are_read_as_they_were_written() {
        let addresses: Vec<Address> =
            ["a@example.com", "b@example.com"].into_iter().filter_map(Address::parse).collect();
        let digests: Vec<Digest> = addresses.iter().map(|address| Digest::of(address, Complaint)).collect();
        assert_eq!(decode(&encode(&digests)).as_ref(), Some(&digests));
        for wrong in ["?", "AA==", &encode(&digests)[1..]] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
        let mut seen = Digests::default();
        seen.extend(digests);
        for address in &addresses {
            assert_eq!(seen.reasons(address).collect::<Vec<_>>(), [Complaint]);
            seen.insert(Digest::of(address, Bounce));
            assert_eq!(seen.reasons(address).collect::<Vec<_>>(), [Bounce, Complaint]);
            assert_eq!(Digest::of(address, Complaint).whatever_the_reason(), Digest::of_address(address));
            seen.remove(Digest::of(address, Bounce));
            assert_eq!(seen.reasons(address).count(), 0);
        }
        assert_eq!(seen.parts(1_000).count(), 0);
    }
}
