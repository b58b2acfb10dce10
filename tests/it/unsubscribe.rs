//! One-click unsubscribe: links, and the function that they lead to.

mod binary;
mod costs;
mod facts;
mod helpers;
mod keys;
mod links;
mod misused;
mod refused;
mod requests;
mod rules;
pub mod world;
