//! `suppress` and `lift`: decisions of people.

use serde_json::{Value, json};

use super::cli::{DecisionArgs, LiftArgs, SuppressArgs};
use super::failure::Failure;
use super::sanitize::sanitize;
use super::show::{block_json, block_line, everything};
use super::tables::Tables;
use super::{Console, Outcome};
use crate::address::Address;
use crate::api::unknown_providers_warning;
use crate::event::Reason;
use crate::store::DecisionError;
use crate::suppression::{Decision, DecisionRefusal, MAX_SCOPES, Scope, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// The decision that a command line asks for.
struct Request<'a> {
    address: &'a Address,
    decision: Decision,
}

/// Suppresses an address, whatever its record says.
pub(super) async fn suppress(
    args: &SuppressArgs,
    tables: &Tables,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    if is_derived(&args.decision.scope, args.reason) {
        return Err(Failure::new("soft_bounce in scope * is counted, not set; use --reason manual with --until"));
    }
    if args.until.is_some_and(|until| until <= console.now) {
        return Err(Failure::new("--until is in the past; give a future time, or omit it"));
    }
    let request = request(&args.address, args.reason, &args.decision, args.until, tables).await?;
    let decided = tables.recorder.suppress(request.address, &request.decision, console.now).await;
    decided.map_err(|error| refused("suppress", &request, error))?;
    report("suppressed", &request, tables, console).await
}

/// Lifts a reason in a scope; one that never existed there is probably a mistake.
pub(super) async fn lift(args: &LiftArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let record = tables.suppressions.get(&args.address).await?;
    let (scope, reason) = (&args.decision.scope, args.reason);
    if !is_there(&record, scope, reason) && !record.is_folded(reason) {
        let mut text = format!("nothing to lift: there is no {reason} in scope {scope}");
        let standing = everything(&record, console.now);
        text.push_str(if standing.is_allowed() { "; nothing blocks the address" } else { "; it is blocked by:" });
        for block in &standing.blocks {
            text.push_str(
                &format_args!("\n  --reason {} --scope '{}'", block.reason, sanitize(block.scope.as_str())).to_string(),
            );
        }
        return Err(Failure::new(text));
    }
    let request = request(&args.address, reason, &args.decision, None, tables).await?;
    let decided = tables.recorder.lift(request.address, &request.decision, console.now).await;
    decided.map_err(|error| refused("lift", &request, error))?;
    report("lifted", &request, tables, console).await
}

async fn request<'a>(
    address: &'a Address,
    reason: Reason,
    args: &DecisionArgs,
    until: Option<Timestamp>,
    tables: &Tables,
) -> Result<Request<'a>, Failure> {
    let actor = tables.caller.actor(args.actor.as_ref()).await?;
    let decision = Decision { scope: args.scope.clone(), reason, until, actor, note: args.note.clone() };
    Ok(Request { address, decision })
}

/// Why a decision was refused, and what to do instead.
fn refused(verb: &str, request: &Request<'_>, error: DecisionError) -> Failure {
    let Decision { scope, reason: given, .. } = &request.decision;
    match error {
        DecisionError::Store(error) => error.into(),
        DecisionError::Refused(DecisionRefusal::Folded { reason }) => Failure::new(format!(
            "{given} for {} is not kept apart: {given} came for more than {MAX_SCOPES} scopes, or would now, and then applies \
             to every send, without end; decide on that:\n  mail-feedbackctl {verb} {} --reason {reason} --scope '*'",
            sanitize(scope.as_str()),
            request.address.as_str()
        )),
        error @ DecisionError::Refused(_) => Failure::new(error.to_string()),
    }
}

/// Whether a lift would end anything, including bounces that are counted but do not suppress yet.
fn is_there(record: &SuppressionRecord, scope: &Scope, reason: Reason) -> bool {
    if is_derived(scope, reason) {
        return !record.soft_bounces.bounces().is_empty();
    }
    record.entry(scope, reason).is_some_and(|entry| entry.state == State::Suppressed)
}

/// Whether the entry is derived from soft bounces.
fn is_derived(scope: &Scope, reason: Reason) -> bool {
    reason == Reason::SoftBounce && *scope == Scope::everything()
}

/// The time from which a decision counts.
fn decided_at(record: &SuppressionRecord, decision: &Decision) -> Option<Timestamp> {
    if is_derived(&decision.scope, decision.reason) {
        return record.soft_bounces.lifted_at();
    }
    record.entry(&decision.scope, decision.reason).map(|entry| entry.at)
}

/// Prints what was done, and the resulting state.
async fn report(
    what: &str,
    request: &Request<'_>,
    tables: &Tables,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let Decision { scope, reason, actor, .. } = &request.decision;
    let record = tables.suppressions.get(request.address).await?;
    let standing = everything(&record, console.now);
    let address = request.address.as_str();
    if let Some(warning) = unknown_providers_warning(scope.unknown_provider()) {
        writeln!(console.err, "warning: {warning}")?;
    }
    if let Some(at) = decided_at(&record, &request.decision).filter(|at| *at > console.now.plus_days(1)) {
        writeln!(
            console.err,
            "dated {at}, because what it ends or replaces has that date; earlier reports do not change it"
        )?;
    }
    if console.json {
        let blocks: Vec<Value> = standing.blocks.iter().map(block_json).collect();
        let done = json!({"reason": reason.as_str(), "scope": scope.as_str(), "actor": actor});
        writeln!(console.out, "{}", json!({"address": address, what: done, "blocks": blocks}))?;
        return Ok(Outcome::Done);
    }
    writeln!(console.out, "{address}  {what} {reason} {scope} by {actor}")?;
    if standing.is_allowed() {
        writeln!(console.out, "  not blocked")?;
    } else {
        writeln!(console.out, "  blocked by:")?;
    }
    for block in &standing.blocks {
        writeln!(console.out, "  {}", block_line(block))?;
    }
    Ok(Outcome::Done)
}
