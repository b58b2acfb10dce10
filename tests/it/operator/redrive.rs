//! The redrive: what it says of messages, and what it does with an account that misbehaves.

pub mod account;
mod describing;
mod looking;
mod moving;
mod refusals;
mod sending;
mod watching;
mod wire;
