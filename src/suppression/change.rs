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

/// One change as the attribute `effect` names it.
#[cfg(feature = "pages")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedChange {
    /// A reason began to apply in a scope, or was confirmed.
    Suppress(Reason, Scope),
    /// A reason was lifted in a scope.
    Lift(Reason, Scope),
    /// Anything else.
    Other,
}

/// Reads what [`effect_text`] writes. A scope may contain a comma.
#[cfg(feature = "pages")]
#[must_use]
pub fn named_changes(effect: &str) -> Vec<NamedChange> {
    let is_start = |part: &str| {
        let word = part.split(' ').next().unwrap_or_default();
        matches!(part, "soft_bounce" | "delivered") || matches!(word, "suppress" | "lift")
    };
    let mut texts: Vec<String> = Vec::new();
    for part in effect.split(", ") {
        match texts.last_mut() {
            Some(text) if !is_start(part) => text.extend([", ", part]),
            _ => texts.push(part.to_owned()),
        }
    }
    let named = |text: String| {
        let (verb, rest) = text.split_once(' ')?;
        let (reason, scope) = rest.split_once(' ')?;
        let (reason, scope) = (Reason::from_label(reason)?, Scope::from_text(scope));
        match verb {
            "suppress" => Some(NamedChange::Suppress(reason, scope)),
            "lift" => Some(NamedChange::Lift(reason, scope)),
            _ => None,
        }
    };
    texts.into_iter().map(|text| named(text).unwrap_or(NamedChange::Other)).collect()
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

    #[cfg(feature = "pages")]
    #[test]
    fn a_written_effect_can_be_read() {
        use super::{NamedChange, Reason, Scope, named_changes};
        let scope = Scope::from_text("list:ses:Spring, sale");
        let expected = [
            NamedChange::Suppress(Reason::Unsubscribe, scope),
            NamedChange::Other,
            NamedChange::Lift(Reason::SoftBounce, Scope::everything()),
        ];
        let text = "suppress unsubscribe list:ses:Spring, sale, delivered, lift soft_bounce *";
        assert_eq!(named_changes(text), expected);
        assert_eq!(named_changes("<cwdb-action>"), [NamedChange::Other]);
    }
}
