//! `mail-feedbackctl`, the operators' program: look things up, decide manually, move lists, and send failed reports
//! through the function again.
//!
//! It is built with the feature `operator` and is not part of the function. With the feature `tables` alone, as by `make run`,
//! it has no clients for stacks and for SES: what needs one says how to install the whole program.
//!
//! The modules are public for the tests; the program has no interface other than its command line.

#![allow(clippy::missing_errors_doc, reason = "every error is a `Failure`, whose text tells a person what to do")]

pub mod call;
pub mod caller;
pub mod cli;
pub mod cli_ses;
#[cfg(feature = "operator")]
pub mod env;
pub mod failure;
#[cfg(feature = "operator")]
pub mod redrive;
pub mod sanitize;
pub mod stop;
pub mod tables;
pub mod unsubscribe_link;

mod at_provider;
mod check;
mod connect;
mod csv;
mod decide;
mod explain;
mod export;
mod forget;
mod format;
mod header_row;
mod help;
mod import;
mod import_row;
mod import_write;
mod lift_check;
mod lines;
mod message;
mod program;
mod progress;
mod records;
mod refusal;
mod requested;
mod ses;
mod show;
mod signals;
#[cfg(feature = "operator")]
mod stack;
mod sync;
mod values;

use std::io::Write;

use cli::TableCommand;
use failure::Failure;
pub use program::main;
use sanitize::{Audience, Sanitizer};
use stop::Stop;
use tables::Tables;

use crate::timestamp::Timestamp;

/// The error where only the whole program helps.
#[cfg(not(feature = "operator"))]
const WITHOUT_AWS: &str = "this needs AWS, and the whole program, which `make run` does not build: cargo install --locked --path . \
     --features operator --bin mail-feedbackctl";

/// Where a command writes, and in which form.
pub struct Console<'c> {
    /// The requested output.
    pub out: &'c mut dyn Write,
    /// Messages about it.
    pub err: &'c mut dyn Write,
    /// Whether `out` is for a program.
    pub json: bool,
    /// Whether progress may be drawn; it never is unless standard error is a terminal.
    pub progress: bool,
    /// The current time.
    pub now: Timestamp,
}

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Completed; for a check: allowed.
    Done,
    /// A check found something against an address.
    Blocked,
    /// Something was skipped that should not have been.
    Incomplete,
}

impl Outcome {
    /// The exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Incomplete => 1,
            Self::Blocked => 2,
        }
    }
}

/// Runs a command on the tables; a long one ends early when `stop` says so.
pub async fn run(
    command: &TableCommand,
    tables: &Tables,
    stop: Stop,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let reader = match command {
        _ if console.json => Audience::Program,
        TableCommand::Export(_) => Audience::File,
        _ => Audience::Person,
    };
    let mut out = Sanitizer::new(&mut *console.out, reader);
    let mut err = Sanitizer::new(&mut *console.err, Audience::Person);
    let console = &mut Console { out: &mut out, err: &mut err, ..*console };
    let outcome = match command {
        TableCommand::Check(args) => check::run(args, tables, console).await,
        TableCommand::Explain(args) => explain::run(args, tables, console).await,
        TableCommand::Message(args) => message::run(args, tables, console).await,
        TableCommand::Suppress(args) => decide::suppress(args, tables, console).await,
        TableCommand::Lift(args) => decide::lift(args, tables, console).await,
        TableCommand::Export(args) => export::run(args, tables, console).await,
        TableCommand::Import(args) => import::run(args, tables, stop, console).await,
        TableCommand::Sync(args) => sync::run(args, tables, stop, console).await,
        TableCommand::Forget(args) => forget::run(args, tables, console).await,
    }?;
    console.out.flush()?;
    Ok(outcome)
}
