//! Writes imported rows in batches, each row merged as an event at its time.

use std::collections::{BTreeMap, BTreeSet};

use super::Recorder;
use super::attribute::{Item, text};
use super::backoff;
use super::item_limit::fitted;
use super::manual_item::to_item;
use super::record_item::Stored;
use super::suppressions::{ATTEMPTS, UNREADABLE, newly_suppressed};
use super::transaction::{Committed, Decided, fitting};
use crate::address::Address;
use crate::error::{Error, Outage};
use crate::event::Reason;
use crate::suppression::{Change, Entry, ManualEvent, Scope, SuppressionRecord};
use crate::timestamp::Timestamp;

/// The most rows that one transaction takes, since each is a record and an event.
pub const MAX_ROWS: usize = 50;

/// What became of imported rows.
#[derive(Debug, Default)]
pub struct Imported {
    /// How many suppressions are new.
    pub suppressed: usize,
    /// The addresses whose rows were not imported: their record cannot be read, or DynamoDB refuses it.
    pub failed: BTreeMap<Address, Error>,
}

/// The rows of one address.
type Rows<'r> = (&'r Address, &'r [Change]);

/// The changes of the rows of one address.
struct Plan<'r> {
    rows: Rows<'r>,
    decided: Decided,
    /// How many suppressions are new.
    suppressed: usize,
}

impl Recorder {
    /// Merges rows, at most [`MAX_ROWS`], into the records of their addresses.
    ///
    /// A row that changes a record is also written as an event, in the same transaction. One that changes nothing writes
    /// nothing, so that a list can be imported again. A record that cannot be read or written fails only its own rows.
    ///
    /// # Errors
    /// Transient if a table fails, or every attempt met another writer. Some of the rows may have been written.
    pub async fn import(&self, rows: &BTreeMap<Address, Vec<Change>>, now: Timestamp) -> Result<Imported, Error> {
        let mut pending: Vec<Rows<'_>> = rows.iter().map(|(address, changes)| (address, changes.as_slice())).collect();
        let mut imported = Imported::default();
        let mut outage = Outage::Contention;
        for attempt in 1..=ATTEMPTS {
            let mut plans = self.plan_import(&pending, &mut imported.failed, now).await?;
            pending.clear();
            while !plans.is_empty() {
                // A batch that failed is written row by row.
                let count = if attempt == 1 { fitting(plans.iter().map(|plan| &plan.decided)) } else { 1 };
                let rest = plans.split_off(count);
                let (rows, decided): (Vec<_>, Vec<_>) =
                    plans.into_iter().map(|plan| ((plan.rows, plan.suppressed), plan.decided)).unzip();
                match self.commit(decided).await {
                    Ok(Committed::Yes) => {
                        let new = rows.iter().map(|(_, new)| *new);
                        imported.suppressed = new.fold(imported.suppressed, usize::saturating_add);
                    }
                    Ok(Committed::Again(why)) => {
                        outage = why;
                        pending.extend(rows.into_iter().map(|(rows, _)| rows));
                    }
                    Err(Error::Transient(Outage::ItemRefused)) if rows.len() > 1 => {
                        pending.extend(rows.into_iter().map(|(rows, _)| rows));
                    }
                    Err(error @ Error::Transient(Outage::ItemRefused)) => {
                        imported.failed.extend(rows.into_iter().map(|((address, _), _)| (address.clone(), error)));
                    }
                    Err(error) => return Err(error),
                }
                plans = rest;
            }
            if pending.is_empty() {
                return Ok(imported);
            }
            backoff::wait(attempt).await;
        }
        Err(Error::Transient(outage))
    }

    /// What an import of these rows would do; nothing is written.
    ///
    /// # Errors
    /// Transient if the table cannot be read.
    pub async fn preview_import(
        &self,
        rows: &BTreeMap<Address, Vec<Change>>,
        now: Timestamp,
    ) -> Result<Imported, Error> {
        let rows: Vec<Rows<'_>> = rows.iter().map(|(address, changes)| (address, changes.as_slice())).collect();
        let mut failed = BTreeMap::new();
        let plans = self.plan_import(&rows, &mut failed, now).await?;
        Ok(Imported { suppressed: plans.iter().map(|plan| plan.suppressed).sum(), failed })
    }

    /// The changes of rows, without the rows that change nothing, and without those whose record cannot be read.
    async fn plan_import<'r>(
        &self,
        rows: &[Rows<'r>],
        failed: &mut BTreeMap<Address, Error>,
        now: Timestamp,
    ) -> Result<Vec<Plan<'r>>, Error> {
        let addresses: Vec<&Address> = rows.iter().map(|(address, _)| *address).collect();
        let mut found = self.suppressions.stored_batch(&addresses).await;
        if let Some(outage) = found.failed.values().find(|error| **error != UNREADABLE) {
            return Err(*outage);
        }
        let mut plans = Vec::new();
        for (address, changes) in rows.iter().copied() {
            if let Some(error) = found.failed.get(address.as_str()) {
                failed.insert(address.clone(), *error);
                continue;
            }
            let stored = found.records.remove(address.as_str()).unwrap_or_default();
            plans.extend(self.plan_rows((address, changes), &stored, now));
        }
        Ok(plans)
    }

    fn plan_rows<'r>(&self, rows: Rows<'r>, stored: &Stored, now: Timestamp) -> Option<Plan<'r>> {
        let (address, changes) = rows;
        let rules = self.suppressions.rules();
        let mut merged = stored.record.clone();
        // By key, since a transaction may not contain an item twice.
        let mut events: BTreeMap<String, Item> = BTreeMap::new();
        for change in changes.iter().filter(|change| !is_known(&stored.record, change)) {
            let before = touched(&merged, change);
            merged.merge(change, rules);
            if touched(&merged, change) == before {
                continue;
            }
            let event =
                ManualEvent::imported(address, change, now).map(|event| to_item(address, &event, self.retention));
            events.extend(event.and_then(|event| Some((text(&event, "event")?.to_owned(), event))));
        }
        if merged == stored.record {
            return None;
        }
        let record = fitted(address, &mut merged, stored, rules, now);
        // The only news may have been texts that do not fit.
        if merged == stored.record {
            return None;
        }
        let suppressed = newly_suppressed(&stored.record, &merged).len();
        let decided = Decided { record, read: stored.version, events: events.into_values().collect() };
        Some(Plan { rows, decided, suppressed })
    }
}

/// The parts of a record that a row can change: the entries of its scope and of `*`, and what is folded. Comparing whole
/// records may be slow.
fn touched(record: &SuppressionRecord, change: &Change) -> (BTreeSet<Reason>, Vec<BTreeMap<Reason, Entry>>) {
    let everything = Scope::everything();
    let own = match change {
        Change::Entry { scope, .. } => scope,
        Change::SoftBounce(_) | Change::Delivered { .. } | Change::LiftSoftBounces(_) => &everything,
    };
    let entries = [own, &everything].map(|scope| record.suppressions.get(scope).cloned().unwrap_or_default());
    (record.folded.clone(), entries.into())
}

/// Whether the record already has this suppression, with its own evidence or actor, which an import must not replace.
fn is_known(record: &SuppressionRecord, change: &Change) -> bool {
    let Change::Entry { scope, reason, entry, .. } = change else { return false };
    let known = record.entry(scope, *reason);
    known.is_some_and(|known| {
        let earlier = known.first_at <= entry.first_at;
        (known.state, known.at, known.until) == (entry.state, entry.at, entry.until) && earlier
    })
}
