//! The pages for support: why an address gets no mail, what happened to a message, and how everything is doing.
//!
//! A person asks ([`Ask`]); a [`Responder`] reads both tables and answers with a [`Page`], which a [`View`] writes for its
//! [`Home`]: a browser on this machine, or a custom widget in CloudWatch. HTML and SVG are made here, without any script.
//!
//! Whatever comes from outside (addresses, diagnostic texts, user agents, notes) is text: maud escapes it, and characters
//! that hide or reorder other text are spelled out. No text becomes a link or an action.

mod action;
mod address;
mod answer;
mod ask;
mod decide;
mod decision_form;
mod error;
mod error_page;
mod escape;
mod events_table;
mod failures;
mod fields;
mod frame;
mod home;
mod live;
mod message;
#[cfg(feature = "view")]
mod metrics;
mod overview;
mod overview_page;
mod period;
mod reader;
mod responder;
mod runbook;
mod suppressed_times;
mod timeline;
mod verdict;

pub use ask::{Ask, PageName};
pub use error::ViewError;
pub use failures::{Failures, Queue, failures_page};
pub use fields::{Fields, MAX_BYTES};
pub use frame::{Page, STYLE, description};
pub use home::{Home, TYPED, View};
pub use live::{live_end, live_gap, live_row, live_start};
#[cfg(feature = "view")]
pub use metrics::MetricsSource;
pub use overview::{Overview, Rate, Series};
pub use overview_page::overview_page;
pub use period::Period;
pub use reader::{Reader, Zone};
pub use responder::Responder;
