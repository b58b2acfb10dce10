//! DynamoDB: the items of both tables, the order in which they are written, and the stream of their changes.

mod attribute;
pub(crate) mod backoff;
mod certificates;
mod decisions;
mod event_item;
mod events;
mod imports;
mod item_limit;
mod manual_item;
mod plan;
mod record_item;
mod recorder;
mod scan;
mod sdk_error;
mod stream;
mod suppressions;
mod transaction;
mod undo;
mod unsubscribe;

pub use attribute::Item;
pub use certificates::KEY as CERTIFICATES_KEY;
pub use decisions::DecisionError;
pub use event_item::{Retention, to_item};
pub use imports::{Imported, MAX_ROWS as MAX_IMPORTED_ROWS};
pub use manual_item::{MANUAL, is_manual, to_item as to_manual_item};
pub use recorder::{Recorded, Recorder, TimeLimits};
pub use scan::{Scanned, ScannedPage};
pub use stream::{NotAStream, RecordChange, StreamRecord, Streamed, read_stream};
pub use suppressions::{Suppressions, Version};
pub use unsubscribe::{REPLACED as REPLACED_UNSUBSCRIBE, Unsubscribe};

#[cfg(feature = "pages")]
pub(crate) use sdk_error::classified;
