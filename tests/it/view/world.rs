//! The function behind the pages, its tables and metrics, and the requests of CloudWatch.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_cloudwatch::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use harness::function::recording;
use mail_feedback::config::{Limits, QueueName, ViewConfig, WatchedFunctions};
use mail_feedback::event::{Cause, Effect, EmailEvent, EventId, Kind, Provider, Reason, Recipient, Ruling};
use mail_feedback::functions::view::Viewer;
use mail_feedback::policy::Policy;
use mail_feedback::store::{Recorder, TimeLimits};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::database::{Database, EVENTS, SUPPRESSIONS};
use support::metrics_api::{Asked, MetricsApi};

/// The ARN of the function.
pub const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:customWidget-mail-feedback-0a1b2c3d:live";

/// The current time of these tests.
pub fn noon() -> Timestamp {
    time("2026-11-20T12:00:00Z")
}

pub fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The function, its tables and its metrics.
pub struct World {
    pub database: Database,
    pub viewer: Viewer,
    pub metrics: MetricsApi,
}

impl World {
    pub async fn new() -> Self {
        Self::with(MetricsApi::start(values).await, true).await
    }

    pub async fn with(metrics: MetricsApi, may_decide: bool) -> Self {
        let database = Database::start().await;
        let viewer = viewer(&database, &metrics, may_decide);
        Self { database, viewer, metrics }
    }

    /// What the function answers.
    pub async fn serve(&self, request: &Value) -> Value {
        let served = self.viewer.serve(&request.to_string(), ARN, "test-request", Duration::from_secs(10)).await;
        served.unwrap()
    }

    /// The HTML of an answer.
    pub async fn html(&self, fields: Value) -> String {
        self.serve(&request(fields, &json!({}))).await.as_str().unwrap().to_owned()
    }

    /// Records events as the function does.
    pub async fn record(&self, events: &[EmailEvent]) {
        let recorded = recorder(&self.database).record(vec![events.to_vec()], noon(), TimeLimits::default()).await;
        recorded.whole().unwrap();
    }
}

pub fn viewer(database: &Database, metrics: &MetricsApi, may_decide: bool) -> Viewer {
    let functions = WatchedFunctions { feedback: "feedback".to_owned(), unsubscribe: Some("links".to_owned()) };
    let queues =
        [(QueueName::Undelivered, "undelivered"), (QueueName::Failed, "failed"), (QueueName::Parked, "parked")];
    let queues = queues.map(|(name, queue)| (name, queue.to_owned())).into();
    let config = ViewConfig { recording: recording(), may_decide, functions, queues, limits: Limits::default() };
    Viewer::new(database.client.clone(), cloudwatch(metrics), config, noon)
}

fn cloudwatch(metrics: &MetricsApi) -> aws_sdk_cloudwatch::Client {
    let config = aws_sdk_cloudwatch::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(format!("http://{}", metrics.address))
        .build();
    aws_sdk_cloudwatch::Client::from_conf(config)
}

pub fn recorder(database: &Database) -> Recorder {
    let config = recording();
    let tables = (config.event_table, config.suppression_table);
    let client = database.client.clone();
    Recorder::new(client, tables.0, tables.1, config.soft_bounces, Policy::default(), config.retention)
}

/// The metrics of a stack: some mail, a queue that nobody looked at, and forged messages.
pub fn values(asked: &Asked) -> Vec<(i64, f64)> {
    let hour = |ago: i64| noon().seconds() - ago * 3_600;
    match (asked.of.as_str(), asked.name.as_str()) {
        ("feedback", "events.ses.delivered") => vec![(hour(0), 1_200.0), (hour(5), 33_800.0)],
        ("feedback", "events.ses.bounced") => vec![(hour(1), 420.0)],
        ("feedback", "hard_bounces.ses" | "suppressions.hard_bounce") => vec![(hour(1), 350.0)],
        ("feedback", "events.ses.complained") => vec![(hour(3), 40.0)],
        ("feedback", "events.mailjet.delivered") => vec![(hour(3), 12.0)],
        ("feedback", "suppressions.unsubscribe") | ("links", "events.own.unsubscribed") => vec![(hour(2), 7.0)],
        ("links", "suppressions.unsubscribe") => vec![(hour(2), 5.0)],
        ("feedback", "causes.unknown_mailbox") => vec![(hour(1), 300.0)],
        ("feedback", "causes.mailbox_full") => vec![(hour(1), 70.0)],
        ("feedback", "rejected.signature") => vec![(hour(4), 3.0)],
        ("feedback", "rejected.throttled") => vec![(hour(4), 12.0)],
        ("failed", "ApproximateNumberOfMessagesVisible") => vec![(hour(2), 1.0), (hour(0), 3.0)],
        ("failed", "ApproximateAgeOfOldestMessage") => vec![(hour(0), 200_000.0)],
        ("undelivered" | "parked", "ApproximateNumberOfMessagesVisible") => vec![(hour(0), 0.0)],
        _ => Vec::new(),
    }
}

/// A request as CloudWatch sends it: what an action says, and what was typed.
pub fn request(mut fields: Value, typed: &Value) -> Value {
    fields["widgetContext"] = json!({
        "dashboardName": "mail-feedback-support", "widgetId": "widget-1", "accountId": "123456789012", "locale": "de",
        "timezone": {"label": "UTC+1", "offsetISO": "+01:00", "offsetInMinutes": -60}, "period": 300, "isAutoPeriod": true,
        "timeRange": {"mode": "relative", "start": 1, "end": 2, "relativeStart": 3, "zoom": {"start": 1, "end": 2}},
        "theme": "light", "linkCharts": true, "title": "support", "forms": {"all": typed}, "params": {"page": "address"},
        "width": 588, "height": 369,
    });
    fields
}

