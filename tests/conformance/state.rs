//! Compares the state after a sequence with the peer's description.

use mail_feedback::event::Reason;
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;
use support::database::{Database, EVENTS, text};

use super::case::End;
use super::replay::difference;
use super::verdict::{Entry, SendQuery, Suppressions, latest_event};

/// The observations of a sequence so far.
#[derive(Default)]
pub(crate) struct History {
    /// The first suppression.
    first: Option<Entry>,
    /// A time after the events, if only time has passed.
    pub(crate) later: Option<Timestamp>,
}

impl History {
    /// Reads the tables after a step; returns whether the recipient is suppressed.
    pub(crate) async fn look(&mut self, database: &Database) -> bool {
        let suppressions = Suppressions::of(database).await;
        let blocking = suppressions.blocking(&SendQuery::LikeReported, self.now(database).await);
        if self.first.is_none() {
            self.first = blocking.first().map(|entry| (*entry).clone());
        }
        !blocking.is_empty()
    }

    /// The differences between the state and its description.
    ///
    /// # Errors
    /// A word of the description is not understood.
    pub(crate) async fn differences(&self, end: &End, database: &Database) -> Result<Vec<String>, String> {
        let suppressions = Suppressions::of(database).await;
        let blocking = suppressions.blocking(&SendQuery::LikeReported, self.now(database).await);
        let events = database.scan(EVENTS).await;
        let is_permanent = |event| text(event, "permanence") == "permanent";
        let found = [
            suppressed(end.suppressed.as_ref(), &blocking)?,
            difference("count", end.count, suppressions.soft_bounces),
            source(end.source.as_deref(), &suppressions)?,
            end.reason.as_deref().and_then(|reason| missing_reason(reason, &suppressions)),
            self.moved(end.suppressed_at.as_deref(), &suppressions)?,
            forgotten(end.status.as_deref(), events.values().any(is_permanent))?,
            difference("events", end.events, events.len()),
            difference("suppressions", end.suppressions, blocking.len()),
        ];
        Ok(found.into_iter().flatten().collect())
    }

    /// The time of the check: that of the latest event, or later.
    async fn now(&self, database: &Database) -> Timestamp {
        let latest = latest_event(database).await;
        self.later.map_or(latest, |later| later.max(latest))
    }

    /// Whether the first suppression has changed or gone.
    fn moved(&self, word: Option<&str>, suppressions: &Suppressions) -> Result<Option<String>, String> {
        match word {
            None => Ok(None),
            Some("unchanged") => {
                let stands = self.first.as_ref().is_some_and(|first| suppressions.entries.contains(first));
                Ok((!stands).then(|| "suppressed_at unchanged -> changed".to_owned()))
            }
            Some(other) => Err(format!("suppressed_at {other} is not understood")),
        }
    }
}

/// A plain verdict, or a sentence, which is compared with the reasons that block.
fn suppressed(expected: Option<&Value>, blocking: &[&Entry]) -> Result<Option<String>, String> {
    match expected {
        None => Ok(None),
        Some(Value::Bool(expected)) => Ok(difference("suppressed", Some(*expected), !blocking.is_empty())),
        Some(Value::String(words)) => {
            let reasons: Vec<_> = blocking.iter().map(|entry| entry.reason.as_str()).collect();
            Ok(Some(format!("suppressed {words} -> by {}", reasons.join(" and "))))
        }
        Some(other) => Err(format!("suppressed {other} is not understood")),
    }
}

/// The peer keeps one source per address; here every reason has its own entry.
fn source(expected: Option<&str>, suppressions: &Suppressions) -> Result<Option<String>, String> {
    let has = |reason: &str| suppressions.entries.iter().any(|entry| entry.reason == reason);
    let present = match expected {
        None => return Ok(None),
        Some("BOUNCE") => has("hard_bounce") || has("soft_bounce") || suppressions.soft_bounces > 0,
        Some("COMPLAINT") => has("complaint"),
        Some("MANUAL") => has("manual"),
        Some(other) => return Err(format!("the source {other} is not understood")),
    };
    Ok((!present).then(|| format!("source {} -> none", expected.unwrap_or_default())))
}

/// A reason is an entry's label, or words that contain its code or detail.
fn missing_reason(reason: &str, suppressions: &Suppressions) -> Option<String> {
    let mut entries = suppressions.entries.iter();
    let names = |fact: &str| !fact.is_empty() && reason.contains(fact);
    let present = match Reason::from_label(reason) {
        Some(known) => entries.any(|entry| entry.reason == known.as_str()),
        None => entries.any(|entry| names(&entry.code) || names(&entry.detail)),
    };
    (!present).then(|| format!("reason {reason} -> none"))
}

/// The peer keeps one status per message, which a later delivery must not overwrite; here the log keeps every event.
fn forgotten(status: Option<&str>, permanent_bounce_known: bool) -> Result<Option<String>, String> {
    match status {
        None => Ok(None),
        Some("permanent-failure") => {
            Ok((!permanent_bounce_known).then(|| "status permanent-failure -> none".to_owned()))
        }
        Some(other) => Err(format!("the status {other} is not understood")),
    }
}
