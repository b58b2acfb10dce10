//! `forget`: erases a person's data, but not the fact that the address must not be mailed.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use indicatif::ProgressBar;
use serde_json::json;

use super::cli::ForgetArgs;
use super::failure::Failure;
use super::progress::counter;
use super::show::counted;
use super::tables::Tables;
use super::{Console, Outcome};
use crate::lookup::item::Item;
use crate::lookup::{ATTEMPTS, event_key, wait};
use crate::store::is_manual;

/// The most items that `BatchWriteItem` takes.
const BATCH_WRITE: usize = 25;
/// The personal fields of decisions, entries and soft bounces; reason, scope, times and codes stay.
const PERSONAL: [&str; 3] = ["recipient", "detail", "note"];

/// Deletes the reports on an address and the personal texts in its decisions and its suppression record, and records that
/// this was done.
pub(super) async fn run(args: &ForgetArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let address = args.address.as_str();
    if !args.yes {
        return Err(Failure::new(
            "this permanently erases the reports and personal texts of the address; repeat it with --yes",
        ));
    }
    let actor = tables.caller.actor(args.actor.as_ref()).await?;
    let bar = counter(console, "event records erased");
    let before = sweep(tables, address, &bar).await?;
    let blanked = blank(tables, address, console).await?;
    // A report in progress writes its event after its suppression.
    let after = sweep(tables, address, &bar).await?;
    if blanked.is_none() && !before.found && !after.found {
        bar.finish_and_clear();
        return Err(Failure::new("nothing is known about this address; check its spelling"));
    }
    // Last: once this event exists, all the rest is done.
    tables.recorder.write_forgotten(&args.address, &actor, console.now).await?;
    bar.finish_and_clear();
    let swept = before.and(after);
    let (deleted, fields) = (swept.deleted, swept.fields.saturating_add(blanked.unwrap_or_default()));
    if console.json {
        let done = json!({"address": address, "events_deleted": deleted, "fields_blanked": fields, "actor": actor});
        writeln!(console.out, "{done}")?;
        return Ok(Outcome::Done);
    }
    let deleted = counted(deleted, "event record", "event records");
    let fields = counted(fields, "text field", "text fields");
    writeln!(console.out, "{address}  {deleted} deleted, {fields} erased by {actor}; its suppressions are kept")?;
    Ok(Outcome::Done)
}

/// What a sweep did to event records.
#[derive(Clone, Copy, Default)]
struct Swept {
    /// Whether there was any event record, also one without personal texts.
    found: bool,
    deleted: u64,
    /// How many personal texts were removed from decisions.
    fields: u64,
}

impl Swept {
    fn and(self, other: Self) -> Self {
        Self {
            found: self.found || other.found,
            deleted: self.deleted.saturating_add(other.deleted),
            fields: self.fields.saturating_add(other.fields),
        }
    }
}

/// Deletes the reports of providers and the personal texts in decisions, starting over each time, until none are left.
async fn sweep(tables: &Tables, address: &str, bar: &ProgressBar) -> Result<Swept, Failure> {
    let mut swept = Swept::default();
    loop {
        let mut again = false;
        let mut start = None;
        loop {
            let (items, next) = tables.events_of_address(address, start).await?;
            let erasing: Vec<Erasing> = items.iter().filter_map(Erasing::of).collect();
            swept.found |= !items.is_empty();
            again |= !erasing.is_empty();
            for part in erasing.chunks(BATCH_WRITE) {
                erase(tables, part).await?;
                swept = part.iter().map(Erasing::swept).fold(swept, Swept::and);
                bar.inc(u64::try_from(part.len()).unwrap_or_default());
            }
            start = next;
            if start.is_none() {
                break;
            }
        }
        if !again {
            return Ok(swept);
        }
    }
}

/// How an event record is erased.
enum Erasing {
    /// A report is deleted, by its key.
    Delete(Item),
    /// A decision is written again without its personal texts.
    Put { item: Item, removed: u64 },
}

impl Erasing {
    /// How to erase an item; `None` if it has no personal texts, or no key.
    fn of(item: &Item) -> Option<Self> {
        if !is_manual(item) {
            return event_key(item).map(Self::Delete);
        }
        let mut blanked = item.clone();
        blanked.retain(|name, _| !PERSONAL.contains(&name.as_str()));
        let removed = u64::try_from(item.len().saturating_sub(blanked.len())).unwrap_or_default();
        (removed > 0).then_some(Self::Put { item: blanked, removed })
    }

