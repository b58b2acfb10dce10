//! A decision as a person types it.

use super::Fields;
use crate::address::Address;
use crate::api::Action;
use crate::event::Reason;
use crate::label::labelled;
use crate::suppression::{Decision, Entry, Scope, State, SuppressionRecord};
use crate::timestamp::Timestamp;

labelled! {
    /// The steps towards a decision.
    pub enum Step {
        /// The form.
        Form = "form",
        /// What would change.
        Review = "review",
        /// Changes it.
        Write = "write",
    }
}

/// The fields of a decision, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionForm {
    /// How far it is.
    pub step: Step,
    /// What to do.
    pub action: Action,
    /// For whom.
    pub address: Option<String>,
    /// For which sends; without it, for every send.
    pub scope: Option<String>,
    /// Which reason; without it, `manual`.
    pub reason: Option<String>,
    /// When a suppression ends; without it, never.
    pub until: Option<String>,
    /// Who decides.
    pub actor: Option<String>,
    /// Why.
    pub note: Option<String>,
    /// The fingerprint of the record that was reviewed.
    pub seen: Option<String>,
}

/// A field that is missing or wrong, and what it must be.
pub(super) type Fault = (&'static str, String);

impl DecisionForm {
    pub(super) fn of(fields: &Fields) -> Self {
        Self {
            step: fields.get("step").and_then(Step::from_label).unwrap_or(Step::Form),
            action: fields.get("action").and_then(Action::from_label).unwrap_or(Action::Suppress),
            address: fields.owned("address"),
            scope: fields.owned("scope"),
            reason: fields.owned("reason"),
            until: fields.owned("until"),
            actor: fields.owned("actor"),
            note: fields.owned("note"),
            seen: fields.owned("seen"),
        }
    }

    /// The state that the action leads to.
    pub(super) const fn state(&self) -> State {
        match self.action {
            Action::Suppress => State::Suppressed,
            Action::Lift => State::Lifted,
        }
    }

    /// The address.
    pub(super) fn key(&self) -> Option<Address> {
        Address::parse(self.address.as_deref()?)
    }

    /// The decision, for an address with a record.
    pub(super) fn decision(&self, record: &SuppressionRecord, now: Timestamp) -> Result<Decision, Vec<Fault>> {
        let mut faults = Vec::new();
        let scope = self.scope_in(record).map_err(|why| faults.push(("scope", why))).ok();
        let reason = Reason::from_label(self.reason.as_deref().unwrap_or(Reason::Manual.as_str()));
        if reason.is_none() {
            let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
            faults.push(("reason", format!("Reason: give one of {}.", names.join(", "))));
        }
        let until = self.until_time(now).map_err(|why| faults.push(("until", why))).ok();
        let actor = self.actor.clone().filter(|actor| actor.len() <= Entry::ACTOR_BYTES);
        if actor.is_none() {
            faults.push(("actor", format!("Your name: give one, of at most {} bytes.", Entry::ACTOR_BYTES)));
        }
        if self.note.as_ref().is_some_and(|note| note.len() > Entry::NOTE_BYTES) {
            faults.push(("note", format!("Note: shorten it to {} bytes.", Entry::NOTE_BYTES)));
        }
        match (scope, reason, until, actor) {
            (Some(scope), Some(reason), Some(until), Some(actor)) if faults.is_empty() => {
                Ok(Decision { scope, reason, until, actor, note: self.note.clone() })
            }
            _ => Err(faults),
        }
    }

    /// The scope; one that no send can name any more may still be in a record of an older version.
    fn scope_in(&self, record: &SuppressionRecord) -> Result<Scope, String> {
        let text = self.scope.as_deref().unwrap_or("*");
        let stored = Scope::from_text(text);
        if record.suppressions.contains_key(&stored) {
            return Ok(stored);
        }
        Scope::parse(text).and_then(Scope::limited).map_err(|error| format!("Scope: {error}."))
    }

    fn until_time(&self, now: Timestamp) -> Result<Option<Timestamp>, String> {
        let Some(text) = self.until.as_deref().filter(|_| self.action == Action::Suppress) else { return Ok(None) };
        let day = || Timestamp::parse(&format!("{text}T00:00:00Z"));
        let until = Timestamp::parse(text).or_else(day).filter(|until| *until > now);
        until.map(Some).ok_or_else(|| "Until: give a day in the future, as 2027-01-31, or nothing.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{DecisionForm, Fault, Fields, SuppressionRecord, Timestamp};
    use crate::suppression::Decision;

    fn decision(form: &str) -> Result<Decision, Vec<Fault>> {
        let now = Timestamp::parse("2026-11-20T12:00:00Z").unwrap_or(Timestamp::MAX);
        DecisionForm::of(&Fields::of_form(form)).decision(&SuppressionRecord::default(), now)
    }

    #[test]
    fn only_the_name_is_needed() {
        let decided = decision("actor=jo&until=2026-12-01").map(|decision| {
            (decision.scope.to_string(), decision.reason.as_str(), decision.until.map(|until| until.to_string()))
        });
        let expected = ("*".to_owned(), "manual", Some("2026-12-01T00:00:00.000Z".to_owned()));
        assert_eq!(decided, Ok(expected));
    }

    #[test]
    fn each_wrong_field_is_named() {
        let long = "x".repeat(1_025);
        let form = format!("scope=everything&reason=tired&until=2020-01-01&note={long}");
        let faults = decision(&form).err().unwrap_or_default();
        let names: Vec<&str> = faults.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["scope", "reason", "until", "actor", "note"]);
        assert!(decision("actor=jo&action=lift&until=never").is_ok(), "a lift has no end");
    }
}
