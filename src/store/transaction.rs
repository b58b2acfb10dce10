//! Writes records and the events of their decisions in one transaction: all or nothing.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use super::Recorder;
use super::attribute::{Item, item_bytes};
use super::backoff;
use super::sdk_error::classified;
use super::suppressions::ATTEMPTS;
use crate::error::{Error, Outage};

/// The most items that a transaction takes.
const MAX_ITEMS: usize = 100;
/// The most bytes of a transaction, with a margin to DynamoDB's limit of 4 MB.
const MAX_BYTES: usize = 3_500_000;

/// A changed record, and the events of the decisions that changed it.
pub(super) struct Decided {
    /// The whole record.
    pub(super) record: Item,
    /// The version that it replaces; `None` if there must be no record.
    pub(super) read: Option<u64>,
    /// The events, with different keys.
    pub(super) events: Vec<Item>,
}

impl Decided {
    fn items(&self) -> usize {
        self.events.len().saturating_add(1)
    }

    fn bytes(&self) -> usize {
        self.events.iter().map(item_bytes).fold(item_bytes(&self.record), usize::saturating_add)
    }
}

/// The result of a transaction that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Committed {
    /// Everything is durable.
    Yes,
    /// Nothing was written; the records must be read and decided on again.
    Again(Outage),
}

/// How many decisions, from the first one on, fit into one transaction; at least one if there is one.
pub(super) fn fitting<'d>(decided: impl Iterator<Item = &'d Decided>) -> usize {
    let (mut items, mut bytes, mut count) = (0_usize, 0_usize, 0_usize);
    for one in decided {
        items = items.saturating_add(one.items());
        bytes = bytes.saturating_add(one.bytes());
        if count > 0 && (items > MAX_ITEMS || bytes > MAX_BYTES) {
            break;
        }
        count = count.saturating_add(1);
    }
    count
}

impl Recorder {
    /// Writes decisions about different addresses, provided that each record is still the one that was read.
    ///
    /// Every attempt carries the same token, so neither a lost answer nor one that comes while DynamoDB still works on the
    /// transaction causes a second decision.
    pub(super) async fn commit(&self, decided: impl IntoIterator<Item = Decided>) -> Result<Committed, Error> {
        let mut puts = Vec::new();
        for Decided { record, read, events } in decided {
            let put = Put::builder().table_name(&self.suppressions.table).set_item(Some(record));
            puts.push(match read {
                Some(version) => put
                    .condition_expression("version = :version")
                    .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
                None => put.condition_expression("attribute_not_exists(address)"),
            });
            puts.extend(
                events.into_iter().map(|event| Put::builder().table_name(&self.events.table).set_item(Some(event))),
            );
        }
        let action = |put: aws_sdk_dynamodb::types::builders::PutBuilder| {
            put.build().map(|put| TransactWriteItem::builder().put(put).build())
        };
        let actions: Result<Vec<_>, _> = puts.into_iter().map(action).collect();
        let actions = actions.map_err(|_| Error::Transient(Outage::Store))?;
        let token = format!("{:032x}", fastrand::u128(..));
        let call = self.events.client.transact_write_items().client_request_token(token);
        let call = call.set_transact_items(Some(actions));
        for attempt in 1..=ATTEMPTS {
            match call.clone().send().await {
                Ok(_) => return Ok(Committed::Yes),
                Err(error) if !is_in_progress(&error) => return canceled(&error),
                Err(_) => backoff::wait(attempt).await,
            }
        }
        Err(Error::Transient(Outage::Contention))
    }
}

/// Whether DynamoDB still works on an earlier attempt.
fn is_in_progress<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    error.as_service_error().is_some_and(TransactWriteItemsError::is_transaction_in_progress_exception)
}

/// Why a transaction was canceled.
fn canceled<R>(error: &SdkError<TransactWriteItemsError, R>) -> Result<Committed, Error> {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => canceled.cancellation_reasons(),
        _ => return Err(classified(error)),
    };
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
    if codes.contains(&"ValidationError") {
        return Err(Error::Transient(Outage::ItemRefused));
    }
    let is_throttled = codes.iter().any(|code| matches!(*code, "ThrottlingError" | "ProvisionedThroughputExceeded"));
    Ok(Committed::Again(if is_throttled { Outage::Throttled } else { Outage::Contention }))
}
