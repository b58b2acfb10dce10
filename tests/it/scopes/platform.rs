//! A platform with two tenants and two streams: what each report blocks, and what it leaves alone.

use std::fmt::Write;
use std::path::Path;

use mail_feedback::address::Address;
use mail_feedback::suppression::Context;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::database::text;

use super::{World, bounce, complaint, mail};

/// The sends of the platform, all through SES and from one domain: tenant and stream. Marketing goes to a topic of the
/// contact list that each tenant has.
const SENDS: [(&str, &str); 4] =
    [("Acme", "marketing"), ("Acme", "transactional"), ("Globex", "marketing"), ("Globex", "transactional")];
/// When the reports of SES happened, in Unix milliseconds.
const REPORTED_MS: i64 = 1_795_165_205_000;

/// What is reported of a mail of Acme's marketing to `a@example.com`, and what is set.
struct Row {
    /// In words.
    report: &'static str,
    /// Who brings it, and what.
    brought: Brought,
    /// Beside the tag of the stream.
    settings: &'static [(&'static str, &'static str)],
    /// How many days later is asked.
    days: u32,
}

/// A report and its way.
enum Brought {
    /// SES, through SNS.
    Ses(Value),
    /// Mailjet, at this path.
    Mailjet(&'static str, Value),
}

fn tags() -> Value {
    json!({"ses:tenant-name": ["Acme"], "stream": ["marketing"]})
}

/// Preferences of the contact list changed.
fn left(list: Option<&str>, topic: Option<&str>) -> Value {
    let preferences = |left: bool| {
        let status = if left { "OptOut" } else { "OptIn" };
        let topics = topic.map(|topic| json!({"topicName": topic, "subscriptionStatus": status}));
        let topics: Vec<Value> = topics.into_iter().collect();
        json!({"unsubscribeAll": left && topic.is_none(), "topicSubscriptionStatus": topics})
    };
    json!({"eventType": "Subscription", "mail": mail(&tags()), "subscription": {"contactList": list,
        "timestamp": "2026-11-20T09:00:05.000Z", "newTopicPreferences": preferences(true),
        "oldTopicPreferences": preferences(false)}})
}

/// The same report as a notification of the identity.
fn notified(mut report: Value) -> Value {
    let report_fields = report.as_object_mut().unwrap();
    let name = report_fields.remove("eventType").unwrap();
    report_fields.insert("notificationType".to_owned(), name);
    report["mail"].as_object_mut().unwrap().remove("tags");
    report
}

fn rows() -> Vec<Row> {
    let row = |report, brought, settings| Row { report, brought, settings, days: 1 };
    let ses = |report, message: Value, settings| row(report, Brought::Ses(message), settings);
    let (refused, by_tenant) = ("Permanent", "OnTenantSuppressionList");
    let unsubscribe = json!({"event": "unsub", "time": REPORTED_MS / 1000, "MessageID": 5, "email": "a@example.com",
        "mj_list_id": 0});
    vec![
        ses("spam complaint", complaint(None, &tags()), &[]),
        ses("spam complaint", complaint(None, &tags()), &[("COMPLAINT_SCOPE", "tenant")]),
        ses("spam complaint", complaint(None, &tags()), &[("COMPLAINT_SCOPE", "stream")]),
        ses(
            "the same, as a notification of the identity",
            notified(complaint(None, &tags())),
            &[("COMPLAINT_SCOPE", "stream")],
        ),
        ses("hard bounce", bounce(refused, "General", &tags()), &[("COMPLAINT_SCOPE", "stream")]),
        Row {
            days: 91,
            ..ses("hard bounce, 91 days later", bounce(refused, "General", &tags()), &[("HARD_BOUNCE_DAYS", "90")])
        },
        ses("refused by the list of tenant Acme", bounce(refused, by_tenant, &tags()), &[]),
        ses("refused by the list of a tenant that is not named", bounce(refused, by_tenant, &json!({})), &[]),
        ses("refused by the account's list", bounce(refused, "OnAccountSuppressionList", &tags()), &[]),
        ses("left the topic `acme`", left(Some("Platform"), Some("acme")), &[]),
        ses("left the whole contact list", left(Some("Platform"), None), &[]),
        ses("unsubscribe that names no list", left(None, None), &[]),
        ses("kept from an unsubscribed contact", bounce(refused, "UnsubscribedRecipient", &tags()), &[]),
        ses("one temporary bounce", bounce("Transient", "MailboxFull", &tags()), &[]),
        row(
            "unsubscribe through Mailjet, at `…/platform.example/marketing`",
            Brought::Mailjet("/webhooks/mailjet/platform.example/marketing", unsubscribe.clone()),
            &[],
        ),
        row(
            "unsubscribe through Mailjet, at `…/platform.example`",
            Brought::Mailjet("/webhooks/mailjet/platform.example", unsubscribe),
            &[],
        ),
    ]
}

/// The scopes that a send concerns.
fn context(tenant: &str, stream: &str) -> Context {
    let list = format!("Platform/{}", tenant.to_lowercase());
    Context {
        provider: Some("ses".to_owned()),
        sender_domain: Some("platform.example".to_owned()),
        lists: (stream == "marketing").then_some(list).into_iter().collect(),
        tenant: Some(tenant.to_owned()),
        stream: Some(stream.to_owned()),
    }
}

/// What a report did, and which sends it blocks: a line of the table.
async fn line(row: &Row) -> String {
    let world = World::open(&[&[("STREAM_TAG", "stream")], row.settings].concat()).await;
    match &row.brought {
        Brought::Ses(message) => world.ses(message).await,
        Brought::Mailjet(path, body) => assert_eq!(world.posts(path, body).await, 200),
    }
    let event = world.event().await;
    let effect = Some(text(&event, "effect")).filter(|effect| !effect.is_empty());
    let set = row.settings.iter().map(|(name, value)| format!("`{name}={value}`"));
    let mut line = format!("| {} | {} |", row.report, set.collect::<Vec<_>>().join(", "));
    write!(line, " {} |", effect.map_or_else(|| "none".to_owned(), |effect| format!("`{effect}`"))).unwrap();
    let address = Address::parse("a@example.com").unwrap();
    let now = Timestamp::from_millis(REPORTED_MS).unwrap().plus_days(row.days);
    for (tenant, stream) in SENDS {
        let asked = context(tenant, stream).scopes().unwrap();
        let verdict = world.handler.suppressions.check(&address, &asked, now).await.unwrap();
        write!(line, " {} |", if verdict.is_allowed() { "" } else { "blocked" }).unwrap();
    }
    line.replace("|  |", "| |").replace("|  |", "| |")
}

#[tokio::test]
async fn the_guide_says_what_each_report_blocks() {
    let heads = SENDS.map(|(tenant, stream)| format!("{tenant} {stream}"));
    let mut table = format!("| report | set | effect | {} |\n|---|---|---|---|---|---|---|\n", heads.join(" | "));
    for row in rows() {
        writeln!(table, "{}", line(&row).await).unwrap();
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/scopes.md");
    let page = std::fs::read_to_string(page).unwrap_or_default();
    assert!(page.contains(&table), "src/guide/scopes.md must hold this:\n{table}");
}
