//! What the integration tests and the local programs share: a test CA, signed envelopes, an embedded DynamoDB, and the
//! samples with what is expected of them.

#![allow(dead_code, unused_imports, reason = "each program that includes this module uses a part of it")]
#![allow(unreachable_pub, reason = "a module of a program has no one to export to")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test support fails by panicking")]
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "test support fails by panicking")]

pub mod authority;
pub mod calls;
pub mod cost;
pub mod database;
pub mod door;
pub mod envelope;
pub mod fault_batch;
pub mod fault_mistake;
pub mod fault_proxy;
pub mod fault_schedule;
pub mod fixture;
pub mod function;
pub mod http_message;
// Benches and examples are no tests, and not judged.
#[cfg(test)]
pub mod privacy;
pub mod request;
pub mod runtime_api;
pub mod samples;
pub mod seeded;
pub mod size;
pub mod stages;
pub mod wired;
