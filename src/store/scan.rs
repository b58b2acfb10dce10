//! Reads all suppression records, or many at once, for operators.

use std::collections::{BTreeMap, BTreeSet};

use super::attribute::{Item, text};
use super::certificates::KEY as CERTIFICATES_KEY;
use super::record_item::{Stored, from_item};
use super::sdk_error::classified;
use super::suppressions::Suppressions;
use crate::address::Address;
use crate::error::Error;
use crate::suppression::SuppressionRecord;

/// A record, as one page of the table has it.
#[derive(Debug)]
pub struct Scanned {
    /// The key of the item.
    pub address: String,
    /// The record; `None` if the item is not one.
    pub record: Option<SuppressionRecord>,
}

/// A page of the suppression table, and where the next one starts.
#[derive(Debug)]
pub struct ScannedPage {
    /// The records, in the order of the table.
    pub records: Vec<Scanned>,
    /// The start of the next page; `None` after the last one.
    pub next: Option<Item>,
}

impl Suppressions {
    /// What `keep` takes of the records of many addresses, by key; the default for an address without a record.
    ///
    /// Takes one `BatchGetItem` per 100 addresses, ten of them at once. The records themselves are not kept.
    ///
    /// # Errors
    /// Transient if the table cannot be read. A record that cannot be read fails only its own address.
    pub async fn read_all<T: Default>(
        &self,
        addresses: &[Address],
        keep: impl Fn(&SuppressionRecord) -> T + Copy,
    ) -> Result<BTreeMap<String, Result<T, Error>>, Error> {
        let distinct: BTreeSet<&Address> = addresses.iter().collect();
        let distinct: Vec<&Address> = distinct.into_iter().collect();
        let mut found = self.batches(&distinct, |stored: Stored| Some(keep(&stored.record))).await?;
        let read = |address: &Address| match found.failed.get(address.as_str()) {
            Some(error) => Err(*error),
            None => Ok(found.records.remove(address.as_str()).flatten().unwrap_or_default()),
        };
        Ok(distinct.iter().map(|address| address.as_str().to_owned()).zip(distinct.iter().copied().map(read)).collect())
    }

    /// A page of all records, with strongly consistent reads, from `start` on.
    ///
    /// # Errors
    /// Transient if the table cannot be read.
    pub async fn scan(&self, start: Option<Item>) -> Result<ScannedPage, Error> {
        let call = self.client.scan().table_name(&self.table).consistent_read(true);
        let page = call.set_exclusive_start_key(start).send().await.map_err(|error| classified(&error))?;
        let of_an_address = |item: &Item| {
            let address = text(item, "address").filter(|key| *key != CERTIFICATES_KEY)?.to_owned();
            Some(Scanned { address, record: from_item(item).map(|stored| stored.record) })
        };
        let records = page.items.unwrap_or_default().iter().filter_map(of_an_address).collect();
        Ok(ScannedPage { records, next: page.last_evaluated_key })
    }
}
