//! One-click unsubscribe: links, and the function that they lead to.

mod binary;
mod facts;
mod helpers;
mod keys;
mod links;
mod refused;
mod requests;
pub mod world;
