//! Hides the messages of dependencies, which may quote a request or a setting.

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The crate whose messages are shown, because they are known to be safe.
pub(super) const OWN_CRATE: &str = "mail_feedback";

/// A layer that replaces each message of a dependency by its location in the source.
pub(super) struct HideMessages<L>(pub(super) L);

impl<S, L> Layer<S> for HideMessages<L>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    L: Layer<S>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let source = metadata.target();
        if source.strip_prefix(OWN_CRATE).is_some_and(|rest| rest.is_empty() || rest.starts_with("::")) {
            return self.0.on_event(event, context);
        }
        let line = metadata.line();
        // The new event passes through this layer as one of this crate's own.
        if *metadata.level() == Level::ERROR {
            tracing::error!(source, line, "a dependency logged an error; see source and line");
        } else {
            tracing::warn!(source, line, "a dependency logged a warning; see source and line");
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0.on_record(id, values, context);
    }
}
