//! `forget`: erases a person's data, but not the fact that the address must not be mailed.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use indicatif::ProgressBar;
use serde_json::json;

use super::cli::ForgetArgs;
use super::failure::Failure;
use super::item::Item;
use super::progress::counter;
use super::tables::{ATTEMPTS, Tables, event_key, throttled, wait};
use super::{Console, Outcome};

/// The most items that `BatchWriteItem` takes.
const BATCH_WRITE: usize = 25;
/// The personal fields of entries and soft bounces; reason, scope, times and codes stay.
const PERSONAL: [&str; 3] = ["recipient", "detail", "note"];

/// Deletes the event records of an address and the personal texts in its suppression record.
pub(super) async fn run(args: &ForgetArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let address = args.address.as_str();
    if !args.yes {
        return Err(Failure::new("this permanently deletes the address's event records; repeat it with --yes"));
    }
    let bar = counter(console, "event records deleted");
    let mut deleted = sweep(tables, address, &bar).await?;
    let blanked = blank(tables, address, console).await?;
    // A report in progress writes its event after its suppression.
    deleted = deleted.saturating_add(sweep(tables, address, &bar).await?);
    bar.finish_and_clear();
    if console.json {
        writeln!(console.out, "{}", json!({"address": address, "events_deleted": deleted, "fields_blanked": blanked}))?;
    } else {
        writeln!(
            console.out,
            "{address}  {deleted} event records deleted, {blanked} fields blanked; its suppressions are kept"
        )?;
    }
    Ok(Outcome::Done)
}

/// Deletes event records, starting over each time, until none are left.
async fn sweep(tables: &Tables, address: &str, bar: &ProgressBar) -> Result<usize, Failure> {
    let mut deleted = 0_usize;
    loop {
        let (items, _) = tables.events_of_address(address, true, None).await?;
        if items.is_empty() {
            return Ok(deleted);
        }
        for part in items.chunks(BATCH_WRITE) {
            delete(tables, part).await?;
            deleted = deleted.saturating_add(part.len());
            bar.inc(u64::try_from(part.len()).unwrap_or_default());
        }
    }
}

async fn delete(tables: &Tables, items: &[Item]) -> Result<(), Failure> {
    let request = |key| DeleteRequest::builder().set_key(Some(key)).build();
    let requests: Result<Vec<_>, _> = items.iter().filter_map(event_key).map(request).collect();
    let requests = requests.map_err(|error| Failure::new(error.to_string()))?;
    let mut pending: Vec<_> =
        requests.into_iter().map(|delete| WriteRequest::builder().delete_request(delete).build()).collect();
    for attempt in 1..=ATTEMPTS {
        let call = tables.client.batch_write_item().request_items(&tables.event_table, pending);
        let output = call.send().await.map_err(|error| Failure::of_call(&error, &tables.event_table))?;
        pending = output.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
        if pending.is_empty() {
            return Ok(());
        }
        wait(attempt).await;
    }
    Err(throttled(&tables.event_table))
}

/// Removes personal texts from the record, again if another writer comes first; returns how many fields were removed.
async fn blank(tables: &Tables, address: &str, console: &Console<'_>) -> Result<usize, Failure> {
    let table = &tables.suppression_table;
    for attempt in 1..=ATTEMPTS {
        let key = AttributeValue::S(address.to_owned());
        let call = tables.client.get_item().table_name(table).key("address", key).consistent_read(true);
        let output = call.send().await.map_err(|error| Failure::of_call(&error, table))?;
        let Some(mut item) = output.item else { return Ok(0) };
        let read = item.get("version").and_then(|version| version.as_n().ok()).cloned();
        let read = read.ok_or_else(|| Failure::new("the suppression record has no version; repair the item"))?;
        let own = item.iter_mut().filter(|(name, _)| matches!(name.as_str(), "suppressions" | "soft_bounces"));
        let blanked: usize = own.map(|(_, value)| strip(value)).sum();
        if blanked == 0 {
            return Ok(0);
        }
        let next = read.parse::<u64>().unwrap_or_default().saturating_add(1);
        item.insert("version".to_owned(), AttributeValue::N(next.to_string()));
        item.insert("updated_at".to_owned(), AttributeValue::S(console.now.to_string()));
        let call = tables.client.put_item().table_name(table).set_item(Some(item));
        let call = call.condition_expression("version = :version");
        match call.expression_attribute_values(":version", AttributeValue::N(read)).send().await {
            Ok(_) => return Ok(blanked),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                wait(attempt).await;
            }
            Err(error) => return Err(Failure::of_call(&error, table)),
        }
    }
    Err(Failure::new("the suppression record changed under every attempt; try again"))
}

/// Removes personal texts at any depth; returns how many. Scopes and reasons are maps, and stay even if they have the
/// same name.
fn strip(value: &mut AttributeValue) -> usize {
    match value {
        AttributeValue::M(fields) => {
            let before = fields.len();
            fields.retain(|name, value| !(PERSONAL.contains(&name.as_str()) && value.is_s()));
            let removed = before.saturating_sub(fields.len());
            fields.values_mut().map(strip).sum::<usize>().saturating_add(removed)
        }
        AttributeValue::L(list) => list.iter_mut().map(strip).sum(),
        _ => 0,
    }
}
