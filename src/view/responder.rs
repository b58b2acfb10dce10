//! Both tables, and what their readers may do.

use aws_sdk_dynamodb::Client;

use crate::config::RecordingConfig;
use crate::lookup::EventLog;
use crate::policy::Policy;
use crate::store::{Recorder, Retention};
use crate::suppression::SoftBounceRules;

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
}
