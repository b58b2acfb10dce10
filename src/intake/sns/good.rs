//! Certificates that have verified a message, as they outlive an instance.

use std::collections::BTreeMap;

use crate::timestamp::Timestamp;

/// How many are kept: SNS uses one a region at a time, and another while it changes it.
pub const KEPT: usize = 8;
/// How much later SNS must have given the same certificate for that to be written down, in milliseconds.
const WORTH_WRITING_MS: i64 = 12 * 60 * 60 * 1000;

/// A certificate that has verified a message.
///
/// Whoever keeps it needs not be trusted: what is read back must chain to the trust store at each use, as if SNS had just
/// served it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodCertificate {
    /// What its URL begins with, up to the hyphen: `https://sns.<region>.<suffix>/SimpleNotificationService-`.
    pub prefix: String,
    /// The 32 hex digits that follow.
    pub id: String,
    /// The certificate in PEM.
    pub pem: String,
    /// When SNS gave it last.
    pub fetched_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl GoodCertificate {
    /// The known certificates with fresh ones among them, at most [`KEPT`], those that expire last; `None` where nothing
    /// changes that is worth writing.
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
        kept.truncate(KEPT);
        let is_known = |one: &Self| known.contains(one);
        (kept.len() != known.len() || !kept.iter().all(is_known)).then_some(kept)
    }

    fn name(&self) -> (&str, &str) {
        (&self.prefix, &self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::{GoodCertificate, KEPT, Timestamp};

    fn good(id: u8, fetched: i64, expires: i64) -> GoodCertificate {
        let hours = |hours: i64| Timestamp::from_millis(hours.saturating_mul(3_600_000)).unwrap_or(Timestamp::MAX);
        let (prefix, id, pem) = ("https://".to_owned(), id.to_string(), "pem".to_owned());
        GoodCertificate { prefix, id, pem, fetched_at: hours(fetched), expires_at: hours(expires) }
    }

    #[test]
    fn only_what_is_new_or_half_a_day_later_is_written() {
        let known = [good(1, 0, 100)];
        assert_eq!(GoodCertificate::merged(&known, &known), None);
        assert_eq!(GoodCertificate::merged(&known, &[good(1, 11, 100)]), None);
        assert_eq!(GoodCertificate::merged(&known, &[good(1, 12, 100)]), Some(vec![good(1, 12, 100)]));
        let renewed = GoodCertificate { pem: "other".to_owned(), ..good(1, 1, 100) };
        assert_eq!(GoodCertificate::merged(&known, std::slice::from_ref(&renewed)), Some(vec![renewed]));
        assert_eq!(GoodCertificate::merged(&[], &known), Some(known.to_vec()));
    }

    #[test]
    fn those_that_expire_last_are_kept() {
        let many: Vec<_> = (0..12).map(|n| good(n, 0, 100 + i64::from(n))).collect();
        let kept = GoodCertificate::merged(&[], &many).unwrap_or_default();
        assert_eq!((kept.len(), kept.first(), kept.last()), (KEPT, many.last(), many.get(4)));
        assert_eq!(GoodCertificate::merged(&kept, &many[..1]), None, "an old one does not come back");
    }
}
