//! Records that a recipient unsubscribes.

use super::Recorder;
use super::event_item::to_item;
use crate::address::Address;
use crate::error::Error;
use crate::event::{EmailEvent, Reason};
use crate::policy::decide;
use crate::suppression::{Change, Entry, Scope, SuppressionRecord, effect_text};
use crate::timestamp::Timestamp;

/// The code of an unsubscribe that replaced another suppression of the scope, which had an end.
pub const REPLACED: &str = "replaced a suppression with an end";

/// What became of a request to unsubscribe.
#[derive(Clone, Debug)]
pub struct Unsubscribe {
    /// Its event, or that of the earlier request that it repeats; `None` if the address is suppressed for another reason
    /// than a recent request.
    pub event: Option<EmailEvent>,
    /// Whether this request changed the record.
    pub is_new: bool,
    /// The entry of the scope; `None` if the record no longer keeps its scopes apart.
    pub entry: Option<Entry>,
    /// The reasons that newly suppress the address.
    pub suppressed: Vec<Reason>,
}

impl Recorder {
    /// Records an unsubscribe from a scope, unless the address is unsubscribed without end.
    ///
    /// `fact` makes the event for a time: now, or that of an entry that is dated ahead. Of several requests at once only one
    /// changes the record. The others find its entry and, if that is later than `since`, write the same event again: the
    /// first request may have failed in between.
    ///
    /// # Errors
    /// Transient; a repetition does the rest.
    pub async fn unsubscribe(
        &self,
        (address, scope): (&Address, &Scope),
        fact: impl Fn(Timestamp) -> EmailEvent,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Unsubscribe, Error> {
        let update = self.suppressions.update(address, now, |record: &mut SuppressionRecord| {
            let known = effective(record, scope);
            // One that ends does not say what the recipient says now.
            if let Some(standing) = known.filter(|entry| entry.is_active(now) && entry.until.is_none()) {
                let mut event = fact(standing.at);
                event.code.clone_from(&standing.code);
                let is_its_own = event.id.as_str() == standing.event_id && standing.at > since;
                return Ok::<_, Error>((is_its_own.then_some(event), false, entry_of(record, scope)));
            }
            // The other entry may be dated ahead of this clock; at the same time, the suppression without end wins.
            let mut event = fact(known.map_or(now, |other| other.at.max(now)));
            event.code = known.filter(|entry| entry.is_active(now)).map(|_| REPLACED.to_owned());
            for change in decide(&event, self.policy, now) {
                record.merge(&change, self.suppressions.rules());
            }
            Ok((Some(event), true, entry_of(record, scope)))
        });
        let ((event, is_new, entry), suppressed) = update.await?;
        if let Some(event) = &event {
            self.write_event(event, &decide(event, self.policy, now), now).await?;
        }
        Ok(Unsubscribe { event, is_new, entry, suppressed })
    }

    /// Writes an event whose changes are in the record already.
    pub(super) async fn write_event(
        &self,
        event: &EmailEvent,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<(), Error> {
        let item = to_item(event, effect_text(changes).as_deref(), self.retention, now);
        self.events.write(vec![item]).await.map_err(|unwritten| unwritten.error)
    }
}

fn entry_of(record: &SuppressionRecord, scope: &Scope) -> Option<Entry> {
    record.entry(scope, Reason::Unsubscribe).cloned()
}

/// The entry that decides about unsubscribes in a scope: that of `*` if the reason is folded.
fn effective<'r>(record: &'r SuppressionRecord, scope: &Scope) -> Option<&'r Entry> {
    let everything = Scope::everything();
    let scope = if record.is_folded(Reason::Unsubscribe) { &everything } else { scope };
    record.entry(scope, Reason::Unsubscribe)
}
