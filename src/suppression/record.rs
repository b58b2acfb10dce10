//! The record of one address and its merge.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Entry, Scope, SoftBounceRules, SoftBounces};
use crate::event::Reason;

/// Everything known against mailing one address.
///
/// [`Self::merge`] is commutative, associative and idempotent over evidence and lifts: any order and any repetition
/// give the same record, except for the texts of folded reasons. Deliveries are not stored; the order of writes in the
/// store compensates for that.
///
/// A reason reported for more than [`MAX_SCOPES`](super::MAX_SCOPES) scopes is *folded*: [`Self::is_folded`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuppressionRecord {
    /// The entries by scope and reason.
    pub suppressions: BTreeMap<Scope, BTreeMap<Reason, Entry>>,
    /// The reasons that were reported for too many scopes, and apply to every send since.
    pub folded: BTreeSet<Reason>,
    /// The temporary bounces, from which the entry (`*`, `soft_bounce`) is derived.
    pub soft_bounces: SoftBounces,
}

impl SuppressionRecord {
    /// The entry of a scope and reason.
    #[must_use]
    pub fn entry(&self, scope: &Scope, reason: Reason) -> Option<&Entry> {
        self.suppressions.get(scope)?.get(&reason)
    }

    /// Applies one change.
    pub fn merge(&mut self, change: &Change, rules: SoftBounceRules) {
        match change {
            Change::Entry { scope, reason, entry } => self.merge_entry(scope, *reason, entry),
            Change::SoftBounce(bounce) => self.soft_bounces.add(bounce.clone(), rules),
            Change::Delivered { at } => self.soft_bounces.delivered(*at),
            Change::LiftSoftBounces(lift) => self.soft_bounces.lift(lift),
        }
        self.fold();
        self.derive_soft_bounce_entry(rules);
    }

    fn merge_entry(&mut self, scope: &Scope, reason: Reason, entry: &Entry) {
        let Some((scope, reason, entry)) = self.resolve(scope, reason, entry) else { return };
        let reasons = self.suppressions.entry(scope).or_default();
        let joined = match reasons.remove(&reason) {
            Some(known) if known.is_repeated_by(&entry) => known,
            Some(known) => known.join(entry),
            None => entry,
        };
        reasons.insert(reason, joined);
    }

    pub(super) fn derive_soft_bounce_entry(&mut self, rules: SoftBounceRules) {
        let scope = Scope::everything();
        let mut reasons = self.suppressions.remove(&scope).unwrap_or_default();
        match self.soft_bounces.entry(rules) {
            Some(entry) => drop(reasons.insert(Reason::SoftBounce, entry)),
            None => drop(reasons.remove(&Reason::SoftBounce)),
        }
        if !reasons.is_empty() {
            self.suppressions.insert(scope, reasons);
        }
    }
}
