//! What an attacker may try at the doors of the function, numbered as in the list of attack cases.
//!
//! Each case runs a whole invocation. Unless a case says otherwise: refused at all doors, nothing written, nothing
//! fetched.

mod aged;
mod certificates;
mod doors;
mod envelopes;
mod fetching;
mod kept;
mod queues;
mod signatures;
pub mod subscriptions;
mod topics;
mod urls;
pub mod world;