    const fn swept(&self) -> Swept {
        match self {
            Self::Delete(_) => Swept { found: true, deleted: 1, fields: 0 },
            Self::Put { removed, .. } => Swept { found: true, deleted: 0, fields: *removed },
        }
    }

    fn request(&self) -> Result<WriteRequest, BuildError> {
        let request = WriteRequest::builder();
        Ok(match self {
            Self::Delete(key) => {
                request.delete_request(DeleteRequest::builder().set_key(Some(key.clone())).build()?).build()
            }
            Self::Put { item, .. } => {
                request.put_request(PutRequest::builder().set_item(Some(item.clone())).build()?).build()
            }
        })
    }
}

async fn erase(tables: &Tables, erasing: &[Erasing]) -> Result<(), Failure> {
    let requests: Result<Vec<_>, _> = erasing.iter().map(Erasing::request).collect();
    let mut pending = requests.map_err(|error| Failure::new(error.to_string()))?;
    for attempt in 1..=ATTEMPTS {
        let call = tables.client.batch_write_item().request_items(&tables.event_table, pending);
        let output = call.send().await.map_err(|error| Failure::of_call(&error, &tables.event_table))?;
        pending = output.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
        if pending.is_empty() {
            return Ok(());
        }
        wait(attempt).await;
    }
    Err(Failure::throttled(&tables.event_table))
}

/// Removes personal texts from the record, again if another writer comes first; returns how many fields were removed,
/// `None` if there is no record.
async fn blank(tables: &Tables, address: &str, console: &Console<'_>) -> Result<Option<u64>, Failure> {
    let table = &tables.suppression_table;
    for attempt in 1..=ATTEMPTS {
        let key = AttributeValue::S(address.to_owned());
        let call = tables.client.get_item().table_name(table).key("address", key).consistent_read(true);
        let output = call.send().await.map_err(|error| Failure::of_call(&error, table))?;
        let Some(mut item) = output.item else { return Ok(None) };
        let read = item.get("version").and_then(|version| version.as_n().ok()).cloned();
        let read = read.ok_or_else(|| Failure::new("the suppression record has no version; repair the item"))?;
        let own = item.iter_mut().filter(|(name, _)| matches!(name.as_str(), "suppressions" | "soft_bounces"));
        let blanked: u64 = own.map(|(_, value)| strip(value)).sum();
        if blanked == 0 {
            return Ok(Some(0));
        }
        let next = read.parse::<u64>().unwrap_or_default().saturating_add(1);
        item.insert("version".to_owned(), AttributeValue::N(next.to_string()));
        item.insert("updated_at".to_owned(), AttributeValue::S(console.now.to_string()));
        let call = tables.client.put_item().table_name(table).set_item(Some(item));
        let call = call.condition_expression("version = :version");
        match call.expression_attribute_values(":version", AttributeValue::N(read)).send().await {
            Ok(_) => return Ok(Some(blanked)),
            Err(error) if error.as_service_error().is_some_and(is_conflict) => wait(attempt).await,
            Err(error) => return Err(Failure::of_call(&error, table)),
        }
    }
    Err(Failure::new("the suppression record changed under every attempt; try again"))
}

/// Whether another writer came first, or is about to.
fn is_conflict(error: &PutItemError) -> bool {
    error.is_conditional_check_failed_exception() || error.is_transaction_conflict_exception()
}

/// Removes personal texts at any depth; returns how many. Scopes and reasons are maps, and stay even if they have the
/// same name.
fn strip(value: &mut AttributeValue) -> u64 {
    match value {
        AttributeValue::M(fields) => {
            let before = fields.len();
            fields.retain(|name, value| !(PERSONAL.contains(&name.as_str()) && value.is_s()));
            let removed = u64::try_from(before.saturating_sub(fields.len())).unwrap_or_default();
            fields.values_mut().map(strip).sum::<u64>().saturating_add(removed)
        }
        AttributeValue::L(list) => list.iter_mut().map(strip).sum(),
        _ => 0,
    }
}
