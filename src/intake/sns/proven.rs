//! Certificates that have verified a message, in the form that is stored for later instances.

use std::collections::BTreeMap;

use crate::timestamp::Timestamp;

/// The most certificates stored: SNS uses one per region at a time, and a second one during a changeover.
pub const MAX_PROVEN: usize = 8;
/// How much later a certificate must have been fetched again for the new time to be worth storing, in milliseconds.
const WORTH_WRITING_MS: i64 = 12 * 60 * 60 * 1000;

/// A certificate that has verified a message.
///
/// Its storage need not be trusted: what is read back must chain to the trust store at each use, as if SNS had just
/// served it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenCertificate {
    /// The beginning of its URL, up to the hyphen: `https://sns.<region>.<suffix>/SimpleNotificationService-`.
    pub prefix: String,
    /// The 32 hex digits that follow.
    pub id: String,
    /// The certificate in PEM.
    pub pem: String,
    /// When it was last fetched from SNS.
    pub fetched_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl ProvenCertificate {
    /// Merges fresh certificates into the known ones and keeps the [`MAX_PROVEN`] that expire last; `None` if the
    /// change is not worth writing.
    #[must_use]
    pub fn merged(known: &[Self], fresh: &[Self]) -> Option<Vec<Self>> {
        let mut all: BTreeMap<_, &Self> = known.iter().map(|one| (one.name(), one)).collect();
        for one in fresh {
            let is_newer = |other: &&Self| {
                one.pem != other.pem || one.fetched_at.millis_since(other.fetched_at) >= WORTH_WRITING_MS
            };
            if all.get(&one.name()).is_none_or(is_newer) {
                all.insert(one.name(), one);
            }
        }
        let mut kept: Vec<Self> = all.into_values().cloned().collect();
        kept.sort_by_key(|one| std::cmp::Reverse(one.expires_at));
        kept.truncate(MAX_PROVEN);
        let is_known = |one: &Self| known.contains(one);
        (kept.len() != known.len() || !kept.iter().all(is_known)).then_some(kept)
    }

    fn name(&self) -> (&str, &str) {
        (&self.prefix, &self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_PROVEN, ProvenCertificate, Timestamp};

    fn good(id: u8, fetched: i64, expires: i64) -> ProvenCertificate {
        let hours = |hours: i64| Timestamp::from_millis(hours.saturating_mul(3_600_000)).unwrap_or(Timestamp::MAX);
        let (prefix, id, pem) = ("https://".to_owned(), id.to_string(), "pem".to_owned());
        ProvenCertificate { prefix, id, pem, fetched_at: hours(fetched), expires_at: hours(expires) }
    }

    #[test]
    fn only_what_is_new_or_half_a_day_later_is_written() {
        let known = [good(1, 0, 100)];
        assert_eq!(ProvenCertificate::merged(&known, &known), None);
        assert_eq!(ProvenCertificate::merged(&known, &[good(1, 11, 100)]), None);
        assert_eq!(ProvenCertificate::merged(&known, &[good(1, 12, 100)]), Some(vec![good(1, 12, 100)]));
        let renewed = ProvenCertificate { pem: "other".to_owned(), ..good(1, 1, 100) };
        assert_eq!(ProvenCertificate::merged(&known, std::slice::from_ref(&renewed)), Some(vec![renewed]));
        assert_eq!(ProvenCertificate::merged(&[], &known), Some(known.to_vec()));
    }

    #[test]
    fn those_that_expire_last_are_kept() {
        let many: Vec<_> = (0..12).map(|n| good(n, 0, 100 + i64::from(n))).collect();
        let kept = ProvenCertificate::merged(&[], &many).unwrap_or_default();
        assert_eq!((kept.len(), kept.first(), kept.last()), (MAX_PROVEN, many.last(), many.get(4)));
        assert_eq!(ProvenCertificate::merged(&kept, &many[..1]), None, "an old one does not come back");
    }
}
