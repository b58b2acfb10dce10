//! The function with one key, and the requests of mail clients and browsers.

use std::time::Duration;

use harness::function::recording;
use mail_feedback::config::{KeySource, UnsubscribeConfig};
use mail_feedback::functions::unsubscribe::Unsubscriber;
use mail_feedback::telemetry::{FunctionVersion, MetricSink};
use mail_feedback::timestamp::Timestamp;
use mail_feedback::unsubscribe::{Key, KeyId, KeyStore, Keys, Link, LinkScope};
use serde_json::{Value, json};
use support::database::{Database, EVENTS, Item, SUPPRESSIONS, entries, text};

/// The keys of the function.
pub const KEYS: &str = r#"{"k1":"0123456789abcdef0123456789abcdef","k2":"fedcba9876543210fedcba9876543210"}"#;
/// What Gmail posts.
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// The current time of these tests.
pub fn noon() -> Timestamp {
    Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
}

/// The function, and its tables.
pub struct World {
    pub database: Database,
    pub function: Unsubscriber,
}

/// An answer.
#[derive(Debug)]
pub struct Served {
    pub status: i64,
    pub headers: Value,
    pub body: String,
}

impl World {
    pub async fn new() -> Self {
        let database = Database::start().await;
        let function = function(database.client.clone());
        Self { database, function }
    }

    /// Serves a request for a path.
    pub async fn request(&self, method: &str, path: &str, headers: &Value, body: &str) -> Served {
        let event = request(method, path, headers, body);
        let answer = self.function.serve(&event.to_string(), "test-request", Duration::from_secs(10)).await.unwrap();
        served(&serde_json::to_value(answer).unwrap())
    }

    pub async fn get(&self, token: &str) -> Served {
        self.request("GET", &format!("/u/{token}"), &json!({}), "").await
    }

    /// Posts a URL-encoded body, as Gmail and browsers do.
    pub async fn post(&self, token: &str, body: &str) -> Served {
        let headers = json!({"content-type": "application/x-www-form-urlencoded"});
        self.request("POST", &format!("/u/{token}"), &headers, body).await
    }

    /// A function with the same tables at another time.
    pub fn at(&mut self, clock: fn() -> Timestamp) -> &Self {
        self.function.clock = clock;
        self
    }

    /// `kind effect` of each event, in the order of their times.
    pub async fn events(&self) -> Vec<String> {
        let events = self.database.scan(EVENTS).await;
        events.values().map(|event| format!("{} {}", text(event, "kind"), text(event, "effect"))).collect()
    }

    /// Everything in both tables.
    pub async fn items(&self) -> Vec<Item> {
        let (events, records) = (self.database.scan(EVENTS).await, self.database.scan(SUPPRESSIONS).await);
        events.into_values().chain(records.into_values()).collect()
    }

    /// `scope reason state provider` of each entry of the only record.
    pub async fn entries(&self) -> Vec<String> {
        let records = self.database.scan(SUPPRESSIONS).await;
        let found = records.values().flat_map(entries).map(|(scope, reason, entry)| {
            format!("{scope} {reason} {} {}", text(&entry, "state"), text(&entry, "provider"))
        });
        found.collect()
    }
}

pub fn function(client: aws_sdk_dynamodb::Client) -> Unsubscriber {
    let config = UnsubscribeConfig {
        recording: recording(),
        keys: KeySource::Fixed(KEYS.to_owned()),
        max_age_days: 0,
        sender_name: "Ann's <Shop>".to_owned(),
        sender_url: Some("https://shop.example/account?a=1&b=2".to_owned()),
    };
    let keys = KeyStore::Fixed(Keys::parse(KEYS).unwrap());
    let metrics = FunctionVersion { name: "unsubscribe".to_owned(), version: "1".to_owned() };
    Unsubscriber::new(client, config, keys, noon, MetricSink { function: metrics, write_line: |_| {} })
}

/// An HTTP API event.
pub fn request(method: &str, path: &str, headers: &Value, body: &str) -> Value {
    let mut event = support::request::post(path, headers, body);
    event["requestContext"]["http"]["method"] = method.into();
    event
}

pub fn served(answer: &Value) -> Served {
    let (status, body) = (answer["statusCode"].as_i64().unwrap(), answer["body"].as_str().unwrap().to_owned());
    Served { status, headers: answer["headers"].clone(), body }
}

/// The token of a link made yesterday with the first key.
pub fn token(address: &str, scope: &str) -> String {
    let link = Link::new(address, LinkScope::parse(scope).unwrap(), noon().minus_days(1)).unwrap();
    link.token(&KeyId::parse("k1").unwrap(), &key("k1"))
}

pub fn key(id: &str) -> Key {
    Keys::parse(KEYS).unwrap().get(&KeyId::parse(id).unwrap()).unwrap().clone()
}

/// The value of the field that undoes an unsubscribe, on a page.
pub fn undo_field(page: &Served) -> Option<String> {
    let (_, rest) = page.body.split_once("name=\"undo\" value=\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}
