//! Counts temporary bounces: many of them, on several days, suppress for a while.

use std::collections::BTreeMap;
use std::fmt;

use super::trim::{drop_text, shorten};
use super::{Entry, State};
use crate::timestamp::Timestamp;

/// When soft bounces suppress an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftBounceRules {
    /// How many bounces are needed; 0 turns counting off.
    pub threshold: u32,
    /// The number of days within which they must happen.
    pub window_days: u32,
    /// The number of distinct UTC days on which they must happen: one bad day does not make a bad address.
    pub min_days: u32,
    /// How many days the suppression lasts after the bounce that triggered it.
    pub cooldown_days: u32,
}

/// The most bounces of a record: about 90 bytes each without their texts, in an item of at most 400 KB.
const MAX_BOUNCES: usize = 600;

impl SoftBounceRules {
    /// Whether the bounces that a record keeps are enough to apply the rules: of each of `min_days` days, the first and
    /// the last `threshold`.
    #[must_use]
    pub fn fit_a_record(self) -> bool {
        let needed = u64::from(self.threshold).saturating_mul(2).saturating_mul(u64::from(self.min_days));
        usize::try_from(needed).is_ok_and(|needed| needed <= MAX_BOUNCES)
    }
}

impl Default for SoftBounceRules {
    fn default() -> Self {
        Self { threshold: 5, window_days: 30, min_days: 3, cooldown_days: 30 }
    }
}

/// One temporary bounce.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SoftBounce {
    /// When it happened.
    pub at: Timestamp,
    /// The event.
    pub event_id: String,
    /// Who reported it.
    pub provider: String,
    /// The provider's code.
    pub code: Option<String>,
    /// Diagnostic text.
    pub detail: Option<String>,
    /// The address as reported.
    pub recipient: Option<String>,
}

impl fmt::Debug for SoftBounce {
    /// Shows only what may appear in a log, nothing personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftBounce").field("at", &self.at).field("event_id", &self.event_id).finish_non_exhaustive()
    }
}

/// A person's decision that earlier temporary bounces are void.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SoftBounceLift {
    /// When it was decided; bounces at or before it do not count.
    pub at: Timestamp,
    /// Who decided.
    pub actor: Option<String>,
    /// The reason, in the actor's words.
    pub note: Option<String>,
}

/// The temporary bounces since the latest delivery and the latest lift, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoftBounces {
    bounces: Vec<SoftBounce>,
    lifted: Option<SoftBounceLift>,
}

impl SoftBounces {
    /// The bounces and the lift of a stored record.
    #[must_use]
    pub fn new(mut bounces: Vec<SoftBounce>, lifted: Option<SoftBounceLift>) -> Self {
        bounces.sort();
        Self { bounces, lifted }
    }

    /// The bounces that count, oldest first.
    #[must_use]
    pub fn bounces(&self) -> &[SoftBounce] {
        &self.bounces
    }

    /// The latest time at which a person declared earlier bounces void.
    #[must_use]
    pub fn lifted_at(&self) -> Option<Timestamp> {
        self.lifted.as_ref().map(|lift| lift.at)
    }

    /// The latest decision of a person that earlier bounces are void.
    #[must_use]
    pub const fn lifted(&self) -> Option<&SoftBounceLift> {
        self.lifted.as_ref()
    }

    /// Whether a delivery at this time would void a bounce.
    #[must_use]
    pub fn any_at_or_before(&self, at: Timestamp) -> bool {
        self.bounces.iter().any(|bounce| bounce.at <= at)
    }

    /// Adds a bounce, unless a lift at or after it voids it; the same event counts once.
    pub(super) fn add(&mut self, bounce: SoftBounce, rules: SoftBounceRules) {
        if self.lifted_at().is_some_and(|lifted_at| bounce.at <= lifted_at) {
            return;
        }
        match self.bounces.iter().position(|known| known.event_id == bounce.event_id) {
            Some(at) if self.bounces.get(at).is_some_and(|known| *known >= bounce) => return,
            Some(at) => drop(self.bounces.remove(at)),
            None => {}
        }
        self.bounces.push(bounce);
        self.bounces.sort();
        self.prune(rules);
    }

