//! Divides imported rows into transactions that can run concurrently, and writes them.

use std::collections::BTreeMap;

use super::failure::Failure;
use super::tables::Tables;
use crate::address::Address;
use crate::error::Error;
use crate::store::MAX_IMPORTED_ROWS;
use crate::suppression::Change;
use crate::timestamp::Timestamp;

/// Rows by address, as changes with the numbers of their lines.
pub(super) type Rows = BTreeMap<Address, Vec<(u64, Change)>>;

/// What became of some rows.
#[derive(Default)]
pub(super) struct Written {
    /// How many rows were imported.
    pub(super) imported: u64,
    /// How many suppressions are new.
    pub(super) suppressed: u64,
    /// The lines of the other rows, and why they were not imported.
    pub(super) rejected: Vec<(u64, Error)>,
}

/// Divides rows into lanes that can be written concurrently, since no address is in two of them. A lane is a list of
/// transactions, written one after the other.
pub(super) fn lanes(rows: Rows) -> Vec<Vec<Rows>> {
    let (mut lanes, mut part, mut count) = (Vec::new(), Rows::new(), 0_usize);
    for (address, mut changes) in rows {
        if changes.len() > MAX_IMPORTED_ROWS {
            let mut lane = Vec::new();
            while !changes.is_empty() {
                let rest = changes.split_off(changes.len().min(MAX_IMPORTED_ROWS));
                lane.push(Rows::from([(address.clone(), changes)]));
                changes = rest;
            }
            lanes.push(lane);
            continue;
        }
        count = count.saturating_add(changes.len());
        if count > MAX_IMPORTED_ROWS {
            count = changes.len();
            lanes.push(vec![std::mem::take(&mut part)]);
        }
        part.insert(address, changes);
    }
    lanes.push(vec![part]);
    lanes
}

/// Writes the transactions of a lane in order.
pub(super) async fn write_lane(
    tables: &Tables,
    lane: Vec<Rows>,
    dry_run: bool,
    now: Timestamp,
) -> Result<Written, Failure> {
    let mut written = Written::default();
    for part in lane.into_iter().filter(|part| !part.is_empty()) {
        let (mut lines, mut changes) = (BTreeMap::new(), BTreeMap::new());
        for (address, rows) in part {
            let (of_address, rows): (Vec<u64>, Vec<Change>) = rows.into_iter().unzip();
            lines.insert(address.clone(), of_address);
            changes.insert(address, rows);
        }
        let imported = if dry_run {
            tables.recorder.preview_import(&changes, now).await?
        } else {
            tables.recorder.import(&changes, now).await?
        };
        written.suppressed = written.suppressed.saturating_add(number(imported.suppressed));
        for (address, lines) in lines {
            match imported.failed.get(&address) {
                Some(error) => written.rejected.extend(lines.into_iter().map(|line| (line, *error))),
                None => written.imported = written.imported.saturating_add(number(lines.len())),
            }
        }
    }
    written.rejected.sort_unstable_by_key(|(line, _)| *line);
    Ok(written)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
