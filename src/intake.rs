//! The intake: turns the JSON of an invocation into authenticated input.
//!
//! | source | what is checked | result, which may be normalized |
//! |---|---|---|
//! | SNS, directly, over HTTPS or through a queue | signature, topic, age and certificate: [`sns`] | [`sns::VerifiedMessage`] |
//! | an EventBridge event, directly or through a queue | account and queue: [`event_bridge`] | [`event_bridge::AuthorizedEvent`] |
//! | a provider's webhook | credential: [`webhook`] | [`webhook::AuthenticRequest`] |
//!
//! [`Invocation::detect`] recognizes each kind of invocation by the fields that no other kind has.

mod detect;
pub mod event_bridge;
mod http;
mod queue;
mod records;
mod secret;
pub mod sns;
pub mod webhook;

pub use detect::Invocation;
pub use http::{HttpRequest, PayloadFormat};
pub use queue::{Queued, QueuedMessage};
pub use secret::{CachedSecret, Versions};
