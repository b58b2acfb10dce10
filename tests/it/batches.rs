//! Batches of a queue: recorded as one, with an outcome for each message.

mod certificates;
mod mixed;
mod outcomes;

use mail_feedback::intake::sns::Fetcher;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::database::{Database, Item, SUPPRESSIONS};
use support::door::failure_record;
use support::envelope::{lambda_event, notification, sign};
use support::fault_batch::PartialBatch;
use support::http_message::Message;
use support::proxy::{Reply, Request};
use support::request::ACCOUNT;

use crate::attacks::world::{Host, World};

/// A signed SES report about an address; each number is another fact.
fn report(name: &str, address: &str, number: usize) -> Value {
    report_of(ACCOUNT, name, address, number)
}

/// The same about mail from an account.
fn report_of(account: &str, name: &str, address: &str, number: usize) -> Value {
    let at = format!("2026-11-20T09:{:02}:{:02}.000Z", number / 60 % 60, number % 60);
    let message = json!({
        "eventType": name,
        "mail": {"timestamp": at, "messageId": format!("m-{number}"), "destination": [address],
            "sendingAccountId": account},
        "delivery": {"timestamp": at, "recipients": [address]},
        "open": {"timestamp": at},
        "bounce": {"timestamp": at, "feedbackId": format!("f-{number}"), "bounceType": "Permanent",
            "bouncedRecipients": [{"emailAddress": address}]},
    });
    let id = format!("165545c9-2a5c-472c-8df2-{number:012x}");
    let mut envelope = notification(&message.to_string(), &id, Timestamp::now());
    sign(&mut envelope, &AUTHORITY);
    envelope
}

/// A database that refuses items which mention `refused`, and never processes items which mention `throttled` and keys
/// which mention `unlooked`.
async fn faulty(database: &Database) -> Database {
    let choose = |request: &Request| {
        let body = request.body.to_string();
        match request.operation.as_str() {
            "BatchWriteItem" | "PutItem" if body.contains("refused") => {
                Reply::Answer(Message::answer("400 Bad Request", &json!({"__type": "ValidationException"})))
            }
            "BatchWriteItem" if body.contains("throttled") => {
                Reply::Part(PartialBatch::without_text("BatchWriteItem", &request.body, "throttled"))
            }
            "BatchGetItem" if body.contains("unlooked") => {
                Reply::Part(PartialBatch::without_text("BatchGetItem", &request.body, "unlooked"))
            }
            _ => Reply::Database,
        }
    };
    database.behind(choose).await
}

/// Lambda's record of a failed invocation with several SNS messages.
fn failed(envelopes: &[Value]) -> String {
    let records: Vec<Value> = envelopes.iter().map(|one| lambda_event(one)["Records"][0].clone()).collect();
    failure_record(&json!({"Records": records}))
}

/// A function over a database, which knows the signing certificate.
fn over(database: Database) -> World {
    World::over(database, Fetcher::over(Host::genuine()))
}

/// Puts something into the suppression table that is not a record.
async fn corrupt(database: &Database, address: &str) {
    let item = Item::from([("address".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S(address.to_owned()))]);
    database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
}
