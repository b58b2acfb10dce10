//! Shows the progress of a long command.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Console;

/// A counter on standard error, if that is a terminal.
pub(super) fn counter(console: &Console<'_>, what: &'static str) -> ProgressBar {
    let target = if console.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    // An invalid template falls back to the default one.
    let style = ProgressStyle::with_template("{spinner} {human_pos} {msg}, {per_sec}, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.with_message(what)
}
