//! `redrive`: shows what is in a stack's failure queues and why, and sends it through the function again.

pub mod checks;
pub mod cloud;
mod dead_letter_reason;
mod delete;
pub mod depth;
pub mod diagnosis;
pub mod group;
mod intake;
mod interrupt;
pub mod listing;
mod look;
mod mappings;
pub mod message;
mod move_task;
mod payload;
pub mod queue;
pub mod report;
mod report_summary;
pub mod run;
mod send;
pub mod show;
mod stack;
pub mod watch;

pub use cloud::Cloud;
pub use interrupt::Interrupt;
pub use run::run;
