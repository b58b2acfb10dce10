//! The integration tests: the handler and the real binary against an embedded DynamoDB.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
#![allow(clippy::panic, clippy::arithmetic_side_effects, reason = "tests fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod samples;
