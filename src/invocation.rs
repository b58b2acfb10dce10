//! What woke the function: told by the fields that each kind of invocation has and the others have not.

mod detect;
mod http;
mod queue;
mod records;

pub use detect::{Invocation, SnsRecord};
pub use http::{HttpRequest, PayloadFormat};
pub use queue::{Queued, QueuedMessage};
