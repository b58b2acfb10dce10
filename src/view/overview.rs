//! How everything is doing: what an overview consists of.

use super::Period;
use crate::event::{Cause, Kind, Provider, Reason};

/// Everything that happened in a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The time.
    pub period: Period,
    /// The events, by provider and kind; only those that there were.
    pub series: Vec<Series>,
    /// Suppressions by reason, the most first.
    pub suppressions: Vec<(Reason, u64)>,
    /// Whether they are those that began in this time; otherwise they are all that apply now.
    pub suppressions_are_new: bool,
    /// Why messages did not arrive, the most frequent first; `None` if nobody counts causes.
    pub causes: Option<Vec<(Cause, u64)>>,
    /// The rates of each provider that delivered or bounced anything.
    pub rates: Vec<Rate>,
    /// The domains of recipients with the most events; `None` if nobody counts them.
    pub domains: Option<Vec<(String, u64)>>,
}

/// The events of one kind from one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Who reported them.
    pub provider: Provider,
    /// What happened.
    pub kind: Kind,
    /// How many in each column, the oldest first.
    pub steps: Vec<u64>,
}

/// What a provider judges its customers by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The provider.
    pub provider: Provider,
    /// How many messages were delivered or bounced.
    pub messages: u64,
    /// How many of them bounced in the way that the provider counts: for SES, only hard bounces.
    pub bounces: u64,
    /// How many recipients complained.
    pub complaints: u64,
}

impl Series {
    /// All of its events.
    pub(super) fn total(&self) -> u64 {
        self.steps.iter().fold(0, |sum, step| sum.saturating_add(*step))
    }
}

/// The whole, in ten-thousandths of a percent.
const WHOLE: u64 = 1_000_000;

impl Rate {
    /// The bounces in ten-thousandths of a percent, rounded down.
    pub(super) fn bounce_rate(self) -> u64 {
        rate(self.bounces, self.messages)
    }

    /// The complaints in ten-thousandths of a percent, rounded down.
    pub(super) fn complaint_rate(self) -> u64 {
        rate(self.complaints, self.messages)
    }

    /// Whether more bounced than a limit in ten-thousandths of a percent allows.
    pub(super) fn has_too_many_bounces(self, limit: u64) -> bool {
        is_above(self.bounces, self.messages, limit)
    }

    /// Whether more recipients complained than a limit in ten-thousandths of a percent allows.
    pub(super) fn has_too_many_complaints(self, limit: u64) -> bool {
        is_above(self.complaints, self.messages, limit)
    }
}

fn rate(part: u64, whole: u64) -> u64 {
    part.saturating_mul(WHOLE).checked_div(whole).unwrap_or_default()
}

/// Compares without rounding, as the alarms do.
fn is_above(part: u64, whole: u64, limit: u64) -> bool {
    let product = |one: u64, other: u64| u128::from(one).saturating_mul(u128::from(other));
    product(part, WHOLE) > product(limit, whole)
}

impl Overview {
    /// The rates that follow from series and the number of SES's hard bounces.
    #[must_use]
    pub fn rates_of(series: &[Series], hard_bounces_of_ses: u64) -> Vec<Rate> {
        let total = |provider: Provider, kind: Kind| {
            let of_kind = series.iter().filter(|series| series.provider == provider && series.kind == kind);
            of_kind.fold(0_u64, |sum, series| sum.saturating_add(series.total()))
        };
        let rates = Provider::ALL.iter().filter(|provider| provider.sends_mail()).map(|provider| {
            let bounced = total(*provider, Kind::Bounced);
            Rate {
                provider: *provider,
                messages: total(*provider, Kind::Delivered).saturating_add(bounced),
                bounces: if *provider == Provider::Ses { hard_bounces_of_ses } else { bounced },
                complaints: total(*provider, Kind::Complained),
            }
        });
        rates.filter(|rate| rate.messages > 0 || rate.complaints > 0).collect()
    }

    /// Sorts counts, the most first, and leaves out what never happened.
    #[must_use]
    pub fn ranked<T: Ord>(counts: impl IntoIterator<Item = (T, u64)>) -> Vec<(T, u64)> {
        let mut counts: Vec<(T, u64)> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Overview, Provider, Rate, Series};

    #[test]
    fn rates_are_those_of_the_alarms() {
        let series = |provider, kind, steps: &[u64]| Series { provider, kind, steps: steps.to_vec() };
        let all = [
            series(Provider::Ses, Kind::Delivered, &[900, 60]),
            series(Provider::Ses, Kind::Bounced, &[40]),
            series(Provider::Ses, Kind::Complained, &[1]),
            series(Provider::Mailjet, Kind::Delivered, &[1]),
            series(Provider::Mailjet, Kind::Bounced, &[1]),
        ];
        let rates = Overview::rates_of(&all, 10);
        let ses = Rate { provider: Provider::Ses, messages: 1_000, bounces: 10, complaints: 1 };
        let mailjet = Rate { provider: Provider::Mailjet, messages: 2, bounces: 1, complaints: 0 };
        assert_eq!(rates, [ses, mailjet]);
        assert_eq!((ses.bounce_rate(), ses.complaint_rate(), mailjet.bounce_rate()), (10_000, 1_000, 500_000));
    }

    #[test]
    fn a_rate_is_compared_without_rounding() {
        let is_above = |complaints, messages| {
            Rate { provider: Provider::Ses, messages, bounces: complaints, complaints }.has_too_many_complaints(1_000)
        };
        assert!(!is_above(1_000, 1_000_000), "at the limit");
        assert!(is_above(1_001, 1_000_000) && is_above(1_009, 1_000_000));
        assert!(!is_above(0, u64::MAX) && is_above(u64::MAX, u64::MAX), "nothing overflows");
        let all = Rate { provider: Provider::Ses, messages: u64::MAX, bounces: u64::MAX, complaints: 0 };
        assert!(all.has_too_many_bounces(50_000) && !all.has_too_many_bounces(1_000_000));
    }
}
