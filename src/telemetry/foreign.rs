//! Where other crates warn: not in their words, which may quote a request or a setting.

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The crate that may say everything, since it says nothing that it should not.
pub(super) const OWN: &str = "mail_feedback";

/// A layer that passes its own crate's events on as they are, and of others only the place in their source.
pub(super) struct Reticent<L>(pub(super) L);

impl<S, L> Layer<S> for Reticent<L>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    L: Layer<S>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let source = metadata.target();
        if source.strip_prefix(OWN).is_some_and(|rest| rest.is_empty() || rest.starts_with("::")) {
            return self.0.on_event(event, context);
        }
        let line = metadata.line();
        // Comes back here as an event of its own.
        if *metadata.level() == Level::ERROR {
            tracing::error!(source, line, "a library reports an error; its source says of what at this line");
        } else {
            tracing::warn!(source, line, "a library warns; its source says of what at this line");
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0.on_record(id, values, context);
    }
}
