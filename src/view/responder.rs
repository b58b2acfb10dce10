//! Reads both tables, and answers questions about addresses and messages.

use aws_sdk_dynamodb::Client;

use super::ask::Ask;
use super::error::ViewError;
use super::frame::Page;
use super::home::View;
use super::{address, decide, message};
use crate::config::RecordingConfig;
use crate::lookup::EventLog;
use crate::policy::Policy;
use crate::store::{Recorder, Retention};
use crate::suppression::SoftBounceRules;
use crate::timestamp::Timestamp;

/// Both tables of a deployment, and what their readers may do.
#[derive(Clone, Debug)]
pub struct Responder {
    pub(super) recorder: Recorder,
    pub(super) events: EventLog,
    pub(super) rules: SoftBounceRules,
    pub(super) retention: Retention,
    /// Whether the readers may suppress and lift.
    pub(super) may_decide: bool,
}

impl Responder {
    /// The tables of a configuration.
    #[must_use]
    pub fn new(client: Client, config: RecordingConfig, may_decide: bool) -> Self {
        let RecordingConfig { event_table, suppression_table, soft_bounces: rules, retention } = config;
        let events = EventLog { client: client.clone(), table: event_table.clone() };
        // The policy is for reports; a decision states its own reason and scope.
        let recorder = Recorder::new(client, event_table, suppression_table, rules, Policy::default(), retention);
        Self { recorder, events, rules, retention, may_decide }
    }

    /// The client of the tables.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.events.client
    }

    /// The name of the event table.
    #[must_use]
    pub fn event_table(&self) -> &str {
        &self.events.table
    }

    /// Opens the connection to DynamoDB during the cold start.
    pub async fn open_connection(&self) {
        self.recorder.suppressions().open_connection().await;
    }

    /// Answers a question about an address or a message, or takes a step towards a decision; `None` for the questions
    /// that each home answers itself.
    ///
    /// # Errors
    /// A table did not answer, or a decision was refused.
    pub async fn answer(&self, ask: &Ask, view: &View, now: Timestamp) -> Result<Option<Page>, ViewError> {
        match ask {
            Ask::Address(question) => Box::pin(address::answer(self, question, view, now)).await.map(Some),
            Ask::Message(question) => Box::pin(message::answer(self, question, view)).await.map(Some),
            Ask::Decide(form) => Box::pin(decide::answer(self, form, view, now)).await.map(Some),
            Ask::Overview(_) | Ask::Failures | Ask::Live(_) => Ok(None),
        }
    }
}
