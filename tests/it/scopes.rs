//! How far a report reaches: what its mail says of its sender, and what a deployment sets.

mod hard_bounces;
mod platform;
mod streams;
mod tenants;

use harness::function::{InProcess, handler};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::database::{Database, EVENTS, Item, SUPPRESSIONS, entries, text};
use support::envelope::{lambda_event, notification, sign};
use support::environment::trusting_environment;
use support::request::{authorization, post};

use crate::real_binary::invoke_both;

/// A function under settings, and its tables.
struct World {
    database: Database,
    handler: InProcess,
}

impl World {
    async fn open(settings: &[(&str, &str)]) -> Self {
        let database = Database::start().await;
        Self { handler: under(&database, settings), database }
    }

    /// A function under other settings over the same tables.
    fn under(&self, settings: &[(&str, &str)]) -> InProcess {
        under(&self.database, settings)
    }

    /// SES publishes a message through SNS.
    async fn ses(&self, message: &Value) {
        let mut envelope = notification(&message.to_string(), "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", Timestamp::now());
        sign(&mut envelope, &AUTHORITY);
        invoke_both(&self.handler, &lambda_event(&envelope).to_string()).await.unwrap();
    }

    /// A provider posts a report; gives the status of the answer.
    async fn posts(&self, path: &str, body: &Value) -> i64 {
        let request = post(path, &authorization(), &body.to_string());
        invoke_both(&self.handler, &request.to_string()).await.unwrap()["statusCode"].as_i64().unwrap()
    }

    /// The only event record.
    async fn event(&self) -> Item {
        let events = self.database.scan(EVENTS).await;
        assert_eq!(events.len(), 1, "{events:?}");
        events.into_values().next().unwrap()
    }

    /// `scope reason` of each entry that suppresses.
    async fn suppressed(&self) -> Vec<String> {
        let records = self.database.scan(SUPPRESSIONS).await;
        let all = records.values().flat_map(entries);
        let standing = all.filter(|(_, _, entry)| text(entry, "state") == "suppressed");
        standing.map(|(scope, reason, _)| format!("{scope} {reason}")).collect()
    }
}

fn under(database: &Database, settings: &[(&str, &str)]) -> InProcess {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: Vec<_> = trusting_environment(database).into_iter().chain(settings).collect();
    handler(database, &environment)
}

/// What SES says of a mail to `a@example.com` with these tags; `null` where it publishes none.
fn mail(tags: &Value) -> Value {
    json!({"timestamp": "2026-11-20T09:00:00.000Z", "messageId": "m", "sendingAccountId": "123456789012",
        "source": "news@example.com", "destination": ["a@example.com"], "tags": tags})
}

fn bounce(kind: &str, sub_type: &str, tags: &Value) -> Value {
    json!({"eventType": "Bounce", "mail": mail(tags), "bounce": {"bounceType": kind, "bounceSubType": sub_type,
        "bouncedRecipients": [{"emailAddress": "a@example.com"}], "timestamp": "2026-11-20T09:00:05.000Z",
        "feedbackId": "f"}})
}

fn complaint(sub_type: Option<&str>, tags: &Value) -> Value {
    json!({"eventType": "Complaint", "mail": mail(tags), "complaint": {"complaintSubType": sub_type, "feedbackId": "f",
        "complainedRecipients": [{"emailAddress": "a@example.com"}], "timestamp": "2026-11-20T09:00:05.000Z"}})
}
