//! Logs and metrics: JSON lines without an address, IP, link, token, signature or body.

mod dependencies;
mod log;
mod metrics;
mod panic;
mod sink;

pub use log::init;
pub use metrics::{
    ChangeOutcome, CheckOutcome, DecisionOutcome, LinkOutcome, Metrics, SubscriptionStep, Success, metric_names,
};
pub use panic::redact_panic;
pub use sink::{FunctionVersion, MetricSink};
