//! The page with the overview.

use maud::{Markup, html};

use super::ask::PageName;
use super::escape::shown;
use super::frame::Page;
use super::home::View;
use super::overview::{Overview, Rate, Series};
use super::period::Period;
use crate::config::Limits;
use crate::event::Provider;
use crate::timestamp::Timestamp;

/// How many causes and domains are shown.
const RANKS: usize = 10;
/// The height of a small picture.
const HEIGHT: u64 = 24;

/// The page of an overview.
#[must_use]
pub fn overview_page(overview: &Overview, limits: &Limits, view: &View, now: Timestamp) -> Page {
    let Overview { period, series, suppressions, suppressions_are_new, causes, rates, domains } = overview;
    let content = html! {
        h1 { "Overview of " (period.words()) }
        p.mf-choice { "Show " @for (at, other) in Period::ALL.iter().enumerate() {
            @if at > 0 { " · " }
            @if other == period { strong { (other.words()) } } @else { (view.link(&html! { (other.words()) }, PageName::Overview, &[("span", other.as_str())])) }
        } }
        @if let Some(start) = Timestamp::from_millis(period.start_seconds(now).saturating_mul(1_000)) { p { "Since " (view.reader.time(start)) "." } }
        @if series.is_empty() { p.mf-empty { "No events were reported in " (period.words()) "." } }
        @if !rates.is_empty() { (rates_table(rates, limits, *period, view)) }
        @for provider in Provider::ALL {
            @let of_provider: Vec<&Series> = series.iter().filter(|series| series.provider == *provider).collect();
            @if !of_provider.is_empty() { (events(*provider, &of_provider, *period, view, now)) }
        }
        h2 { @if *suppressions_are_new { "New suppressions by reason, from reports and links" } @else { "Suppressed addresses by reason, now, with decisions" } }
        (ranks("Reason", suppressions.iter().map(|(reason, count)| (reason.as_str().to_owned(), *count)), view, "None."))
        h2 { "Why messages did not arrive" }
        @match causes {
            Some(causes) => (ranks("Cause", causes.iter().take(RANKS).map(|(cause, count)| (cause.as_str().to_owned(), *count)), view, "Nothing bounced or was rejected.")),
            None => p.mf-empty { "Causes are not counted." },
        }
        @if let Some(domains) = domains {
            h2 { "Recipient domains with the most events" }
            (ranks("Domain", domains.iter().take(RANKS).cloned(), view, "No events."))
        }
    };
    Page::answer(PageName::Overview, content)
}

fn rates_table(rates: &[Rate], limits: &Limits, period: Period, view: &View) -> Markup {
    let minimum = limits.minimum.saturating_mul(period.days());
    html! {
        h2 { "Rates beside the providers' limits" }
        p { "The alarms judge each day; these are the rates of " (period.words()) "." }
        table.mf-table {
            thead { tr { th scope="col" { "Provider" } th.mf-number scope="col" { "Delivered or bounced" } th.mf-number scope="col" { "Bounces" } th.mf-number scope="col" { "Limit" } th.mf-number scope="col" { "Complaints" } th.mf-number scope="col" { "Limit" } th scope="col" { "Judgement" } } }
            tbody { @for rate in rates {
                @let (bounces, complaints) = limits_of(rate.provider, limits);
                tr {
                    td { span.mf-th { "Provider" } (name(rate.provider)) }
                    td.mf-number { span.mf-th { "Delivered or bounced" } (view.reader.number(rate.messages)) }
                    td.mf-number { span.mf-th { "Bounces" } (view.reader.ten_thousandths(rate.bounce_rate())) "\u{a0}%" }
                    td.mf-number { span.mf-th { "Limit" } (view.reader.ten_thousandths(bounces)) "\u{a0}%" }
                    td.mf-number { span.mf-th { "Complaints" } (view.reader.ten_thousandths(rate.complaint_rate())) "\u{a0}%" }
                    td.mf-number { span.mf-th { "Limit" } (view.reader.ten_thousandths(complaints)) "\u{a0}%" }
                    td { span.mf-th { "Judgement" } (judgement(*rate, (bounces, complaints), minimum, view)) }
                }
            } }
        }
    }
}

