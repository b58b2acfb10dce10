//! What the function's own checks say about a message now, with the settings of the deployed version.

use super::message::Message;
use crate::config::{Config, ConfigError};
use crate::error::{Error, Outage};
use crate::intake::event_bridge::AllowList;
use crate::intake::sns::{Delivery, Fetcher, Verifier};
use crate::intake::{Queued, QueuedMessage};
use crate::provider::{SesSettings, normalize_event_bridge, normalize_sns};
use crate::timestamp::Timestamp;

/// The result of the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It would be recorded, unless DynamoDB refuses it.
    Passes,
    /// The function refuses it every time.
    Refused(Error),
    /// It cannot be checked here, and why.
    Unchecked(String),
}

/// The checks up to the point where the function would write.
pub struct Checks {
    checker: Result<Checker, String>,
}

struct Checker {
    verifier: Verifier,
    event_bridge: AllowList,
    ses: SesSettings,
}

impl Checks {
    /// The checks of a function with these variables.
    pub fn of_environment(lookup: impl Fn(&str) -> Option<String>) -> Self {
        // A file on the function's host; nothing here needs it.
        let config = Config::from_lookup(|name| if name == "SSL_CERT_FILE" { None } else { lookup(name) });
        Self { checker: config.map(Checker::of).map_err(|error| not_here(&error)) }
    }

    /// No checks, for this reason.
    #[must_use]
    pub const fn none(why: String) -> Self {
        Self { checker: Err(why) }
    }

    /// Checks one message.
    pub async fn judge(&self, message: &Message, now: Timestamp) -> Verdict {
        let checker = match &self.checker {
            Ok(checker) => checker,
            Err(why) => return Verdict::Unchecked(why.clone()),
        };
        match checker.check(message, now).await {
            Ok(()) => Verdict::Passes,
            Err(Error::Transient(Outage::CertificateFetch | Outage::CertificateUnknown)) => {
                Verdict::Unchecked("the signing certificate could not be fetched from here".to_owned())
            }
            Err(error) => Verdict::Refused(error),
        }
    }
}

impl Checker {
    fn of(config: Config) -> Self {
        let verifier = Verifier::new(config.sns, Fetcher::default());
        Self { verifier, event_bridge: config.event_bridge, ses: config.ses }
    }

    /// Processes a message like the handler, but without the writes.
    async fn check(&self, message: &Message, now: Timestamp) -> Result<(), Error> {
        let message = QueuedMessage {
            id: message.id.as_str().into(),
            // The stack's queues are allowed together or not at all, and a parked message returns to one of them.
            queue_arn: self.event_bridge.queues.first().map_or("", String::as_str).into(),
            body: message.body.as_str().into(),
        };
        match message.open()? {
            Queued::Sns(delivery) => self.check_delivery(delivery, now).await,
            Queued::Failed(deliveries) => {
                for delivery in deliveries {
                    self.check_delivery(delivery?, now).await?;
                }
                Ok(())
            }
            Queued::EventBridge(event) => {
                let authorized = self.event_bridge.authorize(event)?;
                normalize_event_bridge(&authorized, &self.ses, now).map(drop)
            }
        }
    }

    async fn check_delivery(&self, delivery: Delivery<'_>, now: Timestamp) -> Result<(), Error> {
        normalize_sns(&self.verifier.verify(delivery, now).await?, &self.ses).map(drop)
    }
}

/// Names a setting that refers to the function's own files, for example in a layer.
fn not_here(error: &ConfigError) -> String {
    format!("the function's {} cannot be used here", error.variable)
}
