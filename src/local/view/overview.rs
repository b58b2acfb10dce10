//! The overview of what arrived during this run.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::event::{Cause, Kind, Permanence, Provider, Reason};
use crate::lookup::item::{Item, map, text};
use crate::suppression::State;
use crate::timestamp::Timestamp;
use crate::view::{Overview, Period, Series};

/// What an event counts as.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Figure {
    Event(Provider, Kind),
    HardBounceOfSes,
    Cause(Cause),
    Domain(String),
}

/// How many events of each kind arrived in each minute.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<(Figure, i64), u64>);

impl Counts {
    /// Counts an event that arrived at a time. Decisions are no reports.
    pub(super) fn add(&mut self, item: &Item, at: Timestamp) {
        let provider = text(item, "provider").and_then(Provider::from_label);
        let kind = text(item, "kind").and_then(Kind::from_label);
        let Some((provider, kind)) = provider.zip(kind) else { return };
        let is_permanent = text(item, "permanence") == Some(Permanence::Permanent.as_str());
        let is_hard = provider == Provider::Ses && is_permanent;
        let has_cause = matches!(kind, Kind::Bounced | Kind::Rejected | Kind::Failed);
        let cause = text(item, "cause").and_then(Cause::from_label).filter(|_| has_cause);
        let address = text(item, "address").and_then(Address::parse);
        let figures = [
            Some(Figure::Event(provider, kind)),
            is_hard.then_some(Figure::HardBounceOfSes),
            cause.map(Figure::Cause),
            address.map(|address| Figure::Domain(address.domain().to_owned())),
        ];
        let minute = at.seconds().div_euclid(60);
        for figure in figures.into_iter().flatten() {
            let count = self.0.entry((figure, minute)).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// The overview of a time, with the records of all addresses.
    pub(super) fn overview(&self, records: &[Item], period: Period, now: Timestamp) -> Overview {
        let mut totals: BTreeMap<&Figure, Vec<u64>> = BTreeMap::new();
        for ((figure, minute), count) in &self.0 {
            let steps = totals.entry(figure).or_insert_with(|| vec![0; period.steps()]);
            let step = period.step_of(minute.saturating_mul(60), now).and_then(|step| steps.get_mut(step));
            if let Some(step) = step {
                *step = step.saturating_add(*count);
            }
        }
        let (mut series, mut causes, mut domains, mut hard) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (figure, steps) in totals {
            let total = steps.iter().fold(0_u64, |sum, step| sum.saturating_add(*step));
            match figure {
                Figure::Event(provider, kind) if total > 0 => {
                    series.push(Series { provider: *provider, kind: *kind, steps });
                }
                Figure::Event(..) => {}
                Figure::HardBounceOfSes => hard = total,
                Figure::Cause(cause) => causes.push((*cause, total)),
                Figure::Domain(domain) => domains.push((domain.clone(), total)),
            }
        }
        Overview {
            period,
            rates: Overview::rates_of(&series, hard),
            series,
            suppressions: suppressed(records, now),
            suppressions_are_new: false,
            causes: Some(Overview::ranked(causes)),
            domains: Some(Overview::ranked(domains)),
        }
    }
}

/// How many addresses each reason suppresses at a time.
fn suppressed(records: &[Item], now: Timestamp) -> Vec<(Reason, u64)> {
    let mut counts: BTreeMap<Reason, u64> = BTreeMap::new();
    for record in records {
        let scopes = map(record, "suppressions").into_iter().flat_map(|scopes| scopes.values());
        let entries = scopes.filter_map(|reasons| reasons.as_m().ok()).flatten();
        let is_active = |entry: &Item| {
            let until = text(entry, "until").and_then(Timestamp::parse);
            text(entry, "state") == Some(State::Suppressed.as_str()) && until.is_none_or(|until| until > now)
        };
        let active = entries.filter_map(|(reason, entry)| {
            entry.as_m().ok().filter(|entry| is_active(entry)).and_then(|_| Reason::from_label(reason))
        });
        let reasons: std::collections::BTreeSet<Reason> = active.collect();
        for reason in reasons {
            let count = counts.entry(reason).or_default();
            *count = count.saturating_add(1);
        }
    }
    Overview::ranked(counts)
}
