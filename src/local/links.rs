//! An unsubscribe through a one-click link, and its undo: by the function `unsubscribe`, in this process.

use std::time::Duration;

use serde_json::{Value, json};
use support::database::{Database, EVENTS, SUPPRESSIONS};
use support::samples::{Effect, EventRow, Snapshot, SuppressionRow, observe};

use super::Failure;
use super::report::Outcome;
use crate::config::UnsubscribeConfig;
use crate::functions::unsubscribe::Unsubscriber;
use crate::telemetry::{FunctionVersion, MetricSink};
use crate::timestamp::Timestamp;
use crate::unsubscribe::{Key, KeyId, KeyStore, Keys, Link, LinkScope, ONE_CLICK, PATH};

/// The key of the links, which only this program uses.
const KEYS: &str = r#"{"local":"a-key-that-only-make-run-uses-0123456789"}"#;
/// Who leaves, and what.
const ADDRESS: &str = "unsubscribed-by-make-run@example.com";
const SCOPE: &str = "list:own:weekly";

/// The function, and the path of a link to it.
struct Links {
    function: Unsubscriber,
    path: String,
}

/// Unsubscribes and undoes it; returns both outcomes.
pub(super) async fn check(database: &Database, before: &mut Snapshot) -> Result<[Outcome; 2], Failure> {
    let links = Links::new(database).ok_or("the settings of the links are wrong")?;
    let (left, page) = links.post("unsubscribe link: one click", ONE_CLICK, "suppressed", database, before).await?;
    let undo = page.split_once("name=\"undo\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let body = format!("undo={}", undo.map_or("", |(value, _)| value));
    let (back, _) = links.post("unsubscribe link: its undo", &body, "lifted", database, before).await?;
    Ok([left, back])
}

impl Links {
    fn new(database: &Database) -> Option<Self> {
        let lookup = |name: &str| match name {
            "EVENT_TABLE" => Some(EVENTS.to_owned()),
            "SUPPRESSION_TABLE" => Some(SUPPRESSIONS.to_owned()),
            "UNSUBSCRIBE_KEYS" => Some(KEYS.to_owned()),
            "SENDER_NAME" => Some("make run".to_owned()),
            _ => None,
        };
        let keys = Keys::parse(KEYS)?;
        let (id, key): (&KeyId, &Key) = keys.only()?;
        let link = Link::new(ADDRESS, LinkScope::parse(SCOPE)?, Timestamp::now()).ok()?;
        let path = format!("{PATH}{}", link.token(id, key));
        let function = FunctionVersion { name: "unsubscribe".to_owned(), version: "local".to_owned() };
        let metrics = MetricSink { function, write_line: |_| {} };
        let config = UnsubscribeConfig::from_lookup(lookup).ok()?;
        let client = database.client.clone();
        let function = Unsubscriber::new(client, config, KeyStore::Fixed(keys), Timestamp::now, metrics);
        Some(Self { function, path })
    }

    /// Posts a body to the link, and reads what that wrote; also returns the page.
    async fn post(
        &self,
        name: &str,
        body: &str,
        state: &str,
        database: &Database,
        before: &mut Snapshot,
    ) -> Result<(Outcome, String), Failure> {
        let event = json!({
            "version": "2.0",
            "rawPath": self.path,
            "headers": {"content-type": "application/x-www-form-urlencoded"},
            "requestContext": {"http": {"method": "POST", "path": self.path}},
            "body": body,
            "isBase64Encoded": false,
        });
        let answer = self.function.serve(&event.to_string(), "local", Duration::from_secs(30)).await?;
        let answer = serde_json::to_value(answer)?;
        let field = |name| answer.get(name).cloned().unwrap_or_default();
        let page = field("body").as_str().unwrap_or_default().to_owned();
        let (effect, after) = observe(database, before).await;
        *before = after;
        let status: Value = field("statusCode");
        let expected = ("200".to_owned(), expected(state));
        let outcome =
            Outcome { name: name.to_owned(), got: (status.to_string(), effect), expected, answer: page.clone() };
        Ok((outcome, page))
    }
}

/// What an unsubscribe (`suppressed`) or its undo (`lifted`) writes.
fn expected(state: &str) -> Effect {
    let kind = if state == "lifted" { "subscribed" } else { "unsubscribed" };
    let address = ADDRESS.to_owned();
    Effect {
        events: vec![EventRow { address: address.clone(), kind: kind.to_owned(), ..EventRow::default() }],
        suppressions: vec![SuppressionRow {
            address,
            scope: SCOPE.to_owned(),
            reason: "unsubscribe".to_owned(),
            state: state.to_owned(),
        }],
        soft_bounces: Vec::new(),
    }
}
