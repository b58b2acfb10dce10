//! The order of writes, which makes every crash and every repetition harmless.
//!
//! Evidence: first the suppression, then the event. A delivery: first the event, then the suppression is read. A soft
//! bounce: it is merged first, then the event log is searched for a later delivery, then the event is written. Each
//! side writes its own fact before it reads the other's, so whichever comes second sees the first.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use futures_util::{StreamExt, stream};
use tokio::time::sleep;

use super::event_item::{partition_key, sort_key, to_item};
use super::events::{BATCH_WRITE, Events};
use super::suppressions::BATCH_GET;
use super::{Retention, Suppressions};
use crate::address::Address;
use crate::error::{Error, Outage};
use crate::event::{EmailEvent, Reason};
use crate::policy::{Policy, decide};
use crate::suppression::{Change, SoftBounceRules, effect_text};
use crate::timestamp::Timestamp;

/// How many DynamoDB requests run concurrently.
const IN_FLIGHT: usize = 16;

/// Writes events and their consequences.
#[derive(Clone, Debug)]
pub struct Recorder {
    pub(super) events: Events,
    pub(super) suppressions: Suppressions,
    policy: Policy,
    pub(super) retention: Retention,
}

/// The result for the events of one invocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The events whose records were written, each fact once.
    pub events: Vec<EmailEvent>,
    /// The reasons that newly suppress an address.
    pub suppressed: Vec<Reason>,
}

/// An event, once, with its consequences.
struct Planned {
    event: EmailEvent,
    /// The text of the consequences of this report.
    effect: Option<String>,
    /// The changes from every report of it.
    changes: Vec<Change>,
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