fn limits_of(provider: Provider, limits: &Limits) -> (u64, u64) {
    let known = limits.of_providers.iter().find(|(known, ..)| *known == provider);
    known.map_or((u64::MAX, u64::MAX), |(_, bounces, complaints)| (*bounces, *complaints))
}

fn judgement(rate: Rate, (bounces, complaints): (u64, u64), minimum: u64, view: &View) -> Markup {
    match (rate.has_too_many_bounces(bounces), rate.has_too_many_complaints(complaints)) {
        _ if rate.messages < minimum => html! { "– too few to judge: fewer than " (view.reader.number(minimum)) },
        (false, false) => html! { "✓ not above either limit" },
        (true, false) => html! { strong { "✕ too many bounces" } },
        (false, true) => html! { strong { "✕ too many complaints" } },
        (true, true) => html! { strong { "✕ too many bounces and complaints" } },
    }
}

/// The name of a provider for people.
fn name(provider: Provider) -> &'static str {
    match provider {
        Provider::Ses => "Amazon SES",
        Provider::Tencent => "Tencent Cloud SES",
        Provider::Mailjet => "Mailjet",
        Provider::Own => "One-click links",
    }
}

fn events(provider: Provider, series: &[&Series], period: Period, view: &View, now: Timestamp) -> Markup {
    html! {
        h2 { (name(provider)) }
        table.mf-table.mf-series {
            thead { tr { th scope="col" { "Event" } th.mf-number scope="col" { "Number" } th scope="col" { "Over " (period.words()) } } }
            tbody { @for series in series { tr {
                td { span.mf-th { "Event" } (series.kind.as_str()) }
                td.mf-number { span.mf-th { "Number" } (view.reader.number(series.total())) }
                td { span.mf-th { "Over " (period.words()) } (columns(series, period, view, now)) }
            } } }
        }
    }
}

/// The columns of a series; the number beside says the sum.
fn columns(series: &Series, period: Period, view: &View, now: Timestamp) -> Markup {
    let most = series.steps.iter().copied().max().unwrap_or_default();
    let steps = u64::try_from(series.steps.len()).unwrap_or(1).max(1);
    let label = format!("{} per column at most", view.reader.number(most));
    html! {
        svg.mf-columns width="100%" height=(HEIGHT) role="img" aria-label=(label) {
            line.mf-rail x1="0%" x2="100%" y1=(HEIGHT) y2=(HEIGHT) {}
            @for (at, count) in (0_u64..).zip(&series.steps) {
                @if *count > 0 {
                    @let height = count.saturating_mul(HEIGHT).checked_div(most).unwrap_or_default().max(2);
                    rect.mf-bar x=(hundredths(at, steps)) width=(hundredths(8, steps.saturating_mul(10))) y=(HEIGHT.saturating_sub(height)) height=(height) {
                        title { (step_time(period, at, view, now)) ": " (view.reader.number(*count)) }
                    }
                }
            }
        }
    }
}

/// A part of the width as a percentage.
fn hundredths(part: u64, whole: u64) -> String {
    let hundredths = part.saturating_mul(10_000).checked_div(whole).unwrap_or_default();
    let (percent, rest) = (hundredths.div_euclid(100), hundredths.rem_euclid(100));
    format!("{percent}.{rest:02}%")
}

/// When a column begins.
fn step_time(period: Period, at: u64, view: &View, now: Timestamp) -> String {
    let offset = i64::try_from(at).unwrap_or_default().saturating_mul(i64::from(period.step_seconds()));
    let seconds = period.start_seconds(now).saturating_add(offset);
    Timestamp::from_millis(seconds.saturating_mul(1_000))
        .map_or_else(String::new, |at| format!("from {}", view.reader.time_text(at)))
}

fn ranks(what: &str, counts: impl Iterator<Item = (String, u64)>, view: &View, empty: &str) -> Markup {
    let counts: Vec<_> = counts.collect();
    if counts.is_empty() {
        return html! { p.mf-empty { (empty) } };
    }
    html! {
        table.mf-table.mf-ranks {
            thead { tr { th scope="col" { (what) } th.mf-number scope="col" { "Number" } } }
            tbody { @for (name, count) in &counts { tr {
                td { span.mf-th { (what) } (shown(name)) }
                td.mf-number { span.mf-th { "Number" } (view.reader.number(*count)) }
            } } }
        }
    }
}
