//! The integration tests: the handler and the real binary against an embedded DynamoDB.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
#![allow(clippy::panic, clippy::arithmetic_side_effects, reason = "tests fail by panicking")]
#![allow(unreachable_pub, reason = "a test binary has no one to export to")]

mod allocations;
mod architecture;
mod ask_page;
mod attacks;
mod batches;
mod binary;
#[cfg(feature = "changes")]
mod changes;
mod check;
mod costs;
mod decide;
mod decisions;
mod disorder;
mod doors;
mod extremes;
mod faults;
mod future;
mod fuzzed;
mod identity;
mod input;
mod intakes;
mod links;
#[cfg(feature = "local")]
mod local;
mod manual;
mod merge;
#[cfg(feature = "operator")]
mod operator;
mod output_check;
mod overload;
mod poison;
mod privacy;
mod real_binary;
mod references;
mod samples;
mod scopes;
mod secret;
mod supply;
mod survival;
mod template;
mod unsubscribe;
mod vectors;
#[cfg(feature = "local")]
mod view;
mod webhooks;
