//! Change events: what the function `changes` tells the rest of the world about the suppression table.
//!
//! `src/guide/schemas/change-event.json` describes [`ChangeEvent`] for consumers.

mod calls;

use std::fmt;

use serde::{Serialize, Serializer};

pub use calls::{MAX_CALL_BYTES, MAX_ENTRIES, Prepared, calls};

use crate::event::{EventId, Reason};
use crate::store::{MANUAL, RecordChange};
use crate::suppression::{Difference, Scope, State, differences};
use crate::timestamp::Timestamp;

/// The `source` of each event.
pub const SOURCE: &str = "mail-feedback";
/// The version of the form of `detail`; it changes only if a consumer must.
const SCHEMA: u32 = 1;

/// One reason in one scope that began or ceased to forbid mail to an address, or now ends at another time: the `detail`
/// of an event.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ChangeEvent {
    /// The version of this form: 1.
    pub schema: u32,
    /// The same for each repetition of the event, and for no other.
    #[serde(serialize_with = "as_text")]
    pub id: EventId,
    /// The version of the record; of two events about an address, that with the greater one is the later.
    pub record_version: u64,
    /// The address, as the key of the table has it.
    pub address: String,
    /// The sends it applies to.
    #[serde(serialize_with = "as_text")]
    pub scope: Scope,
    /// Why.
    #[serde(serialize_with = "as_text")]
    pub reason: Reason,
    /// The time of the report or decision; where the entry is gone, that of the change.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// When a suppression ends; `None` if never, and in lifts.
    #[serde(serialize_with = "as_optional_text")]
    pub until: Option<Timestamp>,
    /// Who reported it, or `manual`; `None` if the entry went without a report.
    pub provider: Option<String>,
    /// The provider's code.
    pub code: Option<String>,
    /// The event that set it, in the event table; `None` if the entry went without one, or if it is no longer known.
    pub event_id: Option<String>,
    /// The person or program that decided.
    pub actor: Option<String>,
    /// Whether it forbids mail now, which gives the event's `detail-type`.
    #[serde(skip)]
    pub state: State,
}

impl fmt::Debug for ChangeEvent {
    /// Shows nothing personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ChangeEvent");
        shown.field("id", &self.id).field("record_version", &self.record_version).field("state", &self.state);
        shown.finish_non_exhaustive()
    }
}

impl ChangeEvent {
    /// The events of one write, in the order of [`differences`].
    #[must_use]
    pub fn of(change: &RecordChange) -> Vec<Self> {
        differences(&change.before, &change.after).into_iter().map(|one| Self::new(change, &one)).collect()
    }

    fn new(change: &RecordChange, difference: &Difference<'_>) -> Self {
        let Difference { scope, reason, state, entry } = *difference;
        let version = change.version.to_string();
        let names_it = [&change.address, version.as_str(), &change.updated_at, scope.as_str(), reason.as_str()];
        let gone = Self {
            schema: SCHEMA,
            id: EventId::of(&names_it.map(Some)),
            record_version: change.version,
            address: change.address.clone(),
            scope: scope.clone(),
            reason,
            at: change.at,
            until: None,
            provider: None,
            code: None,
            event_id: None,
            actor: None,
            state,
        };
        let Some(entry) = entry else { return gone.by_whom(change) };
        Self {
            at: entry.at,
            until: entry.until.filter(|_| state == State::Suppressed),
            provider: Some(entry.provider.clone()).filter(|provider| !provider.is_empty()),
            code: entry.code.clone(),
            event_id: entry.known_event_id().map(str::to_owned),
            actor: entry.actor.clone(),
            ..gone
        }
    }

    /// The event of an entry that is gone: a person's lift of soft bounces leaves no entry, but says who decided.
    fn by_whom(self, change: &RecordChange) -> Self {
        let is_counted = self.reason == Reason::SoftBounce && self.scope == Scope::everything();
        let [before, after] = [&change.before, &change.after].map(|record| record.soft_bounces.lifted());
        match after.filter(|_| is_counted && before != after) {
            Some(lift) => Self { at: lift.at, provider: Some(MANUAL.to_owned()), actor: lift.actor.clone(), ..self },
            None => self,
        }
    }
}

fn as_text<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[expect(clippy::ref_option, reason = "serde passes a reference")]
fn as_optional_text<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(serializer)
}
