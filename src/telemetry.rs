//! Logs and metrics: JSON lines without an address, IP, link, token, signature or body.

mod log;
mod metrics;

pub use log::init;
pub use metrics::{FunctionVersion, Metrics, SubscriptionStep, metric_names, write_line};
