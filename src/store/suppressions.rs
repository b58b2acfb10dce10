//! Reading and changing suppression records.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::attribute::{Item, text};
use super::backoff;
use super::fault::failed;
use super::record_item::{Stored, from_item, to_item};
use crate::address::Address;
use crate::error::{Error, Outage};
use crate::event::Reason;
use crate::suppression::{Change, SoftBounceRules, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// The most keys that `BatchGetItem` takes.
pub(super) const BATCH_GET: usize = 100;
/// How often a write in conflict with others is tried.
const ATTEMPTS: u32 = 20;
/// How often keys that DynamoDB left unprocessed are asked for.
const READ_ATTEMPTS: u32 = 8;

/// An address and the time of the latest delivery to it.
pub(super) type Delivery = (Address, Timestamp);

/// The suppression table: one item an address.
#[derive(Clone, Debug)]
pub struct Suppressions {
    client: Client,
    table: String,
    rules: SoftBounceRules,
}

impl Suppressions {
    /// The table of this name, with these rules for soft bounces.
    #[must_use]
    pub const fn new(client: Client, table: String, rules: SoftBounceRules) -> Self {
        Self { client, table, rules }
    }

    /// The record of an address, read strongly; an address without one has the empty record.
    ///
    /// # Errors
    /// Transient when the table cannot be read or holds something else.
    pub async fn get(&self, address: &Address) -> Result<SuppressionRecord, Error> {
        self.stored(address).await.map(|stored| stored.record)
    }

    /// Merges changes into the record of an address, and returns the reasons that suppress it now and did not before.
    ///
    /// Compare-and-swap: a record that another writer changed in between is read and merged again.
    ///
    /// # Errors
    /// Transient when the table fails, or every attempt met another writer.
    pub async fn apply(&self, address: &Address, changes: &[Change], now: Timestamp) -> Result<Vec<Reason>, Error> {
        for attempt in 1..=ATTEMPTS {
            let stored = self.stored(address).await?;
            let mut merged = stored.record.clone();
            for change in changes {
                merged.merge(change, self.rules);
            }
            if merged == stored.record {
                return Ok(Vec::new());
            }
            if self.replace(address, &merged, &stored, now).await? {
                return Ok(newly_suppressed(&stored.record, &merged));
            }
            backoff::wait(attempt).await;
        }
        Err(Error::Transient(Outage::Contention))
    }

    /// Opens the connection to DynamoDB by reading a key that never exists.
    pub async fn warm_up(&self) {
        let key = AttributeValue::S("-".to_owned());
        let call = self.client.get_item().table_name(&self.table).key("address", key);
        if call.send().await.is_err() {
            tracing::warn!(
                table = self.table,
                "dynamodb did not answer during the cold start; the first event will tell"
            );
        }
    }

    /// Those of at most 100 addresses whose soft bounces a delivery at the given time would void; beside them, the
    /// error of a record among them that cannot be read.
    pub(super) async fn voided(&self, deliveries: &[Delivery]) -> Result<(Vec<Delivery>, Option<Error>), Error> {
        let key = |(address, _): &Delivery| {
            Item::from([("address".to_owned(), AttributeValue::S(address.as_str().to_owned()))])
        };
        let mut keys: Vec<Item> = deliveries.iter().map(key).collect();
        let mut voided = Vec::new();
        let mut unreadable = None;
        for attempt in 1..=READ_ATTEMPTS {
            let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let request = request.map_err(|_| Error::Transient(Outage::Store))?;
            let call = self.client.batch_get_item().request_items(&self.table, request).send().await;
            let output = call.map_err(|error| failed(&error))?;
            for item in output.responses.unwrap_or_default().into_values().flatten() {
                let delivery = deliveries.iter().find(|(address, _)| text(&item, "address") == Some(address.as_str()));
                match (delivery, from_item(&item)) {
                    (Some((_, at)), Some(stored)) if !stored.record.soft_bounces.any_until(*at) => {}
                    (Some(delivery), Some(_)) => voided.push(delivery.clone()),
                    _ => unreadable = Some(Error::Transient(Outage::StoredRecord)),
                }
            }
            let unprocessed = output.unprocessed_keys.unwrap_or_default().into_values();
            keys = unprocessed.flat_map(|request| request.keys).collect();
            if keys.is_empty() {
                return Ok((voided, unreadable));
            }
            backoff::wait(attempt).await;
        }
        Err(Error::Transient(Outage::Throttled))
    }

    async fn stored(&self, address: &Address) -> Result<Stored, Error> {
        let key = AttributeValue::S(address.as_str().to_owned());
        let call = self.client.get_item().table_name(&self.table).key("address", key).consistent_read(true);
        let output = call.send().await.map_err(|error| failed(&error))?;
        match output.item {
            Some(item) => from_item(&item).ok_or(Error::Transient(Outage::StoredRecord)),
            None => Ok(Stored::default()),
        }
    }

    /// Writes a record in place of the version that was read; `false` when another writer came first.
    async fn replace(
        &self,
        address: &Address,
        record: &SuppressionRecord,
        read: &Stored,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let next = read.version.unwrap_or_default().saturating_add(1);
        let mut item = read.others.clone();
        item.extend(to_item(address.as_str(), record, next, now));
        let call = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let call = match read.version {
            Some(version) => call
                .condition_expression("version = :version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
            None => call.condition_expression("attribute_not_exists(address)"),
        };
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(false)
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

/// The reasons that suppress after a merge and did not before, one for each scope.
fn newly_suppressed(before: &SuppressionRecord, after: &SuppressionRecord) -> Vec<Reason> {
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
