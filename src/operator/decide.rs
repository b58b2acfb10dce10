//! `suppress` and `lift`: decisions of people.

use serde_json::{Value, json};

use super::at_provider::{self, Removed, list_json};
use super::cli::{DecisionArgs, LiftArgs, SuppressArgs};
use super::failure::Failure;
use super::lift_check;
use super::refusal;
use super::requested::{Request, counted, is_lifted, nothing_to_lift, refused};
use super::ses::{ListName, SesReason};
use super::show::{block_json, block_line};
use super::tables::Tables;
use super::{Console, Outcome};
use crate::address::Address;
use crate::api::{Decided, decide, is_counted, unknown_providers_warning};
use crate::event::Reason;
use crate::lookup::everything;
use crate::suppression::{Block, Decision, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// Suppresses an address, whatever its record says.
pub(super) async fn suppress(
    args: &SuppressArgs,
    tables: &Tables,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    if args.until.is_some_and(|until| until <= console.now) {
        return Err(Failure::new("--until is in the past; give a future time, or omit it"));
    }
    let there = match args.at_ses.at_provider {
        Some(reason) => {
            // Nothing is written if the second step cannot succeed.
            at_provider::ses(tables)?;
            Some((at_provider::list_of(&args.decision.scope, args.at_ses.tenant.as_ref())?, reason))
        }
        None => None,
    };
    let request = request(&args.address, args.reason, &args.decision, args.until, tables).await?;
    let record = match decided(State::Suppressed, &request, tables, console.now).await? {
        Decided::Written(record) | Decided::NothingToLift(record) => record,
        Decided::Counted => return Err(counted()),
    };
    if let Some((list, reason)) = &there {
        at_provider::put(list, *reason, &args.address, tables).await?;
    }
    report("suppressed", &request, there.map(AtSes::Put).as_ref(), &record, console)
}

/// What was done at SES.
enum AtSes {
    Removed(Removed),
    Put((ListName, SesReason)),
}

impl AtSes {
    fn text(&self, address: &Address) -> String {
        match self {
            Self::Removed(removed) => removed.text(),
            Self::Put((list, reason)) => format!("{list}:\n  {}  put as {}", address.as_str(), reason.as_str()),
        }
    }

    fn json(&self, address: &Address) -> Value {
        match self {
            Self::Removed(removed) => removed.json(),
            Self::Put((list, reason)) => {
                json!({"list": list_json(list), "put": {"spelling": address.as_str(), "reason": reason.as_str()}})
            }
        }
    }
}

/// Lifts a reason in a scope; one that never existed there is probably a mistake.
pub(super) async fn lift(args: &LiftArgs, tables: &Tables, console: &mut Console<'_>) -> Result<Outcome, Failure> {
    let address = &args.address.address;
    let list = args.at_ses.at_provider.then(|| at_provider::list_of(&args.decision.scope, args.at_ses.tenant.as_ref()));
    let list = list.transpose()?;
    let request = request(address, args.reason, &args.decision, None, tables).await?;
    let Some(list) = list else {
        let ended = ended_block(&request, tables).await?;
        return match decided(State::Lifted, &request, tables, console.now).await? {
            Decided::NothingToLift(record) => Err(nothing_to_lift(&request.decision, &record, console.now)),
            Decided::Written(record) => {
                if let Some(hint) = ended.and_then(|block| refusal::hint(address.as_str(), &block)) {
                    writeln!(console.err, "{hint}")?;
                }
                report("lifted", &request, None, &record, console)
            }
            Decided::Counted => Err(counted()),
        };
    };
    at_provider::ses(tables)?;
    lift_check::check(&request, &list, tables, console.now).await?;
    // First there: a refusal in between would suppress the address here again.
    let removed = at_provider::remove(list.clone(), address, &args.address.spelling, tables).await?;
    match decided(State::Lifted, &request, tables, console.now).await.map_err(|failure| removed.then(&failure))? {
        Decided::NothingToLift(record)
            if is_lifted(&request.decision, &record)
                || (removed.any() && lift_check::blocks(&list, &record, console.now).is_empty()) =>
        {
            report("already lifted", &request, Some(&AtSes::Removed(removed)), &record, console)
        }
        Decided::NothingToLift(record) => Err(removed.then(&nothing_to_lift(&request.decision, &record, console.now))),
        Decided::Written(record) => report("lifted", &request, Some(&AtSes::Removed(removed)), &record, console),
        Decided::Counted => Err(removed.then(&counted())),
    }
}

/// The block that a lift will end, for a hint about SES's list; `None` without SES, as in `make run`.
async fn ended_block(request: &Request<'_>, tables: &Tables) -> Result<Option<Block>, Failure> {
    if tables.ses.is_none() {
        return Ok(None);
    }
    let Decision { scope, reason, .. } = &request.decision;
    let record = tables.suppressions.get(request.address).await?;
    Ok(record.entry(scope, *reason).map(|entry| Block::of(&record, scope, *reason, entry)))
}

async fn decided(state: State, request: &Request<'_>, tables: &Tables, now: Timestamp) -> Result<Decided, Failure> {
    let verb = match state {
        State::Suppressed => "suppress",
        State::Lifted => "lift",
    };
    let decided = decide(&tables.recorder, request.address, &request.decision, state, now).await;
    decided.map_err(|error| refused(verb, request, error))
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

/// The time from which a decision counts.
fn decided_at(record: &SuppressionRecord, decision: &Decision) -> Option<Timestamp> {
    if is_counted(&decision.scope, decision.reason) {
        return record.soft_bounces.lifted_at();
    }
    record.entry(&decision.scope, decision.reason).map(|entry| entry.at)
}

/// Prints what was done, and the resulting state. The record is the one that was written: to read it again might fail, and
/// hide what was done.
fn report(
    what: &str,
    request: &Request<'_>,
    there: Option<&AtSes>,
    record: &SuppressionRecord,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let Decision { scope, reason, actor, .. } = &request.decision;
    let verdict = everything(record, console.now);
    let address = request.address.as_str();
    if let Some(warning) = unknown_providers_warning(scope.unknown_provider()) {
        writeln!(console.err, "warning: {warning}")?;
    }
    if let Some(at) = decided_at(record, &request.decision).filter(|at| *at > console.now.plus_days(1)) {
        writeln!(
            console.err,
            "dated {at}, because what it ends or replaces has that date; earlier reports do not change it"
        )?;
    }
    if console.json {
        let blocks: Vec<Value> = verdict.blocks.iter().map(block_json).collect();
        let done = json!({"reason": reason.as_str(), "scope": scope.as_str(), "actor": actor});
        let verb = what.trim_start_matches("already ");
        let mut line = json!({"address": address, verb: done, "blocks": blocks});
        if let (Some(there), Some(fields)) = (there, line.as_object_mut()) {
            fields.insert("at_provider".to_owned(), there.json(request.address));
        }
        writeln!(console.out, "{line}")?;
        return Ok(Outcome::Done);
    }
    if let Some(there) = there {
        writeln!(console.out, "{}", there.text(request.address))?;
    }
    writeln!(console.out, "{address}  {what} {reason} {scope} by {actor}")?;
    if verdict.is_allowed() {
        writeln!(console.out, "  not blocked")?;
    } else {
        writeln!(console.out, "  blocked by:")?;
    }
    for block in &verdict.blocks {
        writeln!(console.out, "  {}", block_line(block))?;
        if let Some(line) = refusal::line(address, block) {
            writeln!(console.out, "    {line}")?;
        }
    }
    Ok(Outcome::Done)
}
