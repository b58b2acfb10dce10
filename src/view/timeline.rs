//! The history of an address as a picture: time across, one row per suppression and per kind of event.
//!
//! Everything in it is also in the tables of the page. Its positions are percentages of its width and its texts have the
//! size of the page's, so that it can be read on a narrow screen.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::escape::visible;
use super::reader::{Reader, day};
use super::suppressed_times::{Suppressed, SuppressedTimes};
use crate::event::{Kind, Permanence};
use crate::lookup::item::{Item, text};
use crate::lookup::time_of;
use crate::store::is_manual;
use crate::suppression::{SoftBounceRules, SuppressionRecord};
use crate::timestamp::Timestamp;

/// The height of a row: a line of text, and its lane below.
const ROW: i64 = 40;
/// The height of the row that counts soft bounces.
const COUNT_ROW: i64 = 84;
/// Where the columns of that row stand, below its text.
const COUNT_HEIGHT: i64 = 52;
/// The most rows of suppressions; the table has all.
const MAX_SUPPRESSED_ROWS: usize = 20;
/// The shortest time across: an hour.
const SHORTEST_MS: i64 = 3_600_000;

/// What an event means for the address; each has a shape of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// It arrived, or somebody came back.
    Good,
    /// On its way, or used.
    Neutral,
    /// It may still arrive.
    Delayed,
    /// It did not arrive, or was not wanted.
    Bad,
    /// A person decided.
    Decision,
}

impl Mark {
    fn of(item: &Item) -> Self {
        if is_manual(item) {
            return Self::Decision;
        }
        let permanence = text(item, "permanence").and_then(Permanence::from_label);
        match text(item, "kind").and_then(Kind::from_label) {
            Some(Kind::Delivered | Kind::Subscribed) => Self::Good,
            Some(Kind::Deferred) => Self::Delayed,
            Some(Kind::Bounced) if permanence != Some(Permanence::Permanent) => Self::Delayed,
            Some(Kind::Bounced | Kind::Rejected | Kind::Failed | Kind::Complained | Kind::Unsubscribed) => Self::Bad,
            Some(
                Kind::Queued
                | Kind::Sent
                | Kind::Feedback
                | Kind::Autoresponded
                | Kind::Opened
                | Kind::Clicked
                | Kind::Corrected
                | Kind::Unknown,
            )
            | None => Self::Neutral,
        }
    }

    /// Its class, and its shape around the origin.
    const fn drawn(self) -> (&'static str, &'static str) {
        match self {
            Self::Good => ("mf-good", "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z"),
            Self::Neutral => ("mf-neutral", "M-3 0A3 3 0 1 0 3 0A3 3 0 1 0 -3 0Z"),
            Self::Delayed => ("mf-delayed", "M0 -6L6 5L-6 5Z"),
            Self::Bad => ("mf-bad", "M-5 -5L5 5M-5 5L5 -5"),
            Self::Decision => ("mf-decision", "M0 -6L6 0L0 6L-6 0Z"),
        }
    }
}

/// The times that the picture covers.
struct Scale {
    start: i64,
    span: i64,
}

impl Scale {
    fn new(first: Timestamp, now: Timestamp) -> Self {
        let span = now.millis_since(first).max(SHORTEST_MS);
        Self { start: now.millis().saturating_sub(span), span }
    }

    /// Hundredths of a percent of the width, between 2 and 96 percent: now is at 96.
    fn place(&self, at: Timestamp) -> i64 {
        let offset = at.millis().saturating_sub(self.start).clamp(0, self.span);
        offset.saturating_mul(9_400).checked_div(self.span).unwrap_or_default().saturating_add(200)
    }

    fn x(&self, at: Timestamp) -> String {
        percent(self.place(at))
    }
}

fn percent(hundredths: i64) -> String {
    let (whole, rest) = (hundredths.div_euclid(100), hundredths.rem_euclid(100));
    format!("{whole}.{rest:02}%")
}

/// The picture; `None` if there is nothing to show.
pub(super) fn timeline(
    events: &[Item],
    times: &SuppressedTimes,
    record: &SuppressionRecord,
    rules: SoftBounceRules,
    reader: &Reader,
    now: Timestamp,
) -> Option<Markup> {
    let dated: Vec<(Timestamp, &Item)> =
        events.iter().filter_map(|item| Some((Timestamp::parse(&time_of(item))?, item))).collect();
    let bounces = record.soft_bounces.bounces();
    let starts = times.values().flatten().map(|time| time.from);
    let first = dated.iter().map(|(at, _)| *at).chain(starts).chain(bounces.first().map(|bounce| bounce.at)).min()?;
    let scale = Scale::new(first, now);
    let mut rows: Vec<(i64, Markup)> = Vec::new();
    for ((scope, reason), of_reason) in times.iter().take(MAX_SUPPRESSED_ROWS) {
        rows.push((ROW, suppressed(&format!("suppressed: {reason} {scope}"), of_reason, &scale, (reader, now))));
    }
    if !bounces.is_empty() && rules.threshold > 0 {
        rows.push((COUNT_ROW, counted(record, rules, &scale, reader)));
    }
    for (kind, of_kind) in by_kind(&dated) {
        rows.push((ROW, marks(&kind, &of_kind, &scale, reader)));
    }
    Some(drawn(&rows, &scale, now))
}

