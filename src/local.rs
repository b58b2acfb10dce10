//! `mail-feedback-local`, which runs the whole function on this machine: `make run`, `make ses-bounce` and
//! `make samples`.
//!
//! It is built with the feature `local` and is not part of the function.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]
#![allow(clippy::missing_errors_doc, reason = "every error is a sentence that tells a person what to do")]

pub mod certificates;
pub mod event;
pub mod view;

mod check;
mod feed;
mod http;
mod links;
mod log;
mod options;
mod program;
mod report;
mod run;
mod send;
mod session;
mod sign;
mod watch;
mod webhook;

pub use program::main;

/// Why a command of this program failed, in words.
pub type Failure = Box<dyn std::error::Error>;
