//! Reads and changes suppression records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use futures_util::future::join_all;

use super::attribute::{Item, text};
use super::backoff;
use super::item_limit::fitted;
use super::record_item::{Stored, from_item};
use super::sdk_error::classified;
use crate::address::Address;
use crate::error::{Error, Outage};
use crate::event::Reason;
use crate::suppression::{AskedScopes, Change, Elsewhere, SoftBounceRules, State, SuppressionRecord, Verdict};
use crate::timestamp::Timestamp;

/// The most keys that `BatchGetItem` takes.
pub(super) const BATCH_GET: usize = 100;
/// How many `BatchGetItem` requests run concurrently.
const READS: usize = 10;
/// How often a conflicting write is tried.
pub(super) const ATTEMPTS: u32 = 20;
/// How many times keys that DynamoDB left unprocessed are requested.
const READ_ATTEMPTS: u32 = 8;
/// The item of an address is not a suppression record.
pub(super) const UNREADABLE: Error = Error::Transient(Outage::StoredRecord);

/// An address and the time of the latest delivery to it.
pub(super) type Delivery<'a> = (&'a Address, Timestamp);

/// The records of a batch of addresses, or what is kept of each.
#[derive(Default)]
pub(super) struct Found<T> {
    pub(super) records: BTreeMap<String, T>,
    /// The addresses whose records were not read, and why.
    pub(super) failed: BTreeMap<String, Error>,
}

impl<T> Found<T> {
    /// What is kept of the record of an address; `None` if it has none.
    fn record(&self, address: &Address) -> Result<Option<&T>, Error> {
        match self.failed.get(address.as_str()) {
            Some(error) => Err(*error),
            None => Ok(self.records.get(address.as_str())),
        }
    }
}

/// Which version of a record was read; an address without a record has one, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub(super) Option<u64>);

/// The suppression table: one item per address, and one with certificates.
#[derive(Clone, Debug)]
pub struct Suppressions {
    pub(super) client: Client,
    pub(super) table: String,
    rules: SoftBounceRules,
}

impl Suppressions {
    /// The table with this name, with these rules for soft bounces.
    #[must_use]
    pub const fn new(client: Client, table: String, rules: SoftBounceRules) -> Self {
        Self { client, table, rules }
    }

    /// The rules for soft bounces.
    pub(super) const fn rules(&self) -> SoftBounceRules {
        self.rules
    }

    /// The record of an address, with a strongly consistent read; an address without one has the empty record.
    ///
    /// # Errors
    /// Transient if the table cannot be read or holds something else.
    pub async fn get(&self, address: &Address) -> Result<SuppressionRecord, Error> {
        self.stored(address).await.map(|stored| stored.record)
    }

    /// The record of an address like [`Self::get`], and its version, for a decision about this very record.
    ///
    /// # Errors
    /// Transient if the table cannot be read or holds something else.
    #[cfg(feature = "pages")]
    pub async fn get_with_version(&self, address: &Address) -> Result<(SuppressionRecord, Version), Error> {
        self.stored(address).await.map(|stored| (stored.record, Version(stored.version)))
    }

    /// Whether an address may be mailed in a send that these scopes apply to, and if not, why.
    ///
    /// # Errors
    /// Transient if the table cannot be read or holds something else.
    pub async fn check(&self, address: &Address, asked: &AskedScopes, now: Timestamp) -> Result<Verdict, Error> {
        self.get(address).await.map(|record| record.verdict(asked, now))
    }

