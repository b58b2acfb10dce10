//! Reads of the event table that only people need.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemError;
use aws_sdk_dynamodb::operation::query::QueryError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::ATTEMPTS;
use super::item::{Item, text};

/// The most keys that `BatchGetItem` takes.
const BATCH_GET: usize = 100;

/// The event table of a deployment.
#[derive(Clone, Debug)]
pub(crate) struct EventLog {
    /// The DynamoDB client.
    pub(crate) client: Client,
    /// The name of the table.
    pub(crate) table: String,
}

/// The order of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// From the oldest event on.
    OldestFirst,
    /// From the newest event back.
    #[cfg_attr(not(feature = "pages"), expect(dead_code, reason = "only the pages begin with the newest"))]
    NewestFirst,
}

/// One page of a query, and where the next one starts.
pub(crate) type Page = (Vec<Item>, Option<Item>);

/// Why a read failed.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// A query failed.
    Query(Box<SdkError<QueryError>>),
    /// Records could not be read by their keys.
    BatchGet(Box<SdkError<BatchGetItemError>>),
    /// DynamoDB left keys unprocessed in every attempt.
    Throttled,
}

impl EventLog {
    /// A page of the event records of an address, with a strongly consistent read.
    pub(crate) async fn of_address(
        &self,
        address: &str,
        start: Option<Item>,
        order: Order,
        limit: Option<i32>,
    ) -> Result<Page, ReadError> {
        let call = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .scan_index_forward(order == Order::OldestFirst)
            .set_limit(limit)
            .key_condition_expression("address = :address")
            .expression_attribute_values(":address", AttributeValue::S(address.to_owned()))
            .set_exclusive_start_key(start);
        let page = call.send().await.map_err(|error| ReadError::Query(Box::new(error)))?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }

    /// A page of the event records of a message, oldest first, as the index projects them.
    pub(crate) async fn of_message(
        &self,
        message: &str,
        start: Option<Item>,
        limit: Option<i32>,
    ) -> Result<Page, ReadError> {
        let call = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by-message")
            .set_limit(limit)
            .key_condition_expression("message = :message")
            .expression_attribute_values(":message", AttributeValue::S(message.to_owned()))
            .set_exclusive_start_key(start);
        let page = call.send().await.map_err(|error| ReadError::Query(Box::new(error)))?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }

    /// The whole records of index items, in the same order; a record deleted meanwhile stays as the index has it.
    pub(crate) async fn whole(&self, indexed: Vec<Item>) -> Result<Vec<Item>, ReadError> {
        let mut found = Vec::with_capacity(indexed.len());
        for part in indexed.chunks(BATCH_GET) {
            let records = self.batch_get(part.iter().filter_map(event_key).collect()).await?;
            found.extend(part.iter().map(|item| {
                let same = |record: &&Item| {
                    text(record, "event") == text(item, "event") && text(record, "address") == text(item, "address")
                };
                records.iter().find(same).unwrap_or(item).clone()
            }));
        }
        Ok(found)
    }

    async fn batch_get(&self, mut keys: Vec<Item>) -> Result<Vec<Item>, ReadError> {
        let failed = |error| ReadError::BatchGet(Box::new(error));
        let mut found = Vec::new();
        for attempt in 1..=ATTEMPTS {
            let request = KeysAndAttributes::builder().set_keys(Some(keys)).build();
            let request = request.map_err(|error| failed(SdkError::construction_failure(error)))?;
            let call = self.client.batch_get_item().request_items(&self.table, request);
            let output = call.send().await.map_err(failed)?;
            found.extend(output.responses.unwrap_or_default().into_values().flatten());
            keys = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
            if keys.is_empty() {
                return Ok(found);
            }
            wait(attempt).await;
        }
        Err(ReadError::Throttled)
    }
}

/// The key of an event record.
pub(crate) fn event_key(item: &Item) -> Option<Item> {
    let part = |name: &str| Some((name.to_owned(), item.get(name)?.clone()));
    Some(Item::from([part("address")?, part("event")?]))
}

/// The time in the key of an event record, `-` without one, as the index stores it.
pub(crate) fn time_of(item: &Item) -> String {
    text(item, "event").and_then(|key| key.split_once('#')).map_or_else(|| "-".to_owned(), |(time, _)| time.to_owned())
}

/// Whether a text may be the sort key of an event record: DynamoDB refuses a longer one.
#[cfg(feature = "pages")]
pub(crate) fn is_event_key(text: &str) -> bool {
    text.len() <= 1_024 && text.contains('#')
}

/// Waits a random time that grows with the attempts, so that conflicting writers drift apart.
pub(crate) async fn wait(attempt: u32) {
    let limit = 25_u64.saturating_mul(1_u64.checked_shl(attempt).unwrap_or(u64::MAX)).min(1000);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..=limit))).await;
}
