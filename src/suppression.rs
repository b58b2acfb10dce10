//! The suppression record of an address, and the one function that changes it.

mod entry;
mod record;
mod soft_bounce;
mod verdict;

pub use entry::{Entry, Scope, State};
pub use record::{Change, SuppressionRecord};
pub use soft_bounce::{SoftBounce, SoftBounceRules, SoftBounces, SoftLift};
pub use verdict::{Block, Context, Verdict};
