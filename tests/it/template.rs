//! Compares `template.yaml` with the code: its variables, permissions, alarms and dashboard match what the function
//! reads, does and counts.

mod changes;
mod check;
mod dashboard;
mod decide;
mod document;
mod encryption;
mod environment;
mod formulas;
mod guide;
mod intake;
mod limits;
mod monitoring;
mod permissions;
mod rules;
#[cfg(feature = "local")]
mod support;
mod unsubscribe;
mod versions;
mod webhook_urls;
