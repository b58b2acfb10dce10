//! Undoes what a recipient did a moment ago.

use super::Recorder;
use crate::error::Error;
use crate::event::{EmailEvent, EventId};
use crate::policy::decide;
use crate::suppression::{Change, Entry, State, SuppressionRecord};
use crate::timestamp::Timestamp;

/// Why nothing was undone.
enum Refusal {
    /// The entry comes from another event by now, or is too old.
    Gone,
    /// The table failed.
    Store(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl Recorder {
    /// Records an event that ends a suppression, provided that the suppression still comes from the event that it undoes
    /// and is later than `since`; `None` if not, and then nothing is written.
    ///
    /// The event counts from now, or from a millisecond after the suppression. A repetition changes nothing: it finds the
    /// entry of the event itself.
    ///
    /// # Errors
    /// Transient; a repetition does the rest.
    pub async fn undo(
        &self,
        mut event: EmailEvent,
        undone: &EventId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<EmailEvent>, Error> {
        let change = decide(&event, self.policy, now).into_iter().next();
        let (Some(address), Some(Change::Entry { scope, reason, entry })) = (event.address().cloned(), change) else {
            return Ok(None);
        };
        let outcome = self.suppressions.update(&address, now, |record: &mut SuppressionRecord| {
            let known = record.entry(&scope, reason).ok_or(Refusal::Gone)?;
            if known.event_id == entry.event_id {
                return Ok(known.at);
            }
            let stands = known.state == State::Suppressed && known.event_id == undone.as_str() && known.at > since;
            if !stands {
                return Err(Refusal::Gone);
            }
            let at = known.at.next().max(now);
            let entry = Entry { at, ..entry.clone() };
            record.merge(&Change::Entry { scope: scope.clone(), reason, entry }, self.suppressions.rules());
            Ok(at)
        });
        let at = match outcome.await {
            Ok((at, _)) => at,
            Err(Refusal::Gone) => return Ok(None),
            Err(Refusal::Store(error)) => return Err(error),
        };
        // The time of the entry, so that a repetition writes the same event.
        event.occurred_at = Some(at);
        self.write_event(&event, &[Change::Entry { scope, reason, entry }], now).await?;
        Ok(Some(event))
    }
}
