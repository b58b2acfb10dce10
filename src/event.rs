//! What one provider reported about one message and one recipient, in one vocabulary.

mod email_event;
mod id;
mod names;
mod provider;
mod ruling;
mod transport;
mod vocabulary;

pub use email_event::{EmailEvent, Recipient};
pub use id::{EventId, digest_hex};
pub use names::{OwnList, Stream, Tenant, is_name};
pub use provider::Provider;
pub use ruling::{Effect, Ruling, ScopeKind};
pub use transport::Transport;
pub use vocabulary::{Cause, Kind, Permanence, Reason};