/// The events of each kind, in the order of the vocabulary.
fn by_kind<'i>(dated: &[(Timestamp, &'i Item)]) -> Vec<(String, Vec<(Timestamp, &'i Item)>)> {
    let mut found: BTreeMap<(usize, String), Vec<(Timestamp, &Item)>> = BTreeMap::new();
    for (at, item) in dated {
        let kind = text(item, "kind").unwrap_or("unknown");
        let place = Kind::ALL.iter().position(|known| known.as_str() == kind).unwrap_or(usize::MAX);
        found.entry((place, kind.to_owned())).or_default().push((*at, *item));
    }
    found.into_iter().map(|((_, kind), events)| (kind, events)).collect()
}

fn drawn(rows: &[(i64, Markup)], scale: &Scale, now: Timestamp) -> Markup {
    let height: i64 = rows.iter().map(|(height, _)| *height).sum();
    let mut top = 0_i64;
    let tops = rows.iter().map(|(height, _)| {
        let this = top;
        top = top.saturating_add(*height);
        this
    });
    let tops: Vec<i64> = tops.collect();
    let whole = height.saturating_add(24);
    html! {
        svg.mf-picture width="100%" height=(whole) role="img" aria-label="Timeline; the tables on this page say the same" {
            line.mf-now x1=(scale.x(now)) x2=(scale.x(now)) y1="0" y2=(height) {}
            @for ((_, row), top) in rows.iter().zip(tops) { svg y=(top) width="100%" overflow="visible" { (row) } }
            (axis(scale, height, now))
        }
        p.mf-legend { "○ arrived, • on its way or used, △ may still arrive, ✕ not delivered or not wanted, ◇ decision. The bars are suppressions, the line is now. Days are in UTC." }
    }
}

/// Three days below the picture.
fn axis(scale: &Scale, height: i64, now: Timestamp) -> Markup {
    let at = |part: i64| {
        let offset = scale.span.saturating_mul(part).checked_div(2).unwrap_or_default();
        Timestamp::from_millis(scale.start.saturating_add(offset)).unwrap_or(now)
    };
    let y = height.saturating_add(18);
    let days: BTreeSet<String> = (0..=2).map(|part| day(at(part))).collect();
    html! {
        text.mf-axis x="2%" y=(y) { (day(at(0))) }
        @if days.len() == 3 { text.mf-axis x="49%" y=(y) text-anchor="middle" { (day(at(1))) } }
        text.mf-axis x="96%" y=(y) text-anchor="end" { "now" }
    }
}

fn label(words: &str) -> Markup {
    html! { text.mf-lane x="2%" y="14" { (visible(words)) } }
}

fn suppressed(words: &str, times: &[Suppressed], scale: &Scale, (reader, now): (&Reader, Timestamp)) -> Markup {
    html! {
        (label(words))
        @for Suppressed { from, until } in times {
            @let start = scale.place(*from);
            // What lasts beyond now reaches the edge.
            @let end = until.filter(|until| *until <= now).map_or(10_000, |until| scale.place(until));
            @let width = end.saturating_sub(start).max(50);
            rect.mf-bar x=(percent(start)) width=(percent(width)) y="20" height="12" {
                title { (words_of(*from, *until, reader)) }
            }
        }
    }
}

fn words_of(from: Timestamp, until: Option<Timestamp>, reader: &Reader) -> String {
    let from = reader.time_text(from);
    until.map_or_else(
        || format!("from {from} without end"),
        |until| format!("from {from} to {}", reader.time_text(until)),
    )
}

fn marks(kind: &str, events: &[(Timestamp, &Item)], scale: &Scale, reader: &Reader) -> Markup {
    html! {
        (label(kind))
        line.mf-rail x1="2%" x2="96%" y1="26" y2="26" {}
        @for (at, item) in events {
            @let (class, shape) = Mark::of(item).drawn();
            svg x=(scale.x(*at)) y="26" overflow="visible" {
                path class=(class) d=(shape) { title { (title(*at, item, reader)) } }
            }
        }
    }
}

fn title(at: Timestamp, item: &Item, reader: &Reader) -> String {
    let fields = ["provider", "kind", "permanence", "cause", "code"];
    let words: Vec<String> = fields.iter().filter_map(|name| text(item, name)).map(visible).collect();
    format!("{} {}", reader.time_text(at), words.join(" "))
}

/// For each soft bounce, how many were counted in the window that it ends, against the threshold.
fn counted(record: &SuppressionRecord, rules: SoftBounceRules, scale: &Scale, reader: &Reader) -> Markup {
    let bounces = record.soft_bounces.bounces();
    let counts: Vec<(Timestamp, u32)> = bounces
        .iter()
        .enumerate()
        .map(|(at, bounce)| {
            let start = bounce.at.minus_days(rules.window_days);
            let before = bounces.iter().take(at.saturating_add(1)).filter(|other| other.at >= start);
            (bounce.at, u32::try_from(before.count()).unwrap_or(u32::MAX))
        })
        .collect();
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default().max(rules.threshold);
    let bottom = COUNT_ROW.saturating_sub(10);
    let height =
        |count: u32| i64::from(count).saturating_mul(COUNT_HEIGHT).checked_div(i64::from(most)).unwrap_or_default();
    let threshold = bottom.saturating_sub(height(rules.threshold));
    let words = format!(
        "soft bounces in {} days; {} on {} days suppress (dashed line)",
        rules.window_days, rules.threshold, rules.min_days
    );
    html! {
        (label(&words))
        line.mf-rail x1="2%" x2="96%" y1=(bottom) y2=(bottom) {}
        line.mf-threshold x1="2%" x2="96%" y1=(threshold) y2=(threshold) {}
        @for (at, count) in counts {
            line.mf-count x1=(scale.x(at)) x2=(scale.x(at)) y1=(bottom) y2=(bottom.saturating_sub(height(count))) {
                title { (reader.time_text(at)) ": " (reader.number(u64::from(count))) }
            }
        }
    }
}
