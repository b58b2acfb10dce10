//! The first SNS event over TLS, with its certificate fetched or stored by an earlier instance.

use std::path::Path;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use harness::function::trusting_environment;
use mail_feedback::timestamp::Timestamp;
use support::authority::{AUTHORITY, FOLDER};
use support::database::{Database, SUPPRESSIONS};
use support::envelope::{lambda_event, notification, sign};
use support::runtime_api::Function;
use support::tls_host::{Behaviour, TlsHost};

use crate::clock::median;

/// The number of starts of each kind, in turn.
const STARTS: usize = 15;
/// A message that takes one write and suppresses nothing.
const MESSAGE: &str = r#"{"eventType":"Open","open":{"timestamp":"2026-11-20T09:00:01.000Z"},
    "mail":{"timestamp":"2026-11-20T09:00:00.000Z","messageId":"m","destination":["a@example.com"]}}"#;

/// The median time of the first invocation in milliseconds, with the certificate fetched and stored.
pub async fn measure(program: &Path) -> (f64, f64) {
    let database = Database::start().await;
    let host = TlsHost::start(Behaviour::Answer(200, AUTHORITY.leaf.clone()), "sns.us-east-1.amazonaws.com").await;
    let root = FOLDER.join("root.pem").to_string_lossy().into_owned();
    let proxy = format!("http://{}", host.address);
    let more = [("SNS_CERTIFICATES", String::new()), ("HTTPS_PROXY", proxy), ("SSL_CERT_FILE", root)];
    let more = more.map(|(name, value)| (name.to_owned(), value));
    let environment: Vec<_> = trusting_environment(&database).into_iter().chain(more).collect();
    let (mut fetched, mut kept) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        forget(&database).await;
        fetched.push(first_event(program, &environment, &database).await);
        kept.push(first_event(program, &environment, &database).await);
    }
    assert_eq!(host.requests().len(), STARTS, "a stored certificate is not fetched");
    (median(fetched), median(kept))
}

/// The time of the first invocation in milliseconds; it stores its certificate.
async fn first_event(program: &Path, environment: &[(String, String)], database: &Database) -> f64 {
    let mut function = Function::start(program, environment).await;
    function.until_ready().await;
    let mut envelope = notification(MESSAGE, "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", Timestamp::now());
    sign(&mut envelope, &AUTHORITY);
    let event = lambda_event(&envelope).to_string();
    let started = Instant::now();
    function.invoke(&event).await.expect("an answer");
    let took = started.elapsed();
    while !is_kept(database).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    function.stop().await;
    took.as_secs_f64() * 1e3
}

async fn is_kept(database: &Database) -> bool {
    let call = database.client.get_item().table_name(SUPPRESSIONS).key("address", key()).consistent_read(true);
    call.send().await.expect("an answer").item.is_some()
}

async fn forget(database: &Database) {
    database.client.delete_item().table_name(SUPPRESSIONS).key("address", key()).send().await.expect("an answer");
}

fn key() -> AttributeValue {
    AttributeValue::S("-".to_owned())
}
