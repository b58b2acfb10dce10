//! The function `check`: questions, answers and errors.

mod answers;
pub mod binary;
mod faults;
mod requests;
pub mod schema;
mod speed;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use mail_feedback::address::Address;
use mail_feedback::api::ApiError;
use mail_feedback::event::Reason;
use mail_feedback::functions::check::Checker;
use mail_feedback::policy::Policy;
use mail_feedback::store::{Recorder, Retention, Suppressions};
use mail_feedback::suppression::{Decision, Scope, SoftBounceRules};
use mail_feedback::telemetry::{FunctionVersion, MetricSink};
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;
use support::database::{Database, EVENTS, Item, SUPPRESSIONS};

/// A checker without metrics.
pub fn checker(client: aws_sdk_dynamodb::Client) -> Checker {
    let function = FunctionVersion { name: "check".to_owned(), version: "1".to_owned() };
    Checker {
        suppressions: Suppressions::new(client, SUPPRESSIONS.to_owned(), SoftBounceRules::default()),
        clock: now,
        metrics: MetricSink { function, write_line: |_| {} },
    }
}

/// The current time of these tests.
fn now() -> Timestamp {
    Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
}

/// Asks, and returns the JSON that the sender gets.
pub async fn ask(checker: &Checker, question: &Value) -> Result<Value, ApiError> {
    let answer = checker.answer(&question.to_string(), "test-request", Duration::from_secs(10)).await;
    answer.map(|answers| serde_json::to_value(answers).unwrap())
}

/// Suppresses an address manually.
async fn suppress(database: &Database, address: &str, reason: Reason, scope: &str, until: Option<&str>) {
    let (events, suppressions) = (EVENTS.to_owned(), SUPPRESSIONS.to_owned());
    let rules = SoftBounceRules::default();
    let recorder =
        Recorder::new(database.client.clone(), events, suppressions, rules, Policy::default(), Retention::default());
    let decision = Decision {
        scope: Scope::parse(scope).unwrap(),
        reason,
        until: until.map(|until| Timestamp::parse(until).unwrap()),
        actor: "ops".to_owned(),
        note: None,
    };
    recorder.suppress(&Address::parse(address).unwrap(), &decision, now()).await.unwrap();
}

/// Stores an item for an address that is not a record.
async fn corrupt(database: &Database, address: &str) {
    let item = Item::from([("address".to_owned(), AttributeValue::S(address.to_owned()))]);
    database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
}
