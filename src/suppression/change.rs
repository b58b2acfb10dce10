//! The changes of a record, and their text.

use std::fmt;

use super::{Entry, Scope, SoftBounce, SoftBounceLift, State};
use crate::event::Reason;
use crate::timestamp::Timestamp;

/// One change that an event or a person makes to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A reason is set or lifted.
    Entry {
        /// The sends it applies to.
        scope: Scope,
        /// Which reason.
        reason: Reason,
        /// The new entry.
        entry: Entry,
    },
    /// A temporary bounce is counted.
    SoftBounce(SoftBounce),
    /// A message arrived: soft bounces at or before it no longer count.
    Delivered {
        /// When it arrived.
        at: Timestamp,
    },
    /// A person voids the soft bounces at or before this time.
    LiftSoftBounces(SoftBounceLift),
}

impl fmt::Display for Change {
    /// The one text of an effect, in event records and wherever people read it: `suppress hard_bounce *`,
    /// `soft_bounce`, `delivered`, `lift unsubscribe list:ses:News`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { scope, reason, entry } => {
                let verb = match entry.state {
                    State::Suppressed => "suppress",
                    State::Lifted => "lift",
                };
                write!(f, "{verb} {reason} {scope}")
            }
            Self::SoftBounce(_) => f.write_str("soft_bounce"),
            Self::Delivered { .. } => f.write_str("delivered"),
            Self::LiftSoftBounces(_) => f.write_str("lift soft_bounce *"),
        }
    }
}

/// The attribute `effect` of an event record: its changes, separated by commas; `None` without changes.
#[must_use]
pub fn effect_text(changes: &[Change]) -> Option<String> {
    let texts: Vec<_> = changes.iter().map(Change::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Change, effect_text};
    use crate::suppression::SoftBounceLift;
    use crate::timestamp::Timestamp;

    #[test]
    fn effects_are_written_as_the_reference_says() {
        let at = Timestamp::MAX;
        let lift = Change::LiftSoftBounces(SoftBounceLift { at, actor: None, note: None });
        assert_eq!(effect_text(&[]), None);
        assert_eq!(effect_text(&[Change::Delivered { at }, lift]).as_deref(), Some("delivered, lift soft_bounce *"));
    }
}
