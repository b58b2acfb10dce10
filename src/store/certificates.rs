//! The item of the suppression table with the proven signing certificates of SNS.
//!
//! Its key is [`KEY`], which is not an address, so that the one request that opens an instance's connection also reads
//! it. Its writers need not be trusted: `sns` checks the certificates at each use.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;

use super::Suppressions;
use super::attribute::{Item, map, set, text};
use super::backoff;
use super::sdk_error::classified;
use crate::error::{Error, Outage};
use crate::intake::sns::{MAX_PROVEN, ProvenCertificate};
use crate::timestamp::Timestamp;

/// The key of the item.
pub const KEY: &str = "-";
/// The length of an id, at the end of each name.
const ID: usize = 32;
/// How often a conflicting write is tried.
const ATTEMPTS: u32 = 5;

impl Suppressions {
    /// Opens the connection to DynamoDB by reading the stored certificates; none if there are none, if they cannot be
    /// read, or if DynamoDB does not answer.
    pub async fn warm_up(&self) -> Vec<ProvenCertificate> {
        self.open_connection().await.as_ref().map(from_item).unwrap_or_default()
    }

    /// Opens the connection to DynamoDB by reading the item with the certificates, and returns that.
    pub(crate) async fn open_connection(&self) -> Option<Item> {
        let call = self.client.get_item().table_name(&self.table).key("address", key());
        let Ok(output) = call.send().await else {
            tracing::warn!(
                table = self.table,
                "dynamodb did not answer during the cold start; the first event tries again"
            );
            return None;
        };
        output.item
    }

    /// Stores certificates in addition to those already stored.
    ///
    /// Compare-and-swap: certificates that another instance has added meanwhile are read and kept, too.
    ///
    /// # Errors
    /// Transient if the table fails, or every attempt met another writer.
    pub async fn keep_certificates(&self, fresh: &[ProvenCertificate]) -> Result<(), Error> {
        for attempt in 1..=ATTEMPTS {
            let call = self.client.get_item().table_name(&self.table).key("address", key()).consistent_read(true);
            let stored = call.send().await.map_err(|error| classified(&error))?.item;
            let known = stored.as_ref().map(from_item).unwrap_or_default();
            let Some(kept) = ProvenCertificate::merged(&known, fresh) else { return Ok(()) };
            if self.replace_certificates(&kept, stored.as_ref()).await? {
                return Ok(());
            }
            backoff::wait(attempt).await;
        }
        Err(Error::Transient(Outage::Contention))
    }

    /// Replaces the item that was read by these certificates, whatever it holds; `false` if another writer came first.
    async fn replace_certificates(&self, kept: &[ProvenCertificate], read: Option<&Item>) -> Result<bool, Error> {
        let version = read.and_then(|item| item.get("version"));
        let number = version.and_then(|version| version.as_n().ok()?.parse::<u64>().ok()).unwrap_or_default();
        let item = to_item(kept, number.saturating_add(1));
        let call = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let call = match (read, version) {
            (None, _) => call.condition_expression("attribute_not_exists(address)"),
            (Some(_), None) => call.condition_expression("attribute_not_exists(version)"),
            (Some(_), Some(version)) => {
                call.condition_expression("version = :version").expression_attribute_values(":version", version.clone())
            }
        };
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(false)
            }
            Err(error) => Err(classified(&error)),
        }
    }
}

fn key() -> AttributeValue {
    AttributeValue::S(KEY.to_owned())
}

fn to_item(kept: &[ProvenCertificate], version: u64) -> Item {
    let certificates = kept.iter().map(|one| {
        let mut fields = Item::new();
        set(&mut fields, "pem", Some(&one.pem));
        set(&mut fields, "fetched_at", Some(&one.fetched_at.to_string()));
        set(&mut fields, "expires_at", Some(&one.expires_at.to_string()));
        (format!("{}{}", one.prefix, one.id), AttributeValue::M(fields))
    });
    Item::from([
        ("address".to_owned(), key()),
        ("version".to_owned(), AttributeValue::N(version.to_string())),
        ("certificates".to_owned(), AttributeValue::M(certificates.collect())),
    ])
}

/// The readable certificates of an item, at most as many as are kept.
fn from_item(item: &Item) -> Vec<ProvenCertificate> {
    let certificates = map(item, "certificates").into_iter().flatten();
    let read = certificates.filter_map(|(url, fields)| {
        let (prefix, id) = url.split_at_checked(url.len().checked_sub(ID)?)?;
        let fields = fields.as_m().ok()?;
        Some(ProvenCertificate {
            prefix: prefix.to_owned(),
            id: id.to_owned(),
            pem: text(fields, "pem")?.to_owned(),
            fetched_at: Timestamp::parse(text(fields, "fetched_at")?)?,
            expires_at: Timestamp::parse(text(fields, "expires_at")?)?,
        })
    });
    read.take(MAX_PROVEN).collect()
}
