//! The handler in the process of a test or benchmark, its steps one by one, and what an event costs.

pub mod cost;
pub mod fixture;
pub mod function;
pub mod stages;
