//! The order of writes, which makes every crash and every repetition harmless.
//!
//! Evidence: first the suppression, then the event. A delivery: first the event, then the suppression is read. A soft
//! bounce: it is merged first, then the event log is searched for a later delivery, then the event is written. Each
//! side writes its own fact before it reads the other's, so whichever comes second sees the first.
//!
//! Several reports are recorded as one: the evidence of an address is merged once, and events share requests. Each
//! report still has its own outcome.

use std::collections::BTreeMap;
use std::future::{pending, ready};

use aws_sdk_dynamodb::Client;
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep_until};

use super::event_item::{partition_key, sort_key, to_item};
use super::events::{BATCH_WRITE, Events};
use super::plan::{AddressChanges, Outcome, Plan, Planned};
use super::suppressions::{BATCH_GET, Delivery};
use super::{Retention, Suppressions};
use crate::address::Address;
use crate::error::{Error, Outage};
use crate::event::{EmailEvent, Reason};
use crate::policy::Policy;
use crate::suppression::{Change, SoftBounceRules};
use crate::timestamp::Timestamp;

/// How many DynamoDB requests run concurrently.
const IN_FLIGHT: usize = 16;

/// Writes events and their consequences.
#[derive(Clone, Debug)]
pub struct Recorder {
    pub(super) events: Events,
    pub(super) suppressions: Suppressions,
    pub(super) policy: Policy,
    pub(super) retention: Retention,
}

/// Until when a recording may take; by default, as long as it needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimeLimits {
    /// Until when evidence is merged.
    pub evidence: Option<Instant>,
    /// Until when anything is read or written.
    pub all: Option<Instant>,
}

/// The result of recording some reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The outcome of each report, in their order.
    ///
    /// A report succeeds if all of its events and all their consequences are durable. Its error is transient, and its
    /// sender should retry it.
    pub reports: Vec<Result<(), Error>>,
    /// The events of the reports that succeeded, each fact once.
    pub events: Vec<EmailEvent>,
    /// The reasons that newly suppress an address, also by reports that failed later: a retry finds nothing new.
    pub suppressed: Vec<Reason>,
}

impl Recorded {
    /// The first error of a report.
    ///
    /// # Errors
    /// Transient.
    pub fn whole(&self) -> Result<(), Error> {
        self.reports.iter().copied().collect()
    }
}

impl Recorder {
    /// Creates a recorder for both tables.
    #[must_use]
    pub fn new(
        client: Client,
        event_table: String,
        suppression_table: String,
        rules: SoftBounceRules,
        policy: Policy,
        retention: Retention,
    ) -> Self {
        Self {
            events: Events { client: client.clone(), table: event_table },
            suppressions: Suppressions::new(client, suppression_table, rules),
            policy,
            retention,
        }
    }

    /// The suppression table.
    #[must_use]
    pub const fn suppressions(&self) -> &Suppressions {
        &self.suppressions
    }

    /// Writes the events of reports, and all their consequences.
    ///
    /// Whatever can be written is written even if something else fails, since all of it is idempotent and will be
    /// retried. A report fails if and only if something of its own is not written, or not known to be when the time is
    /// over; a fact in several reports is written once, and if it fails, all of them fail.
    pub async fn record(&self, reports: Vec<Vec<EmailEvent>>, received_at: Timestamp, limits: TimeLimits) -> Recorded {
        let mut plan = Plan::new(reports, self.policy, received_at);
        let suppressed = self.merge(&mut plan, received_at, limits.evidence).await;
        self.write(&mut plan, received_at, limits.all).await;
        self.void_soft_bounces(&mut plan, received_at, limits.all).await;
        let Outcome { reports, events } = plan.outcome();
        Recorded { reports, events, suppressed }
    }

    /// Merges the evidence of each address; returns the reasons that newly suppress one.
    async fn merge(&self, plan: &mut Plan, received_at: Timestamp, limit: Option<Instant>) -> Vec<Reason> {
        let mut suppressed = Vec::new();
        let evidence = plan.changes_by_address(is_evidence);
        for of_address in evidence.values() {
            plan.failures.expect(&of_address.facts);
        }
        let outcomes = stream::iter(&evidence)
            .map(|(address, of_address)| async move {
                (of_address, self.merge_evidence(address, &of_address.changes, received_at).await)
            })
            .buffer_unordered(IN_FLIGHT)
            .take_until(over(limit));
        let merged = outcomes.for_each(|(of_address, outcome)| {
            plan.failures.set(&of_address.facts, outcome.map(|reasons| suppressed.extend(reasons)));
            ready(())
        });
        merged.await;
        suppressed
    }

