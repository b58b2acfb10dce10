//! The suppression record of an address, and the one function that changes it.

mod change;
mod context;
mod decision;
mod difference;
mod entry;
mod fold;
mod manual_event;
mod record;
mod scope;
mod soft_bounce;
mod trim;
mod verdict;

pub use change::{Change, effect_text};
#[cfg(feature = "pages")]
pub use change::{NamedChange, named_changes};
pub use context::{AskedScopes, Context};
pub use decision::{Decision, DecisionRefusal};
pub use difference::{Difference, differences};
pub use entry::{Entry, State};
pub use fold::{MAX_SCOPES, folded_reason};
pub use manual_event::{ManualEvent, ManualKind};
pub use record::SuppressionRecord;
pub use scope::{Scope, ScopeError};
pub use soft_bounce::{SoftBounce, SoftBounceLift, SoftBounceRules, SoftBounces};
pub(crate) use trim::TrimmedTexts;
pub use verdict::{Block, Elsewhere, Verdict};
