//! Shows the progress of a long command.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Console;

/// The template for a command of unknown length.
const COUNTER: &str = "{spinner} {human_pos} {msg}, {per_sec}, {elapsed}";
/// The template for a command of known length.
const BAR: &str = "{bar:32} {percent}%  {human_pos} of {human_len} {msg}, {eta} left";

/// A counter on standard error, if that is a terminal.
pub(super) fn counter(console: &Console<'_>, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, target(console));
    // An invalid template falls back to the default one.
    bar.set_style(ProgressStyle::with_template(COUNTER).unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.with_message(what)
}

/// A bar with percent and time left on standard error, if that is a terminal.
pub(super) fn bar(console: &Console<'_>, length: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(u64::try_from(length).unwrap_or(u64::MAX)), target(console));
    bar.set_style(ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.with_message(what)
}

fn target(console: &Console<'_>) -> ProgressDrawTarget {
    if console.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressStyle;

    use super::{BAR, COUNTER};

    #[test]
    fn the_templates_are_valid_and_show_percent_and_time_left() {
        for template in [BAR, COUNTER] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
        assert!(["{bar", "{percent}", "{eta}"].iter().all(|part| BAR.contains(part)));
    }
}
