//! The same fact has the same id, whatever its spelling, key order or transport; each address has one key.

use std::collections::BTreeSet;

use harness::function::{InProcess, handler};
use mail_feedback::address::Address;
use mail_feedback::timestamp::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use support::authority::AUTHORITY;
use support::database::{Database, EVENTS, text};
use support::envelope::{lambda_event, notification, sign};
use support::environment::trusting_environment;
use support::request::{authorization, post};
use support::samples;

use crate::real_binary::invoke_both;

proptest! {
    #[test]
    fn normalizing_a_key_gives_the_same_key(text in "\\PC{0,40}@\\PC{0,20}") {
        if let Some(address) = Address::parse(&text) {
            prop_assert_eq!(Address::parse(address.as_str()), Some(address.clone()));
            prop_assert!(address.as_str().len() <= 254 && !address.domain().is_empty());
        }
    }

    #[test]
    fn display_name_case_and_space_do_not_change_a_key(local in "[a-z0-9.+_-]{1,20}", domain in "[a-z]{1,10}\\.(com|net)") {
        let plain = Address::parse(&format!("{local}@{domain}"));
        prop_assert!(plain.is_some());
        let spelled = format!(" \"A <b@c>\" <{}@{}.> ", local.to_uppercase(), domain.to_uppercase());
        prop_assert_eq!(Address::parse(&spelled), plain);
    }

    #[test]
    fn no_text_panics_the_parser(text in any::<String>()) {
        let _ = Address::parse(&text);
    }

    #[test]
    fn times_survive_their_text(millis in 0_i64..=253_402_300_799_999) {
        let time = Timestamp::from_millis(millis).unwrap();
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }
}

/// A handler that trusts the test authority.
fn trusting(database: &Database) -> InProcess {
    handler(database, &trusting_environment(database))
}

/// The same JSON with its keys in reverse order and other white space.
fn reordered(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields = map.iter().rev().map(|(key, value)| format!("{} : {}", json!(key), reordered(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(" ,\n"))
        }
        Value::Array(list) => format!("[ {} ]", list.iter().map(reordered).collect::<Vec<_>>().join(" , ")),
        plain => plain.to_string(),
    }
}

/// The ids of all event records, except those whose identity is the SNS message itself.
async fn ids(database: &Database) -> BTreeSet<String> {
    let events = database.scan(EVENTS).await;
    let known = events.values().filter(|item| text(item, "kind") != "unknown");
    known.map(|item| text(item, "event_id").to_owned()).collect()
}

#[tokio::test]
async fn key_order_transport_and_another_notification_do_not_change_an_id() {
    let database = Database::start().await;
    let handler = trusting(&database);
    let again = Database::start().await;
    let other = trusting(&again);
    for sample in samples::all().into_iter().filter(|sample| sample.name.starts_with("ses/")) {
        let event: Value = serde_json::from_str(&sample.json).unwrap();
        let sns = &event["Records"][0]["Sns"];
        let Some(message) = sns["Message"].as_str() else { continue };
        let Ok(parsed) = serde_json::from_str::<Value>(message) else { continue };

        let mut first = notification(message, sns["MessageId"].as_str().unwrap(), Timestamp::now());
        sign(&mut first, &AUTHORITY);
        invoke_both(&handler, &lambda_event(&first).to_string()).await.unwrap();

        let id = "00000000-0000-4000-8000-000000000000";
        let mut second = notification(&reordered(&parsed), id, Timestamp::now());
        sign(&mut second, &AUTHORITY);
        let request = post("/webhooks/sns", &json!({}), &second.to_string());
        assert_eq!(invoke_both(&other, &request.to_string()).await.unwrap()["statusCode"], 200);
    }
    let (one, two) = (ids(&database).await, ids(&again).await);
    assert!(one.len() > 50);
    assert_eq!(one, two);
}

#[tokio::test]
async fn an_identity_notification_and_an_event_of_one_bounce_are_one_fact() {
    let database = Database::start().await;
    let handler = trusting(&database);
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/bounce-permanent-general").unwrap();
    let event: Value = serde_json::from_str(&sample.json).unwrap();
    let mut message: Map<String, Value> =
        serde_json::from_str(event["Records"][0]["Sns"]["Message"].as_str().unwrap()).unwrap();
    for name in ["eventType", "notificationType"] {
        let kind = message.remove("eventType").or_else(|| message.remove("notificationType")).unwrap();
        message.insert(name.to_owned(), kind);
        let mut envelope = notification(&Value::from(message.clone()).to_string(), &uuid(name.len()), Timestamp::now());
        sign(&mut envelope, &AUTHORITY);
        invoke_both(&handler, &lambda_event(&envelope).to_string()).await.unwrap();
    }
    assert_eq!(database.scan(EVENTS).await.len(), 1);
}

fn uuid(n: usize) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

