//! The way in: from the JSON of an invocation to input that is authentic.
//!
//! | source | what is checked | the result, which may be read |
//! |---|---|---|
//! | SNS, directly, over HTTPS or through a queue | signature, topic, age and certificate: [`sns`] | [`sns::VerifiedMessage`] |
//! | an event of EventBridge, directly or through a queue | account and queue: [`event_bridge`] | [`event_bridge::AuthorizedEvent`] |
//! | a webhook of a provider | credential: [`webhook`] | [`webhook::AuthenticRequest`] |
//!
//! [`Invocation::detect`] recognizes each kind of invocation by the fields that the other kinds do not have.

mod detect;
pub mod event_bridge;
mod http;
mod queue;
mod records;
pub mod sns;
pub mod webhook;

pub use detect::Invocation;
pub use http::{HttpRequest, PayloadFormat};
pub use queue::{Queued, QueuedMessage};
