//! Undoes what a recipient did a moment ago.

use super::Recorder;
use super::event_item::to_item;
use crate::error::Error;
use crate::event::{EmailEvent, EventId};
use crate::policy::decide;
use crate::suppression::{Change, Entry, State, SuppressionRecord, effect_text};
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
                return Ok(());
            }
            let stands = known.state == State::Suppressed && known.event_id == undone.as_str() && known.at > since;
            if !stands {
                return Err(Refusal::Gone);
            }
            let entry = Entry { at: known.at.next().max(now), ..entry.clone() };
            record.merge(&Change::Entry { scope: scope.clone(), reason, entry }, self.suppressions.rules());
            Ok(())
        });
        match outcome.await {
            Ok(_) => {}
            Err(Refusal::Gone) => return Ok(None),
            Err(Refusal::Store(error)) => return Err(error),
        }
        // The time of the entry, so that a repetition writes the same event.
        let record = self.suppressions.get(&address).await?;
        let known = record.entry(&scope, reason).filter(|known| known.event_id == entry.event_id);
        event.occurred_at = Some(known.map_or(now, |known| known.at));
        let effect = effect_text(&[Change::Entry { scope, reason, entry }]);
        let item = to_item(&event, effect.as_deref(), self.retention, now);
        self.events.write(vec![item]).await.map_err(|unwritten| unwritten.error)?;
        Ok(Some(event))
    }
}
