//! What could not be recorded: the failure queues and the causes, from metrics alone. A look that receives messages would
//! park them.

use maud::{Markup, html};

use super::ask::PageName;
use super::frame::Page;
use super::home::View;
use super::runbook;
use crate::config::QueueName;
use crate::timestamp::Timestamp;

/// The alarm whose section of the runbook is about a queue.
const fn alarm(queue: QueueName) -> &'static str {
    match queue {
        QueueName::Undelivered => "UndeliveredAlarm",
        QueueName::Failed => "FailedAlarm",
        QueueName::Parked => "ParkedAlarm",
        QueueName::Intake => "IntakeAgeAlarm",
    }
}

/// A queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Which one.
    pub name: QueueName,
    /// How many messages it has; `None` if SQS reported nothing lately.
    pub depth: Option<u64>,
    /// The age of its oldest message, in seconds.
    pub oldest_seconds: Option<u64>,
}

/// What could not be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures {
    /// The queues; `None` where there are none.
    pub queues: Option<Vec<Queue>>,
    /// Since when failures were counted; `None`: since the run began.
    pub since: Option<Timestamp>,
    /// The labels of failures and how often each came, the most first.
    pub rejected: Vec<(String, u64)>,
}

/// The page.
#[must_use]
pub fn failures_page(failures: &Failures, view: &View) -> Page {
    let content = html! {
        h1 { "Failures" }
        @match &failures.queues {
            Some(queues) => {
                (verdict(queues))
                h2 { "Queues" }
                p { "From metrics, which are some minutes old. To see the messages, run " code { "mail-feedbackctl redrive" } "; each look counts, so these pages do not look." }
                (queues_table(queues, view))
            }
            None => p.mf-empty { "There are no queues on this machine: what fails is answered to the caller, and not kept." },
        }
        h2 { "Refused or failed" }
        @match failures.since { Some(since) => p { "Since " (view.reader.time(since)) "." } None => p { "In this run." } }
        @if failures.rejected.is_empty() { p.mf-empty { "Nothing." } } @else { (rejected(&failures.rejected, view)) }
    };
    Page::answer(PageName::Failures, content)
}

fn verdict(queues: &[Queue]) -> Markup {
    let of_failures = || queues.iter().filter(|queue| queue.name != QueueName::Intake);
    let filled = of_failures().filter(|queue| queue.depth.is_some_and(|depth| depth > 0)).count();
    let unknown: Vec<&str> =
        of_failures().filter(|queue| queue.depth.is_none()).map(|queue| queue.name.as_str()).collect();
    html! {
        @match filled {
            0 if unknown.is_empty() => p.mf-verdict.mf-yes { "✓ No report waits in a failure queue." },
            0 => p.mf-verdict.mf-some { "– No report is known to wait in a failure queue." },
            1 => p.mf-verdict.mf-no { "✕ One queue has reports that are not in the tables." },
            _ => p.mf-verdict.mf-no { "✕ " (filled) " queues have reports that are not in the tables." },
        }
        @if !unknown.is_empty() {
            p { "SQS reported nothing about " (unknown.join(", ")) " in the last 24 hours. It reports nothing about a queue that has been empty and unused for six hours." }
        }
    }
}

fn queues_table(queues: &[Queue], view: &View) -> Markup {
    html! {
        table.mf-table {
            thead { tr { th scope="col" { "Queue" } th.mf-number scope="col" { "Messages" } th.mf-number scope="col" { "Oldest" } th scope="col" { "What it means" } th scope="col" { "At risk" } } }
            tbody { @for queue in queues {
                @let words = runbook::alarm(alarm(queue.name));
                @let is_filled = queue.depth.is_some_and(|depth| depth > 0);
                tr {
                    td { span.mf-th { "Queue" } (queue.name.as_str()) }
                    td.mf-number { span.mf-th { "Messages" } (queue.depth.map_or_else(|| "none reported".to_owned(), |depth| view.reader.number(depth))) }
                    td.mf-number { span.mf-th { "Oldest" } (queue.oldest_seconds.filter(|_| is_filled).map_or_else(|| "–".to_owned(), |age| age_words(age, view))) }
                    td { span.mf-th { "What it means" } @if is_filled { (words.as_ref().map_or("", |words| &words.meaning)) } @else { "–" } }
                    td { span.mf-th { "At risk" } @if is_filled { (words.as_ref().map_or("", |words| &words.advice)) } @else { "–" } }
                }
            } }
        }
    }
}

fn age_words(seconds: u64, view: &View) -> String {
    let of = |divisor: u64| view.reader.number(seconds.checked_div(divisor).unwrap_or_default());
    match seconds {
        0..120 => format!("{} s", of(1)),
        120..7_200 => format!("{} min", of(60)),
        7_200..172_800 => format!("{} h", of(3_600)),
        _ => format!("{} days", of(86_400)),
    }
}

fn rejected(labels: &[(String, u64)], view: &View) -> Markup {
    html! {
        table.mf-table {
            thead { tr { th scope="col" { "Label" } th.mf-number scope="col" { "Number" } th scope="col" { "Meaning" } th scope="col" { "What to do" } } }
            tbody { @for (label, count) in labels {
                @let words = runbook::label(label);
                tr {
                    td { span.mf-th { "Label" } code { (label) } }
                    td.mf-number { span.mf-th { "Number" } (view.reader.number(*count)) }
                    td { span.mf-th { "Meaning" } (words.as_ref().map_or("", |words| &words.meaning)) }
                    td { span.mf-th { "What to do" } (words.as_ref().map_or("", |words| &words.advice)) }
                }
            } }
        }
    }
}
