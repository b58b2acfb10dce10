//! The spellings in which SES may have an address.

use std::collections::BTreeSet;

use super::super::failure::Failure;

use super::super::tables::Tables;
use crate::address::Address;
use crate::lookup::entries;
use crate::lookup::item::text;
use crate::suppression::SuppressionRecord;

/// Every known spelling of an address: the key, those in its record and its events, and those in `more`.
///
/// A report may spell another address than the one it is attributed to, since mail is forwarded: such a spelling is
/// somebody else's, and is left out.
pub(in crate::operator) async fn spellings(
    tables: &Tables,
    address: &Address,
    more: impl IntoIterator<Item = String>,
) -> Result<BTreeSet<String>, Failure> {
    let mut known = BTreeSet::from([address.as_str().to_owned()]);
    known.extend(more);
    known.extend(of_record(&tables.suppressions.get(address).await?));
    let mut start = None;
    loop {
        let (events, next) = tables.events_of_address(address.as_str(), start).await?;
        known.extend(events.iter().filter_map(|event| text(event, "recipient")).map(str::to_owned));
        start = next;
        if start.is_none() {
            break;
        }
    }
    known.retain(|spelling| Address::parse(spelling).as_ref() == Some(address));
    Ok(known)
}

fn of_record(record: &SuppressionRecord) -> impl Iterator<Item = String> {
    let entries = entries(record).filter_map(|(_, _, entry)| entry.recipient.clone());
    let bounces = record.soft_bounces.bounces().iter().filter_map(|bounce| bounce.recipient.clone());
    entries.chain(bounces)
}
