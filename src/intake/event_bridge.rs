//! Amazon EventBridge: SES events that a rule delivers, and which of them are accepted.
//!
//! These events are not signed. IAM is the proof: only SES may use the source `aws.ses`, and only the rule may invoke
//! the function on behalf of EventBridge. Anybody else who may invoke the function directly can forge such an event,
//! unlike an SNS message. So no event is accepted until `EVENTBRIDGE_ACCOUNT_IDS` names the accounts that it may come
//! from.
//!
//! A queue may also hold an event: one that the rule could not deliver, or the record of a failed invocation. Such
//! events are accepted only from the queues in `EVENTBRIDGE_QUEUE_ARNS`, since a queue that others write to can hold
//! anybody's text. Lambda says which queue a message comes from; the message's own claim is not trusted.
//!
//! Sources: <https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>.

use std::borrow::Cow;

use crate::error::{Error, Refusal};
use crate::timestamp::Timestamp;

/// The only event source that the function uses.
pub(crate) const SOURCE: &str = "aws.ses";

/// An SES event as EventBridge delivers it; nothing about it is authenticated yet.
pub struct EventBridgeEvent<'a> {
    /// The id that EventBridge gave the event, which is the same for a redelivery.
    pub(crate) id: Cow<'a, str>,
    /// The account that the event comes from.
    pub(crate) account: Cow<'a, str>,
    /// When the event was published.
    pub(crate) time: Option<Timestamp>,
    /// The whole event.
    pub(crate) text: &'a str,
    /// How it arrived.
    pub(super) origin: Origin<'a>,
}

/// How an event arrived.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'a> {
    /// EventBridge invoked the function.
    Invocation,
    /// A queue held it; its ARN as Lambda gives it.
    Queue(&'a str),
}

/// The accounts whose events are accepted, and the queues that they may come through.
#[derive(Debug)]
pub struct AllowList {
    /// The accounts; if empty, no event is accepted.
    pub accounts: Vec<String>,
    /// The ARNs of the queues; empty: none.
    pub queues: Vec<String>,
}

/// An event from an allowed account that arrived in an allowed way.
///
/// Only [`AllowList::authorize`] creates one, and only this type can be normalized.
pub struct AuthorizedEvent<'a>(EventBridgeEvent<'a>);

impl AllowList {
    /// Authorizes an event by its account and the way it arrived.
    ///
    /// # Errors
    /// Permanently refused if either is not allowed.
    pub fn authorize<'a>(&self, event: EventBridgeEvent<'a>) -> Result<AuthorizedEvent<'a>, Error> {
        let of_account = self.accounts.iter().any(|known| *known == event.account);
        let by_way = match event.origin {
            Origin::Invocation => true,
            Origin::Queue(arn) => self.queues.iter().any(|known| known == arn),
        };
        if of_account && by_way { Ok(AuthorizedEvent(event)) } else { Err(Error::Unauthentic(Refusal::EventBridge)) }
    }
}

impl AuthorizedEvent<'_> {
    /// The id that EventBridge gave the event, which is the same for a redelivery.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The whole event.
    #[must_use]
    pub const fn text(&self) -> &str {
        self.0.text
    }

    /// When the event was published; `None` if it does not say so.
    #[must_use]
    pub const fn published_at(&self) -> Option<Timestamp> {
        self.0.time
    }
}
