//! Reads and writes the event table.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};

use super::attribute::{Item, text};
use super::backoff;
use super::sdk_error::classified;
use crate::error::{Error, Outage};
use crate::event::Kind;
use crate::timestamp::Timestamp;

/// The most items that `BatchWriteItem` takes.
pub(super) const BATCH_WRITE: usize = 25;
/// How many times items that DynamoDB left unprocessed are sent.
const ATTEMPTS: u32 = 8;
/// How many pages are searched for a delivery, 1 MB each: thousands of records. A recipient who opens a message a
/// million times has more, which must not prevent a bounce of the same recipient from being recorded.
const DELIVERY_PAGES: usize = 4;

/// Partition key and sort key of an item.
type Key = (String, String);

/// Items of a batch that were not written.
#[derive(Debug)]
pub(super) struct Unwritten {
    /// Why.
    pub(super) error: Error,
    /// Their keys; `None`: none of the batch was written.
    keys: Option<BTreeSet<Key>>,
}

impl Unwritten {
    /// Whether the item with these keys is one of them.
    pub(super) fn contains(&self, partition_key: String, sort_key: String) -> bool {
        self.keys.as_ref().is_none_or(|keys| keys.contains(&(partition_key, sort_key)))
    }
}

/// The event table.
#[derive(Clone, Debug)]
pub(super) struct Events {
    pub(super) client: Client,
    pub(super) table: String,
}

impl Events {
    /// Writes at most 25 items with different keys, until DynamoDB has processed all of them.
    ///
    /// # Errors
    /// Names the items that were not written: DynamoDB may have processed the others.
    pub(super) async fn write(&self, items: Vec<Item>) -> Result<(), Unwritten> {
        let puts = items.into_iter().map(|item| PutRequest::builder().set_item(Some(item)).build());
        let requests: Result<Vec<_>, _> =
            puts.map(|put| put.map(|put| WriteRequest::builder().put_request(put).build())).collect();
        let mut pending = requests.map_err(|_| Unwritten { error: Error::Transient(Outage::Store), keys: None })?;
        let mut keys: Option<BTreeSet<Key>> = None;
        for attempt in 1..=ATTEMPTS {
            let call = self.client.batch_write_item().request_items(&self.table, pending).send().await;
            let output = match call {
                Ok(output) => output,
                Err(error) => return Err(Unwritten { error: classified(&error), keys }),
            };
            pending = output.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            if pending.is_empty() {
                return Ok(());
            }
            keys = pending.iter().map(key_of).collect();
            backoff::wait(attempt).await;
        }
        Err(Unwritten { error: Error::Transient(Outage::Throttled), keys })
    }

    /// Writes an item, unless one with its key exists.
    pub(super) async fn write_missing(&self, item: Item) -> Result<(), Error> {
        let call = self.client.put_item().table_name(&self.table).set_item(Some(item));
        match call.condition_expression("attribute_not_exists(address)").send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(())
            }
            Err(error) => Err(classified(&error)),
        }
    }

    /// The time of the latest delivery to an address between `since` and a day after `now`, with strongly consistent
    /// reads; `None` also if it is not among the latest thousands of records.
    ///
    /// An older bounce that arrives late then counts, although a message has been delivered since. The next delivery
    /// voids it.
    pub(super) async fn latest_delivery(
        &self,
        address: &str,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        // Records from before future times were refused may still exist. `~` sorts after every event id.
        let until = format!("{}#~", now.plus_days(1));
        let mut start = None;
        for _ in 0..DELIVERY_PAGES {
            let call = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .scan_index_forward(false)
                .key_condition_expression("address = :address AND event BETWEEN :since AND :until")
                .filter_expression("kind = :delivered")
                .projection_expression("event")
                .expression_attribute_values(":address", AttributeValue::S(address.to_owned()))
                .expression_attribute_values(":since", AttributeValue::S(since.to_string()))
                .expression_attribute_values(":until", AttributeValue::S(until.clone()))
                .expression_attribute_values(":delivered", AttributeValue::S(Kind::Delivered.as_str().to_owned()))
                .set_exclusive_start_key(start)
                .send()
                .await;
            let output = call.map_err(|error| classified(&error))?;
            let found = output.items().iter().find_map(|item| text(item, "event")?.split_once('#'));
            if let Some((at, _)) = found {
                return Ok(Timestamp::parse(at));
            }
            start = output.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(None)
    }
}

fn key_of(request: &WriteRequest) -> Option<Key> {
    let item = request.put_request()?.item();
    Some((text(item, "address")?.to_owned(), text(item, "event")?.to_owned()))
}
