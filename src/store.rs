//! DynamoDB: the items of both tables, and the order in which they are written.

mod attribute;
mod backoff;
mod certificates;
mod event_item;
mod events;
mod fault;
mod fit;
mod manual;
mod record_item;
mod recorder;
mod suppressions;

pub use attribute::Item;
pub use certificates::KEY as CERTIFICATES_KEY;
pub use event_item::{Retention, to_item};
pub use manual::{Decision, DecisionError};
pub use recorder::{Recorded, Recorder};
pub use suppressions::Suppressions;
