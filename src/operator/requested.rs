//! A manual decision as the command line asks for it, and why it has no effect or is refused.

use super::failure::Failure;
use super::sanitize::sanitize;
use crate::address::Address;
use crate::api::is_counted;
use crate::lookup::everything;
use crate::store::DecisionError;
use crate::suppression::{Decision, DecisionRefusal, MAX_SCOPES, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// The decision that a command line asks for.
pub(super) struct Request<'a> {
    pub(super) address: &'a Address,
    pub(super) decision: Decision,
}

/// Whether the same was lifted before.
pub(super) fn is_lifted(decision: &Decision, record: &SuppressionRecord) -> bool {
    if is_counted(&decision.scope, decision.reason) {
        return record.soft_bounces.lifted_at().is_some();
    }
    record.entry(&decision.scope, decision.reason).is_some_and(|entry| entry.state == State::Lifted)
}

/// The error for a decision on what is counted.
pub(super) fn counted() -> Failure {
    Failure::new("soft_bounce in scope * is counted, not set; use --reason manual with --until")
}

/// The error for a lift without effect, with everything that can be lifted.
pub(super) fn nothing_to_lift(decision: &Decision, record: &SuppressionRecord, now: Timestamp) -> Failure {
    let mut text = format!("nothing to lift: there is no {} in scope {}", decision.reason, decision.scope);
    let verdict = everything(record, now);
    text.push_str(if verdict.is_allowed() { "; nothing blocks the address" } else { "; the address is blocked by:" });
    for block in &verdict.blocks {
        text.push_str(
            &format_args!("\n  --reason {} --scope '{}'", block.reason, sanitize(block.scope.as_str())).to_string(),
        );
    }
    Failure::new(text)
}

/// Why a decision was refused, and what to do instead.
pub(super) fn refused(verb: &str, request: &Request<'_>, error: DecisionError) -> Failure {
    let Decision { scope, reason: given, .. } = &request.decision;
    match error {
        DecisionError::Store(error) => error.into(),
        DecisionError::Refused(DecisionRefusal::Folded { reason }) => Failure::new(format!(
            "{given} for {} cannot be set or lifted separately: {given} was reported for more than {MAX_SCOPES} scopes, or \
             would be now, and then applies to every send, without end; decide on that:\n  mail-feedbackctl {verb} {} --reason \
             {reason} --scope '*'",
            sanitize(scope.as_str()),
            request.address.as_str()
        )),
        error @ DecisionError::Refused(_) => Failure::new(error.to_string()),
    }
}