    /// Voids the bounces at or before a delivery.
    pub(super) fn delivered(&mut self, at: Timestamp) {
        self.bounces.retain(|bounce| bounce.at > at);
    }

    /// Voids the bounces at or before a person's lift, including those that arrive later.
    pub(super) fn lift(&mut self, lift: &SoftBounceLift) {
        self.lifted = self.lifted.take().max(Some(lift.clone()));
        self.bounces.retain(|bounce| bounce.at > lift.at);
    }

    /// Drops what can no longer matter, and what exceeds the need of a day.
    ///
    /// Of each UTC day the first and the last `threshold` bounces are kept, and of all the latest [`MAX_BOUNCES`]:
    /// enough for every count, and a bound on the size of the item if a server bounces thousands of messages to one
    /// address. Only beyond that bound may a delivery in the middle of a day leave different bounces in another order
    /// of arrival. Even then, whether and until when they suppress is the same if `min_days` is above 1; `first_at` may
    /// be later.
    fn prune(&mut self, rules: SoftBounceRules) {
        let Some(latest) = self.bounces.last().map(|bounce| bounce.at) else { return };
        let horizon = latest.minus_days(rules.window_days.saturating_add(rules.cooldown_days));
        // By whole days: cutting a thinned-out day in the middle would make the result depend on the order of arrival.
        self.bounces.retain(|bounce| bounce.at.day() >= horizon.day());

        let keep = rules.threshold.max(1);
        let mut of_day: BTreeMap<i64, u32> = BTreeMap::new();
        for bounce in &self.bounces {
            let count = of_day.entry(bounce.at.day()).or_default();
            *count = count.saturating_add(1);
        }
        let mut seen: BTreeMap<i64, u32> = BTreeMap::new();
        self.bounces.retain(|bounce| {
            let day = bounce.at.day();
            let nth = seen.entry(day).or_default();
            *nth = nth.saturating_add(1);
            let total = of_day.get(&day).copied().unwrap_or_default();
            *nth <= keep || *nth > total.saturating_sub(keep)
        });
        let surplus = self.bounces.len().saturating_sub(MAX_BOUNCES);
        self.bounces.drain(..surplus);
    }

    /// Drops the texts of the oldest bounces until at least this many bytes are freed; returns how many were.
    pub(super) fn trim(&mut self, bytes: usize) -> usize {
        let mut gone = 0_usize;
        for bounce in &mut self.bounces {
            if gone >= bytes {
                break;
            }
            let texts = [&mut bounce.code, &mut bounce.detail, &mut bounce.recipient];
            gone = gone.saturating_add(texts.into_iter().map(drop_text).sum());
        }
        gone
    }

    /// Drops the note of the lift and shortens the actor's name; returns how many bytes were freed.
    pub(super) fn trim_lift(&mut self) -> usize {
        let Some(lift) = &mut self.lifted else { return 0 };
        let actor = lift.actor.as_mut().map_or(0, |actor| shorten(actor, Entry::ACTOR_BYTES));
        drop_text(&mut lift.note).saturating_add(actor)
    }

    /// The entry derived from the bounces, if any; it depends on the bounces and the rules alone.
    ///
    /// It applies if some bounce closes a window of at most `window_days` (inclusive) with at least `threshold` bounces
    /// on at least `min_days` UTC days; that bounce is at most a cooldown older than the latest one.
    #[must_use]
    pub fn entry(&self, rules: SoftBounceRules) -> Option<Entry> {
        if rules.threshold == 0 {
            return None;
        }
        let latest = self.bounces.last()?.at;
        let ignored_before = latest.minus_days(rules.cooldown_days);
        let days = self.days_so_far();
        let mut closing = self
            .bounces
            .iter()
            .filter(|bounce| bounce.at >= ignored_before && self.closes_window(bounce.at, rules, &days));
        let first = closing.next()?;
        let last = closing.next_back().unwrap_or(first);
        Some(Entry {
            state: State::Suppressed,
            at: last.at,
            first_at: Some(first.at),
            suppressed_at: None,
            lifted_event: None,
            until: Some(last.at.plus_days(rules.cooldown_days)),
            provider: last.provider.clone(),
            event_id: last.event_id.clone(),
            code: last.code.clone(),
            detail: last.detail.clone(),
            recipient: last.recipient.clone(),
            actor: None,
            note: None,
        })
    }

