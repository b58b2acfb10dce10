//! Runs the handler in the process of a test or benchmark, measures its steps one by one, and counts the cost of
//! events.

pub mod cost;
pub mod fixture;
pub mod function;
pub mod stages;
