//! What a record that is too large loses: texts, the least important first.

use super::{Entry, Scope, SoftBounceRules, SuppressionRecord};
use crate::text::clip;
use crate::timestamp::Timestamp;

/// Provider names up to this length are not cut, in bytes.
const PROVIDER_BYTES: usize = 32;

/// Which texts may be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrimmedTexts {
    /// Those of soft bounces and of entries of single scopes.
    OfSingleScopes,
    /// Those of `*`, too.
    All,
}

impl SuppressionRecord {
    /// Drops texts until at least this many bytes are freed, or none is left that may go; returns how many were.
    ///
    /// First the texts of the soft bounces, then of the entries of single scopes, then of `*`, the oldest first in
    /// each. States, times and ids are not texts and stay, and so does who decided about `*`.
    pub(crate) fn trim(&mut self, texts: TrimmedTexts, bytes: usize, rules: SoftBounceRules) -> usize {
        let mut gone = self.soft_bounces.trim(bytes);
        self.derive_soft_bounce_entry(rules);
        let groups: &[bool] = match texts {
            TrimmedTexts::OfSingleScopes => &[false],
            TrimmedTexts::All => &[false, true],
        };
        for is_everything in groups {
            for entry in self.oldest_first(*is_everything) {
                if gone >= bytes {
                    return gone;
                }
                gone = gone.saturating_add(trim_entry(entry, *is_everything));
            }
        }
        if texts == TrimmedTexts::All && gone < bytes {
            gone = gone.saturating_add(self.soft_bounces.trim_lift());
        }
        gone
    }

    fn oldest_first(&mut self, is_everything: bool) -> Vec<&mut Entry> {
        let scopes = self.suppressions.iter_mut();
        let scopes = scopes.filter(|(scope, _)| (**scope == Scope::everything()) == is_everything);
        let mut entries: Vec<&mut Entry> = scopes.flat_map(|(_, reasons)| reasons.values_mut()).collect();
        // A stable sort: entries of the same time keep the order of their scopes and reasons.
        entries.sort_by_key(|entry| -> Timestamp { entry.at });
        entries
    }
}

fn trim_entry(entry: &mut Entry, is_everything: bool) -> usize {
    let Entry { code, detail, recipient, note, actor, provider, .. } = entry;
    let texts = [code, detail, recipient, note].into_iter().map(drop_text).sum::<usize>();
    let actor = if is_everything {
        actor.as_mut().map_or(0, |actor| shorten(actor, Entry::ACTOR_BYTES))
    } else {
        drop_text(actor)
    };
    texts.saturating_add(actor).saturating_add(shorten(provider, PROVIDER_BYTES))
}

/// Drops a text; returns its bytes.
pub(super) fn drop_text(text: &mut Option<String>) -> usize {
    text.take().map_or(0, |text| text.len())
}

/// Shortens a text; returns the bytes cut off.
pub(super) fn shorten(text: &mut String, limit: usize) -> usize {
    let before = text.len();
    if before > limit {
        *text = clip(text, limit).to_owned();
    }
    before.saturating_sub(text.len())
}