    /// Whether each of many addresses may be mailed in one send, in their order; an error for each unreadable record.
    ///
    /// One address takes a `GetItem`; several take one `BatchGetItem` per 100, ten of them at once. Of each record only the
    /// verdict is kept, once for all spellings of its address.
    ///
    /// # Errors
    /// Transient if the table cannot be read.
    pub async fn check_all(
        &self,
        addresses: &[Address],
        asked: &AskedScopes,
        elsewhere: Elsewhere,
        now: Timestamp,
    ) -> Result<Vec<Result<Arc<Verdict>, Error>>, Error> {
        let judge = |stored: Stored| Arc::new(stored.record.verdict_with(asked, elsewhere, now));
        let distinct: BTreeSet<&Address> = addresses.iter().collect();
        let distinct: Vec<&Address> = distinct.into_iter().collect();
        if let [address] = distinct.as_slice() {
            let verdict = match self.stored(address).await {
                Err(error) if error != UNREADABLE => return Err(error),
                stored => stored.map(judge),
            };
            return Ok(vec![verdict; addresses.len()]);
        }
        let found = self.batches(&distinct, judge).await?;
        let verdict = |address: &Address| {
            found.record(address).map(|verdict: Option<&Arc<Verdict>>| verdict.cloned().unwrap_or_default())
        };
        Ok(addresses.iter().map(verdict).collect())
    }

    /// What is kept of the records of any number of different addresses; one fails only if its record cannot be read.
    pub(super) async fn batches<T: Default>(
        &self,
        distinct: &[&Address],
        keep: impl Fn(Stored) -> T + Copy,
    ) -> Result<Found<T>, Error> {
        let mut found = Found::default();
        for parts in distinct.chunks(BATCH_GET.saturating_mul(READS)) {
            for part in join_all(parts.chunks(BATCH_GET).map(|part| self.batch(part, keep))).await {
                found.records.extend(part.records);
                found.failed.extend(part.failed);
            }
        }
        match found.failed.values().find(|error| **error != UNREADABLE) {
            Some(outage) => Err(*outage),
            None => Ok(found),
        }
    }

    /// Merges changes into the record of an address, and returns the reasons that newly suppress it.
    ///
    /// # Errors
    /// Transient if the table fails, or every attempt met another writer.
    pub async fn apply(&self, address: &Address, changes: &[Change], now: Timestamp) -> Result<Vec<Reason>, Error> {
        let merge = |record: &mut SuppressionRecord| {
            for change in changes {
                record.merge(change, self.rules);
            }
            Ok::<_, Error>(())
        };
        let ((), suppressed) = self.update(address, now, merge).await?;
        Ok(suppressed)
    }

    /// Changes a record by a function, unless the function refuses; returns what the function returned for the record
    /// that was then written, or needed no change, and the reasons that newly suppress the address.
    ///
    /// Compare-and-swap: a record that another writer changed meanwhile is read and changed again.
    pub(super) async fn update<T, E: From<Error>>(
        &self,
        address: &Address,
        now: Timestamp,
        change: impl Fn(&mut SuppressionRecord) -> Result<T, E>,
    ) -> Result<(T, Vec<Reason>), E> {
        for attempt in 1..=ATTEMPTS {
            let stored = self.stored(address).await?;
            let mut changed = stored.record.clone();
            let outcome = change(&mut changed)?;
            if changed == stored.record {
                return Ok((outcome, Vec::new()));
            }
            let item = fitted(address, &mut changed, &stored, self.rules, now);
            // The only news may have been texts that do not fit.
            if changed == stored.record {
                return Ok((outcome, Vec::new()));
            }
            if self.replace(item, stored.version).await? {
                return Ok((outcome, newly_suppressed(&stored.record, &changed)));
            }
            backoff::wait(attempt).await;
        }
        Err(Error::Transient(Outage::Contention).into())
    }

    /// For each of at most 100 different addresses: whether a delivery at the given time voids soft bounces of it.
    pub(super) async fn have_soft_bounces(&self, deliveries: &[Delivery<'_>]) -> Vec<Result<bool, Error>> {
        let addresses: Vec<&Address> = deliveries.iter().map(|(address, _)| *address).collect();
        let found = self.stored_batch(&addresses).await;
        let is_affected = |(address, at): &Delivery<'_>| {
            let stored = found.record(address)?;
            Ok(stored.is_some_and(|stored| stored.record.soft_bounces.any_at_or_before(*at)))
        };
        deliveries.iter().map(is_affected).collect()
    }

    /// The records of at most 100 different addresses, with strongly consistent reads.
    ///
    /// An address fails only if its own record was not read: DynamoDB may process a part of a batch.
    pub(super) async fn stored_batch(&self, addresses: &[&Address]) -> Found<Stored> {
        self.batch(addresses, |stored| stored).await
    }