    /// Merges evidence; after a soft bounce, also the latest later delivery in the event log.
    async fn merge_evidence(
        &self,
        address: &Address,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<Vec<Reason>, Error> {
        let mut suppressed = self.suppressions.apply(address, changes, now).await?;
        let soft_bounces = changes.iter().filter_map(|change| match change {
            Change::SoftBounce(bounce) => Some(bounce.at),
            Change::Entry { .. } | Change::Delivered { .. } | Change::LiftSoftBounces(_) => None,
        });
        if let Some(earliest) = soft_bounces.min()
            && let Some(at) = self.events.latest_delivery(address.as_str(), earliest, now).await?
        {
            let again = self.suppressions.apply(address, &[Change::Delivered { at }], now).await?;
            suppressed.extend(again);
        }
        Ok(suppressed)
    }

    /// Writes the events in batches, except those whose evidence failed.
    ///
    /// DynamoDB refuses a whole batch because of one item, so the items of such a batch are written one by one.
    async fn write(&self, plan: &mut Plan, received_at: Timestamp, limit: Option<Instant>) {
        let facts: Vec<usize> = plan.pending().collect();
        plan.failures.expect(&facts);
        let refused = self.write_batches(plan, facts.chunks(BATCH_WRITE), received_at, limit).await;
        self.write_batches(plan, refused.chunks(1), received_at, limit).await;
    }

    /// Writes batches of facts; returns the facts of refused batches of several.
    async fn write_batches(
        &self,
        plan: &mut Plan,
        batches: impl Iterator<Item = &[usize]>,
        received_at: Timestamp,
        limit: Option<Instant>,
    ) -> Vec<usize> {
        let Plan { facts, failures, .. } = plan;
        let facts = &*facts;
        let outcomes = stream::iter(batches)
            .map(|batch| self.write_batch(facts, batch, received_at))
            .buffer_unordered(IN_FLIGHT)
            .take_until(over(limit));
        let mut refused = Vec::new();
        let written = outcomes.for_each(|written| {
            failures.set(&written.done, Ok(()));
            match written.failed {
                Some((Error::Transient(Outage::ItemRefused), rest)) if written.is_of_several => refused.extend(rest),
                Some((error, rest)) => failures.set(&rest, Err(error)),
                None => {}
            }
            ready(())
        });
        written.await;
        refused
    }

    async fn write_batch(&self, facts: &[Planned], batch: &[usize], received_at: Timestamp) -> Written {
        let of_batch = || batch.iter().filter_map(|place| facts.get(*place).map(|fact| (*place, fact)));
        let as_item = |fact: &Planned| to_item(&fact.event, fact.effect.as_deref(), self.retention, received_at);
        let is_of_several = batch.len() > 1;
        match self.events.write(of_batch().map(|(_, fact)| as_item(fact)).collect()).await {
            Ok(()) => Written { done: batch.to_vec(), failed: None, is_of_several },
            Err(unwritten) => {
                let is_unwritten = |(_, fact): &(usize, &Planned)| {
                    unwritten.contains(partition_key(&fact.event), sort_key(&fact.event))
                };
                let (rest, done): (Vec<_>, Vec<_>) = of_batch().partition(is_unwritten);
                let places = |facts: Vec<(usize, &Planned)>| facts.into_iter().map(|(place, _)| place).collect();
                Written { done: places(done), failed: Some((unwritten.error, places(rest))), is_of_several }
            }
        }
    }

    /// Voids the soft bounces at or before the deliveries that were just written.
    async fn void_soft_bounces(&self, plan: &mut Plan, now: Timestamp, limit: Option<Instant>) {
        let delivered = plan.changes_by_address(is_delivery);
        for of_address in delivered.values() {
            plan.failures.expect(&of_address.facts);
        }
        let latest: Vec<Delivery<'_>> = delivered
            .iter()
            .filter_map(|(address, of_address)| {
                Some((address, of_address.changes.iter().filter_map(delivered_at).max()?))
            })
            .collect();
        let mut affected: Vec<Delivery<'_>> = Vec::new();
        let lookups = stream::iter(latest.chunks(BATCH_GET))
            .map(|batch| async move { batch.iter().zip(self.suppressions.have_soft_bounces(batch).await) })
            .buffer_unordered(IN_FLIGHT)
            .take_until(over(limit));
        let looked_up = lookups.for_each(|answers| {
            for (delivery, answer) in answers {
                match answer {
                    Ok(true) => affected.push(*delivery),
                    Ok(false) => set_address(plan, &delivered, delivery.0, Ok(())),
                    Err(error) => set_address(plan, &delivered, delivery.0, Err(error)),
                }
            }
            ready(())
        });
        looked_up.await;
        let voided = stream::iter(affected)
            .map(|(address, at)| async move {
                (address, self.suppressions.apply(address, &[Change::Delivered { at }], now).await)
            })
            .buffer_unordered(IN_FLIGHT)
            .take_until(over(limit));
        let voided = voided.for_each(|(address, outcome)| {
            set_address(plan, &delivered, address, outcome.map(drop));
            ready(())
        });
        voided.await;
    }
}

/// What became of a batch of facts.
struct Written {
    done: Vec<usize>,
    /// Those that were not written, and why.
    failed: Option<(Error, Vec<usize>)>,
    is_of_several: bool,
}

/// Sets the outcome of the facts of an address.
fn set_address(
    plan: &mut Plan,
    facts: &BTreeMap<Address, AddressChanges>,
    address: &Address,
    outcome: Result<(), Error>,
) {
    if let Some(of_address) = facts.get(address) {
        plan.failures.set(&of_address.facts, outcome);
    }
}

/// Waits until the time is over.
async fn over(limit: Option<Instant>) {
    match limit {
        Some(limit) => sleep_until(limit).await,
        None => pending().await,
    }
}

const fn is_evidence(change: &Change) -> bool {
    match change {
        Change::Entry { .. } | Change::SoftBounce(_) | Change::LiftSoftBounces(_) => true,
        Change::Delivered { .. } => false,
    }
}

const fn is_delivery(change: &Change) -> bool {
    !is_evidence(change)
}

const fn delivered_at(change: &Change) -> Option<Timestamp> {
    match change {
        Change::Delivered { at } => Some(*at),
        Change::Entry { .. } | Change::SoftBounce(_) | Change::LiftSoftBounces(_) => None,
    }
}