    fn closes_window(&self, end: Timestamp, rules: SoftBounceRules, days: &[usize]) -> bool {
        let start = end.minus_days(rules.window_days);
        let first = self.bounces.partition_point(|bounce| bounce.at < start);
        let after = self.bounces.partition_point(|bounce| bounce.at <= end);
        let days_until = |place: usize| days.get(place).copied().unwrap_or_default();
        let days = days_until(after.saturating_sub(1)).saturating_sub(days_until(first)).saturating_add(1);
        let at_least = |count: usize, demand: u32| usize::try_from(demand).is_ok_and(|demand| count >= demand);
        at_least(after.saturating_sub(first), rules.threshold) && at_least(days, rules.min_days)
    }

    /// For each bounce, the number of days with bounces until then.
    fn days_so_far(&self) -> Vec<usize> {
        let (mut days, mut latest) = (0_usize, None);
        let count = |bounce: &SoftBounce| {
            days = days.saturating_add(usize::from(latest != Some(bounce.at.day())));
            latest = Some(bounce.at.day());
            days
        };
        self.bounces.iter().map(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{SoftBounce, SoftBounceLift, SoftBounceRules, SoftBounces};
    use crate::timestamp::Timestamp;

    const DAY: i64 = 86_400_000;

    fn bounce(millis: i64) -> SoftBounce {
        SoftBounce {
            at: Timestamp::from_millis(millis).unwrap_or(Timestamp::MAX),
            event_id: format!("{millis:020}"),
            provider: "ses".to_owned(),
            code: None,
            detail: None,
            recipient: None,
        }
    }

    fn counted(times: impl IntoIterator<Item = i64>) -> SoftBounces {
        let mut soft = SoftBounces::default();
        for at in times {
            soft.add(bounce(at), SoftBounceRules::default());
        }
        soft
    }

    #[test]
    fn five_bounces_on_three_days_suppress_for_the_cooldown() {
        let rules = SoftBounceRules::default();
        assert_eq!(counted([DAY, 2 * DAY, 3 * DAY, 4 * DAY]).entry(rules), None);
        let entry = counted([DAY, DAY + 1, 2 * DAY, 3 * DAY, 3 * DAY + 5]).entry(rules);
        let times = entry.map(|entry| (entry.at.millis(), entry.until.map(Timestamp::millis)));
        assert_eq!(times, Some((3 * DAY + 5, Some(33 * DAY + 5))));
    }

    #[test]
    fn one_bad_day_does_not_suppress() {
        let one_day = counted((0..40).map(|n| DAY + n));
        assert_eq!(one_day.entry(SoftBounceRules::default()), None);
        assert_eq!(one_day.bounces().len(), 10, "a day keeps its first and last five");
    }

    #[test]
    fn the_window_is_inclusive() {
        let rules = SoftBounceRules::default();
        let four = [10 * DAY, 20 * DAY, 30 * DAY, 30 * DAY + 1];
        assert!(counted(four.into_iter().chain([40 * DAY])).entry(rules).is_some());
        assert!(counted(four.into_iter().chain([40 * DAY + 1])).entry(rules).is_none());
    }

    #[test]
    fn a_delivery_and_a_lift_void_earlier_soft_bounces() {
        let mut soft = counted([DAY, 2 * DAY, 3 * DAY]);
        soft.delivered(bounce(2 * DAY).at);
        assert_eq!(soft.bounces().len(), 1);
        soft.lift(&SoftBounceLift { at: bounce(5 * DAY).at, actor: None, note: None });
        soft.add(bounce(4 * DAY), SoftBounceRules::default());
        assert_eq!(soft.bounces(), []);
    }

    #[test]
    fn a_threshold_of_zero_switches_counting_off() {
        let rules = SoftBounceRules { threshold: 0, ..SoftBounceRules::default() };
        assert_eq!(counted((1..60).map(|n| n * DAY / 4)).entry(rules), None);
    }
}
