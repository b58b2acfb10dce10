//! The log: JSON lines on standard output.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::dependencies::{HideMessages, OWN_CRATE};
use super::panic;

/// Starts the log with the format and level in Lambda's variables: JSON and INFO by default.
///
/// Dependencies log only from WARN, since they print payloads at finer levels, and without their messages. Panics are
/// logged, too. The runtime's own repetitions of failures and panics are suppressed: each already has its own line.
pub fn init() {
    let own = level(std::env::var("AWS_LAMBDA_LOG_LEVEL").ok().as_deref());
    let targets = Targets::new()
        .with_target(OWN_CRATE, own)
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_default(own.min(LevelFilter::WARN));
    let plain = std::env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("text"));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false);
    let registry = tracing_subscriber::registry().with(targets);
    if plain {
        registry.with(HideMessages(lines.without_time())).init();
    } else {
        let lines = lines.json().flatten_event(true).with_current_span(false).with_span_list(false);
        registry.with(HideMessages(lines)).init();
    }
    panic::log_panics();
}

/// Lambda's names of levels; it has FATAL above ERROR.
fn level(name: Option<&str>) -> LevelFilter {
    match name.unwrap_or_default().to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}
