//! Folding: a reason reported for too many scopes applies to every send.
//!
//! A record is one item, and DynamoDB accepts at most 400 KB. Anybody who may report or decide can name any number of
//! scopes, so above a limit the record no longer keeps them apart. It errs on the safe side: the reason applies to
//! every send, without expiry, until somebody lifts it for `*`.
//!
//! The same reports give the same answers in any order. The set of scopes of a reason only grows, so whether it is
//! folded depends only on the set of reports. A folded reason applies if and only if its latest suppression in any
//! scope is not older than its latest lift for `*`; every entry keeps the time of its latest suppression, so that this
//! is always known. Lifts of one scope and expiries do not count, whenever they came.
//!
//! Only people lift for `*`, and they decide on what they see: a lift from before the reason was folded was not about
//! the single scopes, and does not end them now.

use std::collections::BTreeMap;

use super::{Entry, Scope, SuppressionRecord};
use crate::event::Reason;

/// For how many scopes other than `*` a record keeps a reason apart.
pub const MAX_SCOPES: usize = 100;
/// The total bytes of their names; only scopes longer than people may still name reach it with fewer scopes.
const MAX_SCOPE_BYTES: usize = MAX_SCOPES * Scope::MAX_BYTES;

impl SuppressionRecord {
    /// Whether a reason was reported for more than [`MAX_SCOPES`] scopes, suppressed or lifted.
    ///
    /// It then applies to `*`, without expiry, and only a lift of `*` ends it.
    ///
    /// A `soft_bounce` of single scopes, which only people set, counts as `manual` and is stored as that: the
    /// `soft_bounce` of `*` is derived from the bounces.
    #[must_use]
    pub fn is_folded(&self, reason: Reason) -> bool {
        self.folded.contains(&folded_reason(reason))
    }

    /// The scope and entry under which a fact is stored; `None` if it is not.
    pub(super) fn resolve(&self, scope: &Scope, reason: Reason, entry: &Entry) -> Option<(Scope, Reason, Entry)> {
        if *scope != Scope::everything() && self.is_folded(reason) {
            return entry.clone().for_every_send().map(|entry| (Scope::everything(), folded_reason(reason), entry));
        }
        Some((scope.clone(), reason, entry.clone()))
    }

    /// Folds the reasons reported for too many scopes, now or before.
    pub(crate) fn fold(&mut self) {
        // Nearly every record ends here. A scope counts at most twice: for `manual`, and for `soft_bounce`, which is
        // stored as that.
        let bytes: usize = self.suppressions.keys().map(|scope| scope.as_str().len()).sum();
        if self.folded.is_empty() && self.suppressions.len() <= MAX_SCOPES / 2 && bytes <= MAX_SCOPE_BYTES / 2 {
            return;
        }
        let mut overflowing = self.overflowing();
        overflowing.retain(|reason| !self.folded.contains(reason));
        self.folded.extend(overflowing.iter().copied());
        if self.folded.is_empty() {
            return;
        }
        let entries = self.take_folded();
        let mut everything = self.suppressions.remove(&Scope::everything()).unwrap_or_default();
        for reason in overflowing {
            let decided_before = everything.remove(&reason).and_then(Entry::for_every_send);
            everything.extend(decided_before.map(|entry| (reason, entry)));
        }
        for (reason, entry) in entries {
            let joined = match everything.remove(&reason) {
                Some(known) => known.join(entry),
                None => entry,
            };
            everything.insert(reason, joined);
        }
        for reason in &self.folded {
            if let Some(entry) = everything.get_mut(reason) {
                entry.until = None;
            }
        }
        if !everything.is_empty() {
            self.suppressions.insert(Scope::everything(), everything);
        }
    }

    fn overflowing(&self) -> Vec<Reason> {
        let mut found: BTreeMap<Reason, (usize, usize)> = BTreeMap::new();
        for (scope, reasons) in self.suppressions.iter().filter(|(scope, _)| **scope != Scope::everything()) {
            for reason in reasons.keys() {
                let (scopes, bytes) = found.entry(folded_reason(*reason)).or_default();
                *scopes = scopes.saturating_add(1);
                *bytes = bytes.saturating_add(scope.as_str().len());
            }
        }
        found.retain(|_, (scopes, bytes)| *scopes > MAX_SCOPES || *bytes > MAX_SCOPE_BYTES);
        found.into_keys().collect()
    }

    /// Removes the entries of single scopes from the record, and returns what they mean for every send.
    fn take_folded(&mut self) -> Vec<(Reason, Entry)> {
        let mut taken = Vec::new();
        for (_, reasons) in self.suppressions.iter_mut().filter(|(scope, _)| **scope != Scope::everything()) {
            for (reason, entry) in reasons.extract_if(.., |reason, _| self.folded.contains(&folded_reason(*reason))) {
                taken.extend(entry.for_every_send().map(|entry| (folded_reason(reason), entry)));
            }
        }
        self.suppressions.retain(|_, reasons| !reasons.is_empty());
        taken
    }
}

/// The reason that a folded one has for `*`.
#[must_use]
pub const fn folded_reason(reason: Reason) -> Reason {
    match reason {
        Reason::SoftBounce => Reason::Manual,
        Reason::HardBounce
        | Reason::Complaint
        | Reason::Unsubscribe
        | Reason::InvalidAddress
        | Reason::ProviderBlock
        | Reason::Manual => reason,
    }
}