#[tokio::test]
async fn numbers_and_strings_and_array_or_object_do_not_change_a_webhook_id() {
    let database = Database::start().await;
    let handler = trusting(&database);
    let forms = [
        r#"{"event":"bounce","time":1763600000,"MessageID":5,"email":"A@Example.com","hard_bounce":true,"error":"user unknown"}"#,
        r#"[{"error":"user unknown","hard_bounce":"true","email":" a@example.com","MessageID":"5","time":"1763600000","event":"Bounce"}]"#,
        r#"{"event":"bounce","time":1763600000,"MessageID":5,"email":"<a@EXAMPLE.com>","hard_bounce":1,"error":"user unknown","mj_list_id":"","url":null}"#,
    ];
    for body in forms {
        invoke_both(&handler, &post("/webhooks/mailjet", &authorization(), body).to_string()).await.unwrap();
    }
    assert_eq!(database.scan(EVENTS).await.len(), 1);
    for body in [forms[0].replace("\"MessageID\":5", "\"MessageID\":6"), forms[0].replace("1763600000", "1763600001")] {
        invoke_both(&handler, &post("/webhooks/mailjet", &authorization(), &body).to_string()).await.unwrap();
    }
    assert_eq!(database.scan(EVENTS).await.len(), 3);
}

/// The ids of the events that bodies cause.
async fn posted(provider: &str, bodies: &[&str]) -> BTreeSet<String> {
    let database = Database::start().await;
    let handler = trusting(&database);
    for body in bodies {
        let request = post(&format!("/webhooks/{provider}"), &authorization(), body);
        invoke_both(&handler, &request.to_string()).await.unwrap();
    }
    ids(&database).await
}

#[tokio::test]
async fn webhook_events_without_message_and_time_are_distinguished_by_their_elements() {
    for (provider, known) in [
        ("mailjet", r#""MessageID":5"#),
        ("mailjet", r#""mj_campaign_id":5"#),
        ("tencent", r#""bulkId":"b""#),
        ("tencent", r#""messageId":"b""#),
        ("mailjet", r#""time":1763600000"#),
        ("tencent", r#""timestamp":1763600000"#),
    ] {
        let event =
            |facts: &str, more: &str| format!(r#"{{"event":"open","email":"a@example.com",{facts}"more":"{more}"}}"#);
        let (one, other) = (event("", "1"), event("", "2"));
        assert_eq!(posted(provider, &[&one, &other, &one]).await.len(), 2, "{provider}");
        let (one, other) = (event(&format!("{known},"), "1"), event(&format!("{known},"), "2"));
        assert_eq!(posted(provider, &[&one, &other]).await.len(), 1, "{known}");
    }
}

#[tokio::test]
async fn ses_events_without_message_feedback_and_time_are_distinguished_by_their_transport() {
    let reports = [
        json!({"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}}),
        json!({"eventType": "Complaint"}),
        json!({"eventType": "Delivery", "delivery": {"recipients": ["a@example.com"]}}),
        json!({"eventType": "DeliveryDelay", "deliveryDelay": {"delayType": "General"}}),
        json!({"eventType": "Send"}),
        json!({"eventType": "Open", "open": {"ipAddress": "192.0.2.1"}}),
        json!({"eventType": "Subscription", "subscription": {"contactList": "News"}}),
    ];
    for report in reports {
        for (identity, expected) in [("timestamp", 2), ("messageId", 1)] {
            let database = Database::start().await;
            let handler = trusting(&database);
            let mut report = report.clone();
            report["mail"] = json!({"destination": ["a@example.com"], identity: "2026-11-20T09:00:00.000Z"});
            // The second one is repeated.
            for n in [1, 2, 2] {
                let mut envelope = notification(&report.to_string(), &uuid(n), Timestamp::now());
                sign(&mut envelope, &AUTHORITY);
                invoke_both(&handler, &lambda_event(&envelope).to_string()).await.unwrap();
            }
            assert_eq!(ids(&database).await.len(), expected, "{identity}: {report}");
        }
    }
}

/// A number instead of a name is the same fact.
#[tokio::test]
async fn tencent_names_and_numbers_of_one_event_are_one_fact() {
    let body = |event: &str| format!(r#"{{{event}"email":"a@example.com","bulkId":"b","timestamp":1763600000}}"#);
    let bodies = [r#""event":"spamreport","#, r#""eventid":6,"#, r#""event":"mail_spam","eventid":"6","#].map(body);
    assert_eq!(posted("tencent", &bodies.each_ref().map(String::as_str)).await.len(), 1);
    let unknown = [r#""event":"mail_spam","#, r#""event":"mail_spam","eventid":9,"#].map(body);
    let database = Database::start().await;
    for body in unknown {
        let request = post("/webhooks/tencent", &authorization(), &body);
        invoke_both(&trusting(&database), &request.to_string()).await.unwrap();
    }
    assert_eq!(database.scan(EVENTS).await.len(), 1, "an unknown name is a fact as reported");
}

#[tokio::test]
async fn tencent_spellings_of_one_bulk_id_are_one_fact() {
    let database = Database::start().await;
    let handler = trusting(&database);
    for name in ["bulkId", "bulkid"] {
        let body = format!(r#"{{"event":"open","email":"a@example.com","{name}":"q-1","timestamp":1763600000}}"#);
        invoke_both(&handler, &post("/webhooks/tencent", &authorization(), &body).to_string()).await.unwrap();
    }
    let events = database.scan(EVENTS).await;
    assert_eq!(events.values().map(|item| text(item, "message")).collect::<Vec<_>>(), ["tencent:q-1"]);
}
