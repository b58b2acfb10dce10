//! What one provider said about one message and one recipient, in one vocabulary.

mod email_event;
mod id;
mod provider;
mod vocabulary;

pub use email_event::{EmailEvent, Recipient};
pub use id::{EventId, digest_hex};
pub use provider::Provider;
pub use vocabulary::{Breadth, Cause, Effect, Kind, Permanence, Reason, Ruling};
