//! Checks what a lift at SES and here would do, before anything is changed: nobody can restore what SES has removed.

use super::failure::Failure;
use super::requested::{Request, counted, is_lifted, nothing_to_lift, refused};
use super::sanitize::sanitize;
use super::ses::ListName;
use super::tables::Tables;
use crate::api::{Decided, preview};
use crate::event::Reason;
use crate::lookup::everything;
use crate::suppression::{Block, State, SuppressionRecord};
use crate::text::shell_quoted;
use crate::timestamp::Timestamp;

/// Fails unless the lift takes effect here, was made before, or concerns what only SES can know, and unless nothing for
/// which SES lists addresses is in force afterwards.
pub(super) async fn check(
    request: &Request<'_>,
    list: &ListName,
    tables: &Tables,
    now: Timestamp,
) -> Result<(), Failure> {
    let record = tables.suppressions.get(request.address).await?;
    let checked =
        after(request, list, &record, tables, now).and_then(|after| nothing_is_in_force(request, list, &after, now));
    checked.map_err(|failure| Failure::new(format!("{failure}\n{list}: not changed")))
}

/// The record after the lift.
fn after(
    request: &Request<'_>,
    list: &ListName,
    record: &SuppressionRecord,
    tables: &Tables,
    now: Timestamp,
) -> Result<SuppressionRecord, Failure> {
    let Request { address, decision } = request;
    match preview(record, address, decision, State::Lifted, tables.rules, now) {
        Ok(Decided::Written(after)) => Ok(*after),
        Ok(Decided::NothingToLift(record)) => {
            let may_be_there = is_lifted(decision, &record) || blocks(list, &record, now).is_empty();
            if may_be_there { Ok(*record) } else { Err(nothing_to_lift(decision, &record, now)) }
        }
        Ok(Decided::Counted) => Err(counted()),
        Err(refusal) => Err(refused("lift", request, refusal.into())),
    }
}

/// Fails if a bounce or a complaint is still in force for which SES's list may have the address, too.
fn nothing_is_in_force(
    request: &Request<'_>,
    list: &ListName,
    record: &SuppressionRecord,
    now: Timestamp,
) -> Result<(), Failure> {
    let mut in_force = blocks(list, record, now);
    in_force.retain(|block| matches!(block.reason, Reason::HardBounce | Reason::Complaint));
    if in_force.is_empty() {
        return Ok(());
    }
    let command = |Block { reason, scope, .. }: &Block| {
        let (address, scope) = (shell_quoted(request.address.as_str()), shell_quoted(&sanitize(scope.as_str())));
        format!("  mail-feedbackctl lift {address} --reason {reason} --scope {scope}\n")
    };
    let commands: String = in_force.iter().map(command).collect();
    Err(Failure::new(format!(
        "SES's list would no longer block what is still in force here; lift that first:\n{commands}or lift {} only here, \
         without --at-provider",
        request.decision.reason
    )))
}

/// What blocks sends here that the list blocks, too.
pub(super) fn blocks(list: &ListName, record: &SuppressionRecord, now: Timestamp) -> Vec<Block> {
    let mut blocks = everything(record, now).blocks;
    blocks.retain(|block| list.covers(&block.scope));
    blocks
}
