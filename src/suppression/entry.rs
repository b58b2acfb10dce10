//! One reason, in one scope, why an address may not, or again may, be mailed.

use std::cmp::Ordering;
use std::fmt;

use crate::label::labelled;
use crate::timestamp::Timestamp;

/// Replaces the id of an event that is no longer known, since every reader of a record expects one.
const FOLDED: &str = "folded";

labelled! {
    /// Whether an entry forbids mail.
    pub enum State {
        /// The reason was lifted; an older report does not restore it.
        Lifted = "lifted",
        /// The reason applies.
        Suppressed = "suppressed",
    }
}

/// The latest decision on one reason in one scope.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whether it forbids mail.
    pub state: State,
    /// The time of the event that set it.
    pub at: Timestamp,
    /// The earliest event that ever suppressed for this reason and scope; lifts do not reset it.
    pub first_at: Option<Timestamp>,
    /// In a lifted entry: the latest event that ever suppressed for this reason and scope, regardless of the order of
    /// arrival.
    ///
    /// It matters once the reason is [folded](super::SuppressionRecord::is_folded).
    pub suppressed_at: Option<Timestamp>,
    /// In an entry that a person lifted: the report whose suppression it ended.
    ///
    /// A repetition of that report does not restore it, whatever time the repetition has.
    pub lifted_event: Option<String>,
    /// When it expires; `None`: never.
    pub until: Option<Timestamp>,
    /// Who reported it.
    pub provider: String,
    /// The event that set it; `folded` if it is no longer known.
    pub event_id: String,
    /// The provider's code.
    pub code: Option<String>,
    /// Diagnostic text.
    pub detail: Option<String>,
    /// The address as reported.
    pub recipient: Option<String>,
    /// The person or program that decided, in manual entries.
    pub actor: Option<String>,
    /// The reason for the decision, in the actor's words.
    pub note: Option<String>,
}

impl fmt::Debug for Entry {
    /// Shows only what may appear in a log, nothing personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Entry");
        shown.field("state", &self.state).field("at", &self.at).field("first_at", &self.first_at);
        shown.field("until", &self.until).field("event_id", &self.event_id).finish_non_exhaustive()
    }
}

impl Entry {
    /// The longest actor name, in bytes.
    pub const ACTOR_BYTES: usize = 256;
    /// The longest note of a decision, in bytes.
    pub const NOTE_BYTES: usize = 1024;

    /// Whether it forbids mail at a time.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.state == State::Suppressed && self.until.is_none_or(|until| until > now)
    }

    /// The event that set it; `None` if it is no longer known.
    #[must_use]
    pub fn known_event_id(&self) -> Option<&str> {
        Some(self.event_id.as_str()).filter(|id| !id.is_empty() && *id != FOLDED)
    }

    /// Whether another entry comes from the same report with another time, or from the one that a person has lifted.
    ///
    /// A report whose own time is not usable yet has its time of arrival instead, and later its own; a repetition must
    /// not move the entry that the report set. Manual decisions may move it: in older records, their id says who
    /// decided, not when.
    #[must_use]
    pub(super) fn is_repeated_by(&self, other: &Self) -> bool {
        if other.actor.is_some() {
            return false;
        }
        let again = self.actor.is_none() && self.event_id == other.event_id && self.at != other.at;
        again || self.lifted_event.as_ref() == Some(&other.event_id)
    }

    /// The latest event that suppressed, even if it was lifted since.
    #[must_use]
    pub fn latest_suppression(&self) -> Option<Timestamp> {
        match self.state {
            State::Suppressed => Some(self.at),
            State::Lifted => self.suppressed_at,
        }
    }

    /// The entry of two for the same reason and scope that wins, with the earliest `first_at` of both and the latest
    /// `suppressed_at`.
    ///
    /// The newest `at` wins; on a tie `suppressed` over `lifted`, then the later `until` (none is the latest), then the
    /// greater event id, then the remaining fields, so that the order of arrival never matters.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let first_at = match (self.first_at, other.first_at) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        let suppressed_at = self.latest_suppression().max(other.latest_suppression());
        let winner = if self.rank(&other) == Ordering::Less { other } else { self };
        let suppressed_at = suppressed_at.filter(|_| winner.state == State::Lifted);
        Self { first_at, suppressed_at, ..winner }
    }

    /// What an entry of one scope means for every send once its reason is folded: its latest suppression applies
    /// without expiry; a lift of one scope says nothing about the others.
    ///
    /// The id and texts of a lift describe the lift, and are omitted: no report may be mistaken for its repetition.
    pub(super) fn for_every_send(self) -> Option<Self> {
        let at = self.latest_suppression()?;
        let entry =
            Self { state: State::Suppressed, at, suppressed_at: None, lifted_event: None, until: None, ..self.clone() };
        Some(match self.state {
            State::Suppressed => entry,
            State::Lifted => Self {
                event_id: FOLDED.to_owned(),
                code: None,
                detail: None,
                recipient: None,
                actor: None,
                note: None,
                ..entry
            },
        })
    }

    fn rank(&self, other: &Self) -> Ordering {
        let until = |entry: &Self| entry.until.unwrap_or(Timestamp::MAX);
        self.at
            .cmp(&other.at)
            .then(self.state.cmp(&other.state))
            .then_with(|| until(self).cmp(&until(other)))
            .then_with(|| self.event_id.cmp(&other.event_id))
            .then_with(|| self.provider.cmp(&other.provider))
            .then_with(|| self.code.cmp(&other.code))
            .then_with(|| self.detail.cmp(&other.detail))
            .then_with(|| self.recipient.cmp(&other.recipient))
            .then_with(|| self.actor.cmp(&other.actor))
            .then_with(|| self.note.cmp(&other.note))
    }
}
