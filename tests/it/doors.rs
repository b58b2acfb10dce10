//! One message through every door, and the requirements of the EventBridge door.

mod event_bridge;
mod ses;
mod webhooks;

use harness::function::InProcess;
use serde_json::json;
use support::database::Database;
use support::door::QUEUE;
use support::environment::trusting_environment;
use support::samples::Snapshot;

use crate::real_binary::invoke_both;

/// The environment in which every door is open.
fn open(database: &Database) -> Vec<(String, String)> {
    let mut settings = trusting_environment(database);
    settings.push(("EVENTBRIDGE_QUEUE_ARNS".to_owned(), QUEUE.to_owned()));
    settings
}

/// Invokes, and requires that everything was accepted.
async fn assert_accepted(handler: &InProcess, invocation: &str, what: &str) {
    let answer = invoke_both(handler, invocation).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    let status = answer.get("statusCode").is_none_or(|status| *status == 200);
    let failures = answer.get("batchItemFailures").is_none_or(|failures| *failures == json!([]));
    assert!(status && failures, "{what}: {answer}");
}

/// The tables without the writer's own attributes, and without those that depend on the door.
fn facts(mut snapshot: Snapshot) -> Snapshot {
    for item in snapshot.events.values_mut() {
        item.remove("sns_message_id");
        item.remove("event_bridge_id");
        item.remove("raw");
    }
    for item in snapshot.suppressions.values_mut() {
        item.remove("version");
        item.remove("updated_at");
    }
    snapshot
}
