//! What a POST with a valid link does.

use super::Unsubscriber;
use crate::error::Error;
use crate::event::{EventId, Provider};
use crate::intake::HttpRequest;
use crate::suppression::{Entry, State};
use crate::telemetry::{LinkOutcome, Metrics};
use crate::timestamp::Timestamp;
use crate::unsubscribe::{
    Form, Key, Language, Link, OFFER_MS, Page, UNDO_MS, subscribed_again, undo_value, unsubscribed, verified_undo,
};

/// Status, outcome and page.
type Served = (u16, LinkOutcome, String);

impl Unsubscriber {
    /// Does what the body asks for. A body that is no text asks for nothing.
    pub(super) async fn post(
        &self,
        request: &HttpRequest<'_>,
        (link, key): (&Link, &Key),
        language: Language,
        (now, metrics): (Timestamp, &mut Metrics),
    ) -> Result<Served, Error> {
        let body = request.body().ok();
        match body.and_then(|body| Form::read(request.header("content-type"), &body)) {
            Some(Form::OneClick) => {
                let (outcome, entry) = self.unsubscribe(link, now, metrics).await?;
                // An undo would also lift the suppression that was replaced, so an entry with a code has none.
                let own =
                    entry.filter(|entry| is_own(entry) && entry.code.is_none() && entry.at > before(now, OFFER_MS));
                let undo = own.map(|entry| undo_value(&EventId::stored(&entry.event_id), key));
                Ok((200, outcome, Page::Done(link, undo).html(language, &self.sender)))
            }
            Some(Form::Undo(value)) => match verified_undo(&value, key) {
                Some(undone) if self.undo(link, &undone, now, metrics).await? => {
                    Ok((200, LinkOutcome::Undone, Page::Undone(link).html(language, &self.sender)))
                }
                Some(_) => Ok((410, LinkOutcome::Late, Page::Late(link).html(language, &self.sender))),
                None => Ok(self.refused(language)),
            },
            None => Ok((400, LinkOutcome::Malformed, Page::Ask(link).html(language, &self.sender))),
        }
    }

    /// Unsubscribes the address, unless it is; returns the entry of the scope, too.
    async fn unsubscribe(
        &self,
        link: &Link,
        now: Timestamp,
        metrics: &mut Metrics,
    ) -> Result<(LinkOutcome, Option<Entry>), Error> {
        let (scope, fact) = (link.scope().scope(), |at| unsubscribed(link, at));
        let recorded = self.recorder.unsubscribe((link.address(), &scope), fact, before(now, UNDO_MS), now).await?;
        if !recorded.is_new {
            return Ok((LinkOutcome::Repeated, recorded.entry));
        }
        metrics.events(recorded.event.as_slice(), now);
        metrics.suppressed(&recorded.suppressed);
        Ok((LinkOutcome::Unsubscribed, recorded.entry))
    }

    /// Undoes an unsubscribe; `false` if that is no longer possible.
    async fn undo(&self, link: &Link, undone: &EventId, now: Timestamp, metrics: &mut Metrics) -> Result<bool, Error> {
        let event = self.recorder.undo(subscribed_again(link, undone), undone, before(now, UNDO_MS), now).await?;
        let is_undone = event.is_some();
        metrics.events(event.as_slice(), now);
        Ok(is_undone)
    }
}

/// Whether an entry is a standing unsubscribe through a link.
fn is_own(entry: &Entry) -> bool {
    entry.state == State::Suppressed && entry.provider == Provider::Own.as_str()
}

/// So many milliseconds before a time.
fn before(now: Timestamp, span_ms: i64) -> Timestamp {
    Timestamp::from_millis(now.millis().saturating_sub(span_ms)).unwrap_or(now)
}