    /// What is kept of the records of at most 100 different addresses, with strongly consistent reads.
    async fn batch<T: Default>(&self, addresses: &[&Address], keep: impl Fn(Stored) -> T) -> Found<T> {
        let key =
            |address: &&Address| Item::from([("address".to_owned(), AttributeValue::S(address.as_str().to_owned()))]);
        let mut keys: Vec<Item> = addresses.iter().map(key).collect();
        // `None`: all of them.
        let mut pending: Option<BTreeSet<String>> = None;
        let mut found = Found::default();
        let mut outage = Error::Transient(Outage::Throttled);
        for attempt in 1..=READ_ATTEMPTS {
            keys = match self.read_into(&mut found, keys, &keep).await {
                Ok(unprocessed) => unprocessed,
                Err(error) => {
                    outage = error;
                    break;
                }
            };
            if keys.is_empty() {
                return found;
            }
            pending = keys.iter().map(|key| text(key, "address").map(str::to_owned)).collect();
            backoff::wait(attempt).await;
        }
        let addresses = addresses.iter().map(|address| address.as_str());
        let missing = addresses.filter(|address| pending.as_ref().is_none_or(|pending| pending.contains(*address)));
        found.failed.extend(missing.map(|address| (address.to_owned(), outage)));
        found
    }

    /// Requests keys once, and returns those that DynamoDB left unprocessed.
    async fn read_into<T>(
        &self,
        found: &mut Found<T>,
        keys: Vec<Item>,
        keep: impl Fn(Stored) -> T,
    ) -> Result<Vec<Item>, Error> {
        let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let request = request.map_err(|_| Error::Transient(Outage::Store))?;
        let call = self.client.batch_get_item().request_items(&self.table, request).send().await;
        let output = call.map_err(|error| classified(&error))?;
        for item in output.responses.unwrap_or_default().into_values().flatten() {
            let address = text(&item, "address").ok_or(UNREADABLE)?.to_owned();
            match from_item(&item) {
                Some(stored) => drop(found.records.insert(address, keep(stored))),
                None => drop(found.failed.insert(address, UNREADABLE)),
            }
        }
        let unprocessed = output.unprocessed_keys.unwrap_or_default().into_values();
        Ok(unprocessed.flat_map(|request| request.keys).collect())
    }

    pub(super) async fn stored(&self, address: &Address) -> Result<Stored, Error> {
        let key = AttributeValue::S(address.as_str().to_owned());
        let call = self.client.get_item().table_name(&self.table).key("address", key).consistent_read(true);
        let output = call.send().await.map_err(|error| classified(&error))?;
        match output.item {
            Some(item) => from_item(&item).ok_or(UNREADABLE),
            None => Ok(Stored::default()),
        }
    }

    /// Replaces the version that was read by an item; `false` if another writer came first.
    async fn replace(&self, item: Item, read: Option<u64>) -> Result<bool, Error> {
        let call = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let call = match read {
            Some(version) => call
                .condition_expression("version = :version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
            None => call.condition_expression("attribute_not_exists(address)"),
        };
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(is_conflict) => Ok(false),
            Err(error) => Err(classified(&error)),
        }
    }
}

/// Whether another writer came first: it has changed the record, or an operator's transaction is about to.
fn is_conflict(error: &PutItemError) -> bool {
    error.is_conditional_check_failed_exception() || error.is_transaction_conflict_exception()
}

/// The reasons that suppress after a merge but did not before, one per scope.
pub(super) fn newly_suppressed(before: &SuppressionRecord, after: &SuppressionRecord) -> Vec<Reason> {
    let entries = after
        .suppressions
        .iter()
        .flat_map(|(scope, reasons)| reasons.iter().map(move |(reason, entry)| (scope, *reason, entry)));
    entries
        .filter(|(scope, reason, entry)| {
            let stood = before.entry(scope, *reason).is_some_and(|known| known.state == State::Suppressed);
            entry.state == State::Suppressed && !stood
        })
        .map(|(_, reason, _)| reason)
        .collect()
}
