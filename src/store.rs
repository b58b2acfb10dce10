//! DynamoDB: the items of both tables, and the order in which they are written.

mod attribute;
mod backoff;
mod certificates;
mod decisions;
mod event_item;
mod events;
mod item_limit;
mod record_item;
mod recorder;
mod sdk_error;
mod suppressions;

pub use attribute::Item;
pub use certificates::KEY as CERTIFICATES_KEY;
pub use decisions::DecisionError;
pub use event_item::{Retention, to_item};
pub use recorder::{Recorded, Recorder};
pub use suppressions::Suppressions;
