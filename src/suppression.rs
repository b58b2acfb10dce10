//! The suppression record of an address, and the one function that changes it.

mod entry;
mod fold;
mod record;
mod shed;
mod soft_bounce;
mod verdict;

pub use entry::{Entry, Scope, State};
pub use fold::{MAX_SCOPES, held_as};
pub use record::{Change, SuppressionRecord};
pub(crate) use shed::Texts;
pub use soft_bounce::{SoftBounce, SoftBounceRules, SoftBounces, SoftLift};
pub use verdict::{Block, Context, Verdict};
