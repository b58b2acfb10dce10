//! DynamoDB: the items of both tables, and the order in which they are written.

mod attribute;
mod backoff;
mod event_item;
mod events;
mod fault;
mod record_item;
mod recorder;
mod suppressions;

pub use event_item::Retention;
pub use recorder::{Recorded, Recorder};
pub use suppressions::Suppressions;
