//! `suppress` and `lift`: decisions of people.

use serde_json::{Value, json};

use super::cli::{DecisionArgs, SuppressArgs};
use super::failure::Failure;
use super::sanitize::sanitize;
use super::show::{block_json, block_line, everything, unknown_providers_warning};
use super::tables::Tables;
use super::{Console, Outcome};
use crate::event::Reason;
use crate::store::DecisionError;
use crate::suppression::{Decision, DecisionRefusal, MAX_SCOPES, Scope, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// Suppresses an address, whatever its record says.
pub(super) async fn suppress(
    args: &SuppressArgs,
    tables: &Tables,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let of = &args.decision;
    if is_derived(&of.scope, of.reason) {
        return Err(Failure::new("soft_bounce in scope * is counted, not set; use --reason manual with --until"));
    }
    if args.until.is_some_and(|until| until <= console.now) {
        return Err(Failure::new("--until is in the past; give a future time, or omit it"));
    }
    let decision = Decision { until: args.until, ..decision(of) };
    let decided = tables.suppressions.suppress(&of.address, &decision, console.now).await;
    decided.map_err(|error| refused("suppress", of, error))?;
    report("suppressed", of, tables, console).await
}

/// Lifts a reason in a scope; one that never existed there is probably a mistake.
pub(super) async fn lift(args: &DecisionArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let record = tables.suppressions.get(&args.address).await?;
    if !is_there(&record, args) && !record.is_folded(args.reason) {
        let mut text = format!("nothing to lift: there is no {} in scope {}", args.reason, args.scope);
        let standing = everything(&record, console.now);
        text.push_str(if standing.is_allowed() { "; nothing blocks the address" } else { "; it is blocked by:" });
        for block in &standing.blocks {
            text.push_str(
                &format_args!("\n  --reason {} --scope '{}'", block.reason, sanitize(block.scope.as_str())).to_string(),
            );
        }
        return Err(Failure::new(text));
    }
    let decided = tables.suppressions.lift(&args.address, &decision(args), console.now).await;
    decided.map_err(|error| refused("lift", args, error))?;
    report("lifted", args, tables, console).await
}

/// Why a decision was refused, and what to do instead.
fn refused(verb: &str, args: &DecisionArgs, error: DecisionError) -> Failure {
    match error {
        DecisionError::Store(error) => error.into(),
        DecisionError::Refused(DecisionRefusal::Folded { reason }) => Failure::new(format!(
            "{} for {} is not kept apart: {} came for more than {MAX_SCOPES} scopes, or would now, and then applies to \
             every send, without end; decide on that:\n  mail-feedbackctl {verb} {} --reason {reason} --scope '*'",
            args.reason,
            sanitize(args.scope.as_str()),
            args.reason,
            args.address.as_str()
        )),
        error @ DecisionError::Refused(_) => Failure::new(error.to_string()),
    }
}

/// Whether a lift would end anything, including bounces that are counted but do not suppress yet.
fn is_there(record: &SuppressionRecord, args: &DecisionArgs) -> bool {
    if is_derived(&args.scope, args.reason) {
        return !record.soft_bounces.bounces().is_empty();
    }
    record.entry(&args.scope, args.reason).is_some_and(|entry| entry.state == State::Suppressed)
}

/// Whether the entry is derived from soft bounces.
fn is_derived(scope: &Scope, reason: Reason) -> bool {
    reason == Reason::SoftBounce && *scope == Scope::everything()
}

fn decision(args: &DecisionArgs) -> Decision {
    Decision {
        scope: args.scope.clone(),
        reason: args.reason,
        until: None,
        actor: args.actor.clone(),
        note: args.note.clone(),
    }
}

/// The time from which a decision counts.
fn decided_at(record: &SuppressionRecord, args: &DecisionArgs) -> Option<Timestamp> {
    if is_derived(&args.scope, args.reason) {
        return record.soft_bounces.lifted_at();
    }
    record.entry(&args.scope, args.reason).map(|entry| entry.at)
}

/// Prints what was done, and the resulting state.
async fn report(
    what: &str,
    args: &DecisionArgs,
    tables: &Tables,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let record = tables.suppressions.get(&args.address).await?;
    let standing = everything(&record, console.now);
    let address = args.address.as_str();
    if let Some(warning) = unknown_providers_warning(args.scope.unknown_provider()) {
        writeln!(console.err, "warning: {warning}")?;
    }
    if let Some(at) = decided_at(&record, args).filter(|at| *at > console.now.plus_days(1)) {
        writeln!(
            console.err,
            "dated {at}, because what it ends or replaces has that date; earlier reports do not change it"
        )?;
    }
    if console.json {
        let blocks: Vec<Value> = standing.blocks.iter().map(block_json).collect();
        let done = json!({"reason": args.reason.as_str(), "scope": args.scope.as_str(), "actor": args.actor});
        writeln!(console.out, "{}", json!({"address": address, what: done, "blocks": blocks}))?;
        return Ok(Outcome::Done);
    }
    writeln!(console.out, "{address}  {what} {} {} by {}", args.reason, args.scope, args.actor)?;
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
