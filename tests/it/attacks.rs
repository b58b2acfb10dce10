//! What an attacker may try at the doors of the function, numbered as in the list of attack cases.
//!
//! Each case runs a whole invocation. Unless a case says otherwise: refused at all doors, nothing written, nothing
//! fetched.

mod certificates;
mod doors;
mod envelopes;
mod expired_certificates;
mod fetching;
mod queues;
mod signatures;
mod stored_certificates;
pub mod subscriptions;
mod topics;
mod urls;
pub mod world;
