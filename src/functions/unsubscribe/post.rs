//! What a POST with a valid link does.

use super::Unsubscriber;
use crate::error::Error;
use crate::event::{EventId, Provider, Reason};
use crate::intake::HttpRequest;
use crate::store::TimeLimits;
use crate::suppression::{Entry, Scope, State, SuppressionRecord};
use crate::telemetry::{LinkOutcome, Metrics};
use crate::timestamp::Timestamp;
use crate::unsubscribe::{
    Form, Key, Language, Link, OFFER_MS, Page, UNDO_MS, subscribed_again, undo_value, unsubscribed, verified_undo,
};

/// The code of an unsubscribe that replaced another suppression of the scope, which had an end. It has no undo, which
/// would lift that one, too.
const REPLACED: &str = "replaced a suppression with an end";

/// Status, outcome and page.
type Served = (u16, LinkOutcome, String);

impl Unsubscriber {
    /// Does what the body asks for.
    pub(super) async fn post(
        &self,
        request: &HttpRequest<'_>,
        (link, key): (&Link, &Key),
        language: Language,
        (now, metrics): (Timestamp, &mut Metrics),
    ) -> Result<Served, Error> {
        let body = request.body()?;
        match Form::read(request.header("content-type"), &body) {
            Some(Form::OneClick) => {
                let outcome = self.unsubscribe(link, now, metrics).await?;
                let undo = self.undo_value(link, key, now).await?;
                Ok((200, outcome, Page::Done(link, undo).html(language, &self.sender)))
            }
            Some(Form::Undo(value)) => match verified_undo(&value, key) {
                Some(undone) if self.undo(link, &undone, now, metrics).await? => {
                    Ok((200, LinkOutcome::Undone, Page::Undone(link).html(language, &self.sender)))
                }
                _ => Ok(self.refused(language)),
            },
            None => Ok((400, LinkOutcome::Malformed, Page::Ask(link).html(language, &self.sender))),
        }
    }

    /// Unsubscribes the address, unless it is.
    async fn unsubscribe(&self, link: &Link, now: Timestamp, metrics: &mut Metrics) -> Result<LinkOutcome, Error> {
        let record = self.recorder.suppressions().get(link.address()).await?;
        let scope = link.scope().scope();
        let known = effective(&record, &scope);
        // One that ends does not say what the recipient says now.
        let standing = known.filter(|entry| entry.is_active(now) && entry.until.is_none());
        let (event, outcome) = if let Some(standing) = standing {
            // The answer to the first request may have been lost, and with it the event: the same event again.
            let mut event = unsubscribed(link, standing.at);
            event.code.clone_from(&standing.code);
            if event.id.as_str() != standing.event_id || !is_within(UNDO_MS, standing, now) {
                return Ok(LinkOutcome::Repeated);
            }
            (event, LinkOutcome::Repeated)
        } else {
            // The other entry may be dated ahead of this clock; at the same time, the suppression without end wins.
            let mut event = unsubscribed(link, known.map_or(now, |other| other.at.max(now)));
            event.code = known.filter(|entry| entry.is_active(now)).map(|_| REPLACED.to_owned());
            (event, LinkOutcome::Unsubscribed)
        };
        let recorded = self.recorder.record(vec![vec![event]], now, TimeLimits::default()).await;
        recorded.whole()?;
        if outcome == LinkOutcome::Unsubscribed {
            metrics.events(&recorded.events, now);
            metrics.suppressed(&recorded.suppressed);
        }
        Ok(outcome)
    }

    /// The value with which the page offers to undo an unsubscribe that this request made, or one just before it.
    async fn undo_value(&self, link: &Link, key: &Key, now: Timestamp) -> Result<Option<String>, Error> {
        let record = self.recorder.suppressions().get(link.address()).await?;
        let entry = record.entry(&link.scope().scope(), Reason::Unsubscribe);
        let own = entry.filter(|entry| {
            let stands = entry.state == State::Suppressed && entry.provider == Provider::Own.as_str();
            stands && entry.code.is_none() && is_within(OFFER_MS, entry, now)
        });
        Ok(own.map(|entry| undo_value(&EventId::stored(&entry.event_id), key)))
    }

    /// Undoes an unsubscribe; `false` if that is no longer possible.
    async fn undo(&self, link: &Link, undone: &EventId, now: Timestamp, metrics: &mut Metrics) -> Result<bool, Error> {
        let since = Timestamp::from_millis(now.millis().saturating_sub(UNDO_MS)).unwrap_or(now);
        let event = self.recorder.undo(subscribed_again(link, undone), undone, since, now).await?;
        let is_undone = event.is_some();
        metrics.events(event.as_slice(), now);
        Ok(is_undone)
    }
}

/// The entry that decides about unsubscribes in a scope: that of `*` if the reason is folded.
fn effective<'r>(record: &'r SuppressionRecord, scope: &Scope) -> Option<&'r Entry> {
    let everything = Scope::everything();
    let scope = if record.is_folded(Reason::Unsubscribe) { &everything } else { scope };
    record.entry(scope, Reason::Unsubscribe)
}

/// Whether the entry is from the last so many milliseconds.
fn is_within(span_ms: i64, entry: &Entry, now: Timestamp) -> bool {
    now.millis_since(entry.at) < span_ms
}
