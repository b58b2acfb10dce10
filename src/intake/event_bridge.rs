//! Amazon EventBridge: events of SES that a rule delivers, and which of them are accepted.
//!
//! Nothing about such an event is signed. IAM is the proof: only SES may use the source `aws.ses`, and only the rule may invoke
//! the function in the name of EventBridge. Anybody else who may invoke the function directly can forge such an event, unlike a
//! message of SNS. So no event is accepted until `EVENTBRIDGE_ACCOUNT_IDS` names the accounts that they may come from.
//!
//! A queue may hold an event, too: one that the rule could not deliver, or the record of a failed invocation. Such events are
//! accepted only from the queues in `EVENTBRIDGE_QUEUE_ARNS`, since anybody's text can get into a queue that others write to.
//! Lambda says which queue a message comes from; the message itself is not trusted on that.
//!
//! Sources: <https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>.

use std::borrow::Cow;

use crate::error::{Error, Refusal};
use crate::timestamp::Timestamp;

/// The only source of events that the function has a use for.
pub(crate) const SOURCE: &str = "aws.ses";

/// An event of SES as EventBridge delivers it; nothing about it is proven yet.
pub struct EventBridgeEvent<'a> {
    /// The id that EventBridge gave the event; a redelivery has the same.
    pub(crate) id: Cow<'a, str>,
    /// The account that the event comes from.
    pub(crate) account: Cow<'a, str>,
    /// When the event was published.
    pub(crate) time: Option<Timestamp>,
    /// The whole event.
    pub(crate) text: &'a str,
    /// How it came in.
    pub(super) origin: Origin<'a>,
}

/// How an event came in.
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
    /// The accounts; empty: no event is accepted.
    pub accounts: Vec<String>,
    /// The ARNs of the queues; empty: none.
    pub queues: Vec<String>,
}

/// An event of an allowed account that came in by an allowed way.
///
/// Only [`AllowList::authorize`] makes one, and only this can be normalized.
pub struct AuthorizedEvent<'a>(EventBridgeEvent<'a>);

impl AllowList {
    /// Authorizes an event by its account and by the way it came.
    ///
    /// # Errors
    /// Refused for good if either is not allowed.
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
    /// The id that EventBridge gave the event; a redelivery has the same.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The whole event.
    #[must_use]
    pub const fn text(&self) -> &str {
        self.0.text
    }

    /// When the event was published; `None` where it does not say so.
    #[must_use]
    pub const fn published_at(&self) -> Option<Timestamp> {
        self.0.time
    }
}
