//! Both tables, and the reads that only operators need.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::caller::Caller;
use super::failure::Failure;
use super::item::{Item, text};
use crate::policy::Policy;
use crate::store::{Recorder, Retention, Suppressions};
use crate::suppression::SoftBounceRules;

/// The most keys that `BatchGetItem` takes.
const BATCH_GET: usize = 100;
/// How many times keys or items that DynamoDB left unprocessed are sent.
pub const ATTEMPTS: u32 = 10;

/// The tables of one deployment.
pub struct Tables {
    /// The DynamoDB client.
    pub client: Client,
    /// The name of the event table.
    pub event_table: String,
    /// The name of the suppression table.
    pub suppression_table: String,
    /// The suppression table through the library.
    pub suppressions: Suppressions,
    /// Both tables through the library, for manual decisions.
    pub recorder: Recorder,
    /// How soft bounces count.
    pub rules: SoftBounceRules,
    /// How long event records are kept.
    pub retention: Retention,
    /// Who decides, unless the command line names an actor.
    pub caller: Caller,
}

/// The settings of a deployment that operators need, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// How soft bounces count.
    pub rules: SoftBounceRules,
    /// How long events are kept.
    pub retention: Retention,
}

/// One page of a query, and where the next one starts.
type Page = (Vec<Item>, Option<Item>);

impl Tables {
    /// The tables with these names.
    #[must_use]
    pub fn new(
        client: Client,
        event_table: String,
        suppression_table: String,
        settings: Settings,
        caller: Caller,
    ) -> Self {
        let Settings { rules, retention } = settings;
        let names = (event_table.clone(), suppression_table.clone());
        // The policy is for reports; a manual decision states its own reason and scope.
        let recorder = Recorder::new(client.clone(), names.0, names.1, rules, Policy::default(), retention);
        let suppressions = recorder.suppressions().clone();
        Self { client, event_table, suppression_table, suppressions, recorder, rules, retention, caller }
    }

    /// A page of the event records of an address, oldest first, with a strongly consistent read.
    pub async fn events_of_address(&self, address: &str, start: Option<Item>) -> Result<Page, Failure> {
        let call = self
            .client
            .query()
            .table_name(&self.event_table)
            .consistent_read(true)
            .key_condition_expression("address = :address")
            .expression_attribute_values(":address", AttributeValue::S(address.to_owned()))
            .set_exclusive_start_key(start);
        let page = call.send().await.map_err(|error| Failure::of_call(&error, &self.event_table))?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }

    /// A page of the event records of a message, oldest first, as the index projects them.
    pub async fn events_of_message(&self, message: &str, start: Option<Item>) -> Result<Page, Failure> {
        let call = self
            .client
            .query()
            .table_name(&self.event_table)
            .index_name("by-message")
            .key_condition_expression("message = :message")
            .expression_attribute_values(":message", AttributeValue::S(message.to_owned()))
            .set_exclusive_start_key(start);
        let page = call.send().await.map_err(|error| Failure::of_call(&error, &self.event_table))?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }

    /// The whole records of index items, in the same order; a record deleted meanwhile stays as the index has it.
    pub async fn whole(&self, indexed: Vec<Item>) -> Result<Vec<Item>, Failure> {
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

    async fn batch_get(&self, mut keys: Vec<Item>) -> Result<Vec<Item>, Failure> {
        let mut found = Vec::new();
        for attempt in 1..=ATTEMPTS {
            let request = KeysAndAttributes::builder().set_keys(Some(keys)).build();
            let request = request.map_err(|error| Failure::new(error.to_string()))?;
            let call = self.client.batch_get_item().request_items(&self.event_table, request);
            let output = call.send().await.map_err(|error| Failure::of_call(&error, &self.event_table))?;
            found.extend(output.responses.unwrap_or_default().into_values().flatten());
            keys = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
            if keys.is_empty() {
                return Ok(found);
            }
            wait(attempt).await;
        }
        Err(throttled(&self.event_table))
    }
}

/// The key of an event record.
#[must_use]
pub fn event_key(item: &Item) -> Option<Item> {
    let part = |name: &str| Some((name.to_owned(), item.get(name)?.clone()));
    Some(Item::from([part("address")?, part("event")?]))
}

/// The error if a table stays too busy.
#[must_use]
pub fn throttled(table: &str) -> Failure {
    Failure::new(format!("dynamodb throttles {table}; wait, or raise the limits of the table, and try again"))
}

/// Waits a random time that grows with the attempts, so that conflicting writers drift apart.
pub async fn wait(attempt: u32) {
    let limit = 25_u64.saturating_mul(1_u64.checked_shl(attempt).unwrap_or(u64::MAX)).min(1000);
    tokio::time::sleep(std::time::Duration::from_millis(fastrand::u64(0..=limit))).await;
}
