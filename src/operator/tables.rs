//! Both tables, and the reads that only operators need.

use aws_sdk_dynamodb::Client;

use super::caller::Caller;
use super::failure::Failure;
use super::ses;
use crate::lookup::item::Item;
use crate::lookup::{EventLog, Order, Page};
use crate::policy::Policy;
use crate::store::{Recorder, Retention, Suppressions};
use crate::suppression::SoftBounceRules;

/// The tables of one deployment.
pub struct Tables {
    /// The DynamoDB client.
    pub client: Client,
    /// The name of the event table.
    pub event_table: String,
    /// The name of the suppression table.
    pub suppression_table: String,
    /// The suppression table through the library.
    pub suppressions: Suppressions,
    /// Both tables through the library, for manual decisions.
    pub recorder: Recorder,
    /// How soft bounces count.
    pub rules: SoftBounceRules,
    /// How long event records are kept.
    pub retention: Retention,
    /// Who decides, unless the command line names an actor.
    pub caller: Caller,
    /// SES, whose lists some commands change; it must not repeat requests itself. None for `make run`.
    pub ses: Option<ses::Client>,
}

/// The settings of a deployment that operators need, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// How soft bounces count.
    pub rules: SoftBounceRules,
    /// How long events are kept.
    pub retention: Retention,
}

impl Tables {
    /// The tables with these names.
    #[must_use]
    pub fn new(
        client: Client,
        event_table: String,
        suppression_table: String,
        settings: Settings,
        caller: Caller,
    ) -> Self {
        let Settings { rules, retention } = settings;
        let names = (event_table.clone(), suppression_table.clone());
        // The policy is for reports; a manual decision states its own reason and scope.
        let recorder = Recorder::new(client.clone(), names.0, names.1, rules, Policy::default(), retention);
        let suppressions = recorder.suppressions().clone();
        Self { client, event_table, suppression_table, suppressions, recorder, rules, retention, caller, ses: None }
    }

    /// The same with SES.
    #[must_use]
    pub fn with_ses(self, ses: ses::Client) -> Self {
        Self { ses: Some(ses), ..self }
    }

    /// A page of the event records of an address, oldest first, with a strongly consistent read.
    pub(super) async fn events_of_address(&self, address: &str, start: Option<Item>) -> Result<Page, Failure> {
        let page = self.events().of_address(address, start, Order::OldestFirst, None).await;
        page.map_err(|error| Failure::of_read(&error, &self.event_table))
    }

    /// A page of the event records of a message, oldest first, as the index projects them.
    pub(super) async fn events_of_message(&self, message: &str, start: Option<Item>) -> Result<Page, Failure> {
        let page = self.events().of_message(message, start, None).await;
        page.map_err(|error| Failure::of_read(&error, &self.event_table))
    }

    /// The whole records of index items, in the same order; a record deleted meanwhile stays as the index has it.
    pub(super) async fn whole(&self, indexed: Vec<Item>) -> Result<Vec<Item>, Failure> {
        self.events().whole(indexed).await.map_err(|error| Failure::of_read(&error, &self.event_table))
    }

    fn events(&self) -> EventLog {
        EventLog { client: self.client.clone(), table: self.event_table.clone() }
    }
}
