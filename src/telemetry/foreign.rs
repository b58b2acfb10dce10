//! What other crates warn of, in their words and without their values: these may quote a request or a setting.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The crate that may say everything, since it says nothing that it should not.
pub(super) const OWN: &str = "mail_feedback";

/// A layer that passes its own crate's events on as they are, and of others only the message and who said it.
pub(super) struct Reticent<L>(pub(super) L);

impl<S, L> Layer<S> for Reticent<L>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    L: Layer<S>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target().starts_with(OWN) {
            return self.0.on_event(event, context);
        }
        let mut message = Message::default();
        event.record(&mut message);
        let (source, message) = (metadata.target(), message.0);
        // Comes back here as an event of its own.
        if *metadata.level() == Level::ERROR {
            tracing::error!(source, "{message}");
        } else {
            tracing::warn!(source, "{message}");
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0.on_record(id, values, context);
    }
}

/// The message of an event.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
