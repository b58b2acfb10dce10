//! The way in: from the JSON of an invocation to input that is authentic.
//!
//! | what woke the function | what authenticates it | what may be read then |
//! |---|---|---|
//! | SNS, by itself, over HTTPS or through a queue | signature, topic, age and certificate: [`sns`] | [`sns::VerifiedMessage`] |
//! | an event of EventBridge, by itself or through a queue | account and way: [`event_bridge`] | [`event_bridge::AdmittedEvent`] |
//! | a webhook of a provider | credential: [`webhook`] | [`webhook::AuthenticRequest`] |
//!
//! [`Invocation::detect`] tells what woke the function by the fields that each kind of invocation has and the others do not.

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
