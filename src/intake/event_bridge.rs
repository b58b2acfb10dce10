//! Amazon EventBridge: events of SES that a rule brings, and who may speak so.
//!
//! Nothing about such an event is signed. What proves it is IAM: the source `aws.ses` is closed to everybody but SES, and
//! only the rule may invoke the function in the name of EventBridge. Whoever else may invoke the function directly can claim any
//! such event, which the signature of SNS does not allow. So this way in is closed until `EVENTBRIDGE_ACCOUNT_IDS` names
//! the accounts whose events are admitted.
//!
//! A queue may hold an event, too: what the rule could not deliver, or the record of an invocation that failed. It is
//! admitted from the queues in `EVENTBRIDGE_QUEUE_ARNS` alone, since anybody's text can get into a queue that takes
//! messages of others. Lambda says which queue a message comes from; the message itself is not asked.
//!
//! Sources: <https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>.

use std::borrow::Cow;

use crate::error::{Error, Refusal};
use crate::timestamp::Timestamp;

/// The only source of events that the function has a use for.
pub(crate) const SOURCE: &str = "aws.ses";

/// An event of SES as EventBridge delivers it; nothing about it is proven yet.
pub struct BridgedEvent<'a> {
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

/// Whose events are admitted, and out of which queues.
#[derive(Debug)]
pub struct Admission {
    /// The accounts; empty: no event is admitted.
    pub accounts: Vec<String>,
    /// The ARNs of the queues; empty: none.
    pub queues: Vec<String>,
}

/// An event of an admitted account that came in by an admitted way.
///
/// Only [`Admission::admit`] makes one, and only this can be normalized.
pub struct AdmittedEvent<'a>(BridgedEvent<'a>);

impl Admission {
    /// Admits an event by its account and by the way it came.
    ///
    /// # Errors
    /// Refused for good where either is not admitted.
    pub fn admit<'a>(&self, event: BridgedEvent<'a>) -> Result<AdmittedEvent<'a>, Error> {
        let of_account = self.accounts.iter().any(|known| *known == event.account);
        let by_way = match event.origin {
            Origin::Invocation => true,
            Origin::Queue(arn) => self.queues.iter().any(|known| known == arn),
        };
        if of_account && by_way { Ok(AdmittedEvent(event)) } else { Err(Error::Unauthentic(Refusal::EventBridge)) }
    }
}

impl AdmittedEvent<'_> {
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
