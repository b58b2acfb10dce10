//! Turns the reports of e-mail providers into two kinds of DynamoDB records: an event log, and one suppression record
//! per address that answers "may I mail this address?" with one `GetItem`.
//!
//! The path of one event:
//!
//! ```text
//! invocation (raw JSON)
//!   -> detect        intake       the invocation: SNS event | SQS batch | EventBridge event | HTTP request
//!   -> authenticate  intake       signature and topic | account and queue | credential
//!   -> normalize     provider     provider JSON -> EmailEvent, one per recipient
//!   -> decide        policy       EmailEvent -> changes of the suppression record
//!   -> record        store        suppression record (compare-and-swap) and event record, in a safe order
//!   -> answer        handler      HTTP status | result of the invocation | messages of a batch that failed
//! ```
//!
//! The modules form layers, and each uses only its own layer or an earlier one: ground (`address`, `error`, `label`,
//! `lenient`, `text`, `timestamp`), `event`, `intake`, `provider`, `policy` and `suppression`, `store`, `config`,
//! `api`, `changes`, `lookup` and `unsubscribe`, then `telemetry` and `handler`, `view`, and last `functions`,
//! `operator` and `local`. `tests/it/architecture.rs` checks this.
//!
//! One module uses code from outside `src/`: `local`, which `make run` starts, takes its samples, its certificates and
//! the access to its database from `tests/support`. No function is built with it.
//!
//! Each of the [`functions`] is started by its name: `feedback` follows these steps, `check` answers questions about
//! what it recorded, `decide` suppresses and lifts on behalf of programs, `unsubscribe` lets recipients do so,
//! `changes` tells an event bus what changed, and `view` shows support why an address gets no mail.
//!
//! The types make it impossible to skip a step: `provider` reads only an [`intake::sns::VerifiedMessage`], an
//! [`intake::event_bridge::AuthorizedEvent`] or an [`intake::webhook::AuthenticRequest`], and each has one constructor,
//! which authenticates. `provider`, `policy` and [`suppression::SuppressionRecord::merge`] are pure functions: no
//! clock, no network.

pub mod address;
pub mod api;
pub mod changes;
pub mod config;
pub mod error;
pub mod event;
pub mod functions;
pub mod handler;
pub mod intake;
mod label;
mod lenient;
#[cfg(feature = "local")]
pub mod local;
#[cfg(any(feature = "tables", feature = "pages"))]
#[cfg_attr(
    not(all(feature = "tables", feature = "pages")),
    allow(dead_code, unused_imports, reason = "each uses a part")
)]
mod lookup;
#[cfg(feature = "tables")]
pub mod operator;
pub mod policy;
pub mod provider;
pub mod store;
pub mod suppression;
pub mod telemetry;
mod text;
pub mod timestamp;
pub mod unsubscribe;
#[cfg(feature = "pages")]
pub mod view;