    /// Writes events; success means that all of them and all their consequences are durable.
    ///
    /// Whatever can be written is written even if something else fails, since all of it is idempotent and will be
    /// retried. Evidence that takes longer than `evidence_timeout` fails; independent events are still written.
    ///
    /// # Errors
    /// Transient; the sender should retry everything.
    pub async fn record(
        &self,
        events: Vec<EmailEvent>,
        received_at: Timestamp,
        evidence_timeout: Duration,
    ) -> Result<Recorded, Error> {
        let planned = plan(events, self.policy, received_at);
        let mut recorded = Recorded::default();
        let mut failure: Option<Error> = None;

        let evidence = by_address(&planned, is_evidence);
        let mut unmerged: BTreeSet<&Address> = evidence.keys().collect();
        let outcomes = stream::iter(&evidence)
            .map(
                |(address, changes)| async move { (address, self.merge_evidence(address, changes, received_at).await) },
            )
            .buffer_unordered(IN_FLIGHT)
            .take_until(sleep(evidence_timeout));
        let merged = outcomes.for_each(|(address, outcome)| {
            match outcome {
                Ok(suppressed) => {
                    recorded.suppressed.extend(suppressed);
                    unmerged.remove(address);
                }
                Err(error) => failure = failure.or(Some(error)),
            }
            ready(())
        });
        merged.await;
        if !unmerged.is_empty() {
            failure = failure.or(Some(Error::Transient(Outage::Deadline)));
        }

        let mut written: Vec<Planned> = Vec::new();
        for outcome in self.write(planned, &unmerged, received_at).await {
            match outcome {
                Ok(chunk) => written.extend(chunk),
                Err(error) => failure = failure.or(Some(error)),
            }
        }

        let delivered = self.void_soft_bounces(&written, received_at).await;
        match failure.or(delivered.err()) {
            Some(error) => Err(error),
            None => Ok(Recorded { events: written.into_iter().map(|entry| entry.event).collect(), ..recorded }),
        }
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
    async fn write(
        &self,
        planned: Vec<Planned>,
        unmerged: &BTreeSet<&Address>,
        received_at: Timestamp,
    ) -> Vec<Result<Vec<Planned>, Error>> {
        let mut chunks: Vec<Vec<Planned>> = Vec::new();
        let is_merged = |entry: &Planned| entry.event.address().is_none_or(|address| !unmerged.contains(address));
        for entry in planned.into_iter().filter(is_merged) {
            match chunks.last_mut() {
                Some(chunk) if chunk.len() < BATCH_WRITE => chunk.push(entry),
                _ => chunks.push(vec![entry]),
            }
        }
        stream::iter(chunks)
            .map(|chunk| self.write_chunk(chunk, received_at))
            .buffer_unordered(IN_FLIGHT)
            .map(stream::iter)
            .flatten()
            .collect()
            .await
    }

    /// Writes a batch; an item that DynamoDB refuses does not fail the others.
    async fn write_chunk(&self, chunk: Vec<Planned>, received_at: Timestamp) -> Vec<Result<Vec<Planned>, Error>> {
        let as_item = |entry: &Planned| to_item(&entry.event, entry.effect.as_deref(), self.retention, received_at);
        match self.events.write(chunk.iter().map(as_item).collect()).await {
            Ok(()) => vec![Ok(chunk)],
            Err(Error::Transient(Outage::ItemRefused)) => {
                let mut outcomes = Vec::with_capacity(chunk.len());
                for entry in chunk {
                    outcomes.push(self.events.write(vec![as_item(&entry)]).await.map(|()| vec![entry]));
                }
                outcomes
            }
            Err(error) => vec![Err(error)],
        }
    }

    /// Voids the soft bounces at or before the deliveries that were just written.
    async fn void_soft_bounces(&self, written: &[Planned], now: Timestamp) -> Result<(), Error> {
        let delivered = by_address(written, |change| matches!(change, Change::Delivered { .. }));
        let latest: Vec<(Address, Timestamp)> = delivered
            .into_iter()
            .filter_map(|(address, changes)| Some((address, changes.iter().filter_map(delivered_at).max()?)))
            .collect();
        let mut lookups = stream::iter(latest.chunks(BATCH_GET))
            .map(|chunk| self.suppressions.affected_by(chunk))
            .buffer_unordered(IN_FLIGHT);
        let mut failure = None;
        while let Some(outcome) = lookups.next().await {
            let (voided, unreadable) = match outcome {
                Ok(found) => found,
                Err(error) => {
                    failure = failure.or(Some(error));
                    continue;
                }
            };
            failure = failure.or(unreadable);
            for (address, at) in voided {
                let applied = self.suppressions.apply(&address, &[Change::Delivered { at }], now).await;
                failure = failure.or(applied.err());
            }
        }
        failure.map_or(Ok(()), Err)
    }
}

/// Each fact once, since a batch write refuses duplicate keys, with the consequences of every report of it.
fn plan(events: Vec<EmailEvent>, policy: Policy, received_at: Timestamp) -> Vec<Planned> {
    let mut planned: BTreeMap<(String, String), Planned> = BTreeMap::new();
    for event in events {
        let changes = decide(&event, policy, received_at);
        match planned.entry((partition_key(&event), sort_key(&event))) {
            Entry::Occupied(mut known) => known.get_mut().changes.extend(changes),
            Entry::Vacant(free) => {
                let effect = effect_text(&changes);
                free.insert(Planned { event, effect, changes });
            }
        }
    }
    planned.into_values().collect()
}

fn by_address(planned: &[Planned], wanted: fn(&Change) -> bool) -> BTreeMap<Address, Vec<Change>> {
    let mut grouped: BTreeMap<Address, Vec<Change>> = BTreeMap::new();
    for entry in planned {
        let mut changes = entry.changes.iter().filter(|change| wanted(change)).cloned().peekable();
        if let Some(address) = entry.event.address().filter(|_| changes.peek().is_some()) {
            grouped.entry(address.clone()).or_default().extend(changes);
        }
    }
    grouped
}

const fn is_evidence(change: &Change) -> bool {
    match change {
        Change::Entry { .. } | Change::SoftBounce(_) | Change::LiftSoftBounces(_) => true,
        Change::Delivered { .. } => false,
    }
}

const fn delivered_at(change: &Change) -> Option<Timestamp> {
    match change {
        Change::Delivered { at } => Some(*at),
        Change::Entry { .. } | Change::SoftBounce(_) | Change::LiftSoftBounces(_) => None,
    }
}
