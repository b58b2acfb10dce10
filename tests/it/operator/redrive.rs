//! The redrive: what it says about messages, and how it handles an account that misbehaves.

pub mod account;
mod describing;
mod intake;
mod looking;
mod moving;
mod refusals;
mod sending;
mod watching;
mod wire;
