//! Logs and metrics: JSON lines without an address, IP, link, token, signature or body.

mod foreign;
mod log;
mod metrics;
mod panic;

pub use log::init;
pub use metrics::{FunctionVersion, Metrics, SubscriptionStep, metric_names, write_line};
pub use panic::panic_unquoted;
