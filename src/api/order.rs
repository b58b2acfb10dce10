//! The orders that the function `decide` accepts, and its answers.

use serde::Serialize;

use super::decide::is_repeated;
use super::fields::{Fields, Form};
use super::{ApiError, BlockedBy, Decided, Demand, Flaw, Refusal, decide, unknown_providers_warning};
use crate::address::Address;
use crate::event::Reason;
use crate::label::labelled;
use crate::store::{DecisionError, Recorder};
use crate::suppression::{Block, Decision, Scope, State};
use crate::timestamp::Timestamp;

/// The form of an order.
const FORM: Form = Form {
    demand: "not an order; send a JSON object with address, scope, reason, action and actor",
    fields: &["address", "scope", "reason", "action", "actor", "note"],
};

labelled! {
    /// The decisions that a program may make.
    pub enum Action {
        /// Suppresses the address.
        Suppress = "suppress",
        /// Ends a suppression.
        Lift = "lift",
    }
}

/// A person's decision that a program passes on: somebody unsubscribed, or confirmed a new subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The address as in the order.
    pub address: String,
    /// Its key.
    key: Address,
    /// What to do.
    pub action: Action,
    /// The scope and the reason, who decided, and why.
    pub decision: Decision,
}

/// The result of an order.
#[derive(Debug, Serialize)]
pub struct Done {
    /// The address as in the order.
    pub address: String,
    /// The key in the tables.
    pub key: String,
    /// The requested action.
    pub action: &'static str,
    /// The sends it applies to.
    pub scope: String,
    /// The reason.
    pub reason: &'static str,
    /// Whether anything was written: `false` if there was nothing to lift, or the same suppression exists.
    pub changed: bool,
    /// The suppressions in that scope now.
    pub blocked_by: Vec<BlockedBy>,
    /// A likely mistake in the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

impl Order {
    /// Parses an order.
    ///
    /// # Errors
    /// It is not a JSON object, lacks a field, or has an unknown or invalid one.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
        let mut fields = Fields::read(json, &FORM)?;
        let address = fields.required("address")?;
        let key = Address::parse(&address).ok_or(Flaw::Field { field: "address", demand: Demand::Address })?;
        let scope = Scope::parse(&fields.required("scope")?).map_err(Flaw::Scope)?;
        let reason = Reason::from_label(&fields.required("reason")?);
        let reason = reason.ok_or(Flaw::Field { field: "reason", demand: Demand::Reason })?;
        let action = Action::from_label(&fields.required("action")?);
        let action = action.ok_or(Flaw::Field { field: "action", demand: Demand::Action })?;
        let actor = Some(fields.required("actor")?).filter(|actor| !actor.trim().is_empty());
        let actor = actor.ok_or(Flaw::Field { field: "actor", demand: Demand::Name })?;
        let decision = Decision { scope, reason, until: None, actor, note: fields.text("note")? };
        Ok(Self { address, key, action, decision })
    }

    /// Carries out the order, like `mail-feedbackctl suppress` and `lift`; a repeated order changes nothing.
    ///
    /// # Errors
    /// The decision is refused, or a table did not answer.
    pub async fn carry_out(self, recorder: &Recorder, now: Timestamp) -> Result<Done, ApiError> {
        let Self { address, key, action, decision } = self;
        let state = match action {
            Action::Suppress => State::Suppressed,
            Action::Lift => State::Lifted,
        };
        let known = match state {
            State::Suppressed => Some(recorder.suppressions().get(&key).await?),
            State::Lifted => None,
        };
        let (changed, record) = match known.filter(|record| is_repeated(record, &decision, now)) {
            Some(record) => (false, Box::new(record)),
            None => match decide(recorder, &key, &decision, state, now).await? {
                Decided::Written(record) => (true, record),
                Decided::NothingToLift(record) => (false, record),
                Decided::Counted => return Err(Refusal::Counted.into()),
            },
        };
        let reasons = record.suppressions.get(&decision.scope).into_iter().flatten();
        let active = reasons.filter(|(_, entry)| entry.is_active(now));
        let blocks = active.map(|(reason, entry)| Block::of(&record, &decision.scope, *reason, entry));
        Ok(Done {
            address,
            key: key.as_str().to_owned(),
            action: action.as_str(),
            scope: decision.scope.to_string(),
            reason: decision.reason.as_str(),
            changed,
            blocked_by: blocks.map(|block| BlockedBy::from(&block)).collect(),
            warning: unknown_providers_warning(decision.scope.unknown_provider()),
        })
    }
}

impl From<DecisionError> for ApiError {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::Store(error) => Self::Store(error),
            DecisionError::Refused(refusal) => Self::Refused(Refusal::Decision(refusal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Order;

    const WHOLE: &str = r#"{"address":"jane@example.com","scope":"list:ses:News","reason":"unsubscribe","action":"lift",
        "actor":"preferences","note":"confirmed by mail"}"#;

    fn flaw(json: &str) -> Option<String> {
        Order::parse(json).err().map(|flaw| flaw.to_string())
    }

    #[test]
    fn every_field_but_the_note_is_required() {
        assert_eq!((flaw(WHOLE), flaw(&WHOLE.replace("\"confirmed by mail\"", "null"))), (None, None));
        for field in ["address", "scope", "reason", "action", "actor"] {
            let without =
                WHOLE.replace(r#","note":"confirmed by mail""#, "").replace(&format!("\"{field}\":"), "\"note\":");
            assert_eq!(flaw(&without), Some(format!("field: {field} must be a string")), "{without}");
        }
        for (from, to, expected) in [
            ("jane@example.com", "jane@", "field: address must be one e-mail address"),
            ("list:ses:News", "News", "scope: not a scope; "),
            ("\"unsubscribe\"", "\"tired\"", "field: reason must be one of hard_bounce, soft_bounce, "),
            ("\"lift\"", "\"remove\"", "field: action must be suppress or lift"),
            ("preferences", " ", "field: actor must be a string that is not blank"),
            ("\"note\"", "\"until\"", "field: unknown field; known fields are address, "),
        ] {
            let wrong = flaw(&WHOLE.replace(from, to));
            assert!(wrong.as_ref().is_some_and(|text| text.starts_with(expected)), "{to}: {wrong:?}");
        }
        assert!(
            flaw(r#"{"addresses":["a@example.com"]}"#).is_some_and(|text| text.starts_with("form: not an order; "))
        );
    }
}