pub fn event(ruling: Ruling, at: &str) -> EmailEvent {
    let mut event = EmailEvent::new(Provider::Ses, EventId::of(&[Some("test"), Some(at)]), ruling);
    event.recipient = Some(Recipient::parse("Jane@Example.com"));
    event.occurred_at = Some(time(at));
    event.message_id = Some("0100017e5d6f2b3c-1a2b3c4d-000000".to_owned());
    event.sender_domain = Some("example.com".to_owned());
    event
}

pub fn soft(at: &str) -> EmailEvent {
    let mut event = event(Ruling::soft(Cause::MailboxFull), at);
    event.code = Some("4.2.2".to_owned());
    event.detail = Some("smtp; 452 4.2.2 mailbox full".to_owned());
    event
}

pub fn complaint(at: &str) -> EmailEvent {
    let mut event = event(Ruling::of(Kind::Complained).with(const { &[Effect::suppress(Reason::Complaint)] }), at);
    event.code = Some("abuse".to_owned());
    event
}

/// What happened to Jane: a full mailbox, then a complaint.
pub fn story() -> Vec<EmailEvent> {
    let sent = |at| event(Ruling::of(Kind::Sent), at);
    vec![
        sent("2026-11-02T09:12:41.000Z"),
        soft("2026-11-02T09:12:44.000Z"),
        sent("2026-11-05T09:12:29.000Z"),
        soft("2026-11-05T09:12:31.000Z"),
        soft("2026-11-14T17:30:02.000Z"),
        sent("2026-11-16T07:58:10.000Z"),
        complaint("2026-11-16T08:01:59.000Z"),
    ]
}

/// The text of a page: without tags, entities resolved.
pub fn words(html: &str) -> String {
    let body = html.split_once("</style>").map_or(html, |(_, rest)| rest);
    let mut text = String::new();
    for part in body.split('<') {
        let (tag, rest) = part.split_once('>').unwrap_or(("", part));
        if !tag.starts_with("/cwdb-action") || !text.ends_with('}') {
            text.push(' ');
        }
        if !tag.starts_with("cwdb-action") {
            text.push_str(rest);
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The fields of each action of a page.
pub fn actions(html: &str) -> Vec<Value> {
    let parts = html.split("<cwdb-action").skip(1);
    let json = parts.map(|part| part.split_once('>').unwrap().1.split_once("</cwdb-action>").unwrap().0);
    json.map(|json| serde_json::from_str(json).unwrap()).collect()
}

/// Puts an item into a table as it is: texts, and maps of them.
pub async fn put(database: &Database, table: &str, item: &Value) {
    let item = attribute(item).as_m().unwrap().clone();
    database.client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::Array(items) => AttributeValue::L(items.iter().map(attribute).collect()),
        Value::Object(map) => {
            let fields: HashMap<_, _> = map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            AttributeValue::M(fields)
        }
        Value::Null | Value::Bool(_) => panic!("no such attribute"),
    }
}

/// An event and a record of an address, with one text in every field that comes from outside.
pub async fn put_everywhere(database: &Database, address: &str, text: &str) {
    put(
        database,
        EVENTS,
        &json!({
            "address": address, "event": "2026-11-18T08:00:00.000Z#0123456789abcdef", "event_id": "0123456789abcdef",
            "provider": text, "kind": text, "permanence": text, "cause": text, "code": text, "detail": text, "effect": text,
            "message": "ses:hostile", "message_id": text, "sender_domain": text, "configuration_set": text, "tenant": text,
            "stream": text, "list": text, "campaign": text, "recipient": text, "recipient_isp": text, "url": text,
            "user_agent": text, "ip": text, "bot": text, "raw": text, "actor": text, "note": text, "until": text,
            "decided_at": text, "occurred_at": text, "tags": {"a": text, text: text},
        }),
    )
    .await;
    let entry = json!({
        "state": "suppressed", "at": "2026-11-18T08:00:00.000Z", "first_at": "2026-11-18T08:00:00.000Z", "provider": text,
        "event_id": text, "code": text, "detail": text, "recipient": text,
    });
    let mut decided = entry.clone();
    decided["actor"] = text.into();
    decided["note"] = text.into();
    let mut listed = entry.clone();
    listed["provider"] = "ses".into();
    listed["code"] = "OnAccountSuppressionList".into();
    let mut of_tenant = listed.clone();
    of_tenant["code"] = "OnTenantSuppressionList".into();
    let record = json!({
        "address": address, "updated_at": "2026-11-18T08:00:00.000Z", "version": 1,
        "suppressions": {"*": {"complaint": decided}, format!("list:ses:{text}"): {"unsubscribe": entry},
            "provider:ses": {"provider_block": listed}, format!("tenant:ses:{text}"): {"provider_block": of_tenant}},
        "soft_bounces": {"bounces": []},
    });
    put(database, SUPPRESSIONS, &record).await;
}

/// Texts that do something in some place of some page, if it takes them for more than text.
pub fn corpus() -> Vec<String> {
    let lines = include_str!("corpus.txt").lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}
