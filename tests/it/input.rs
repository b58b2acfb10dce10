//! Bad input gets the right answer, and loses no good event next to it.

use harness::function::handler;
use serde_json::{Value, json};
use support::database::{Database, EVENTS, SUPPRESSIONS, entries, text};
use support::environment::environment;
use support::request::{authorization, post};
use support::samples;

use crate::real_binary::invoke_both;

async fn webhook(body: &str) -> (i64, Vec<(String, String)>) {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    let answer = invoke_both(&handler, &post("/webhooks/mailjet", &authorization(), body).to_string()).await.unwrap();
    let events = database.scan(EVENTS).await;
    let rows = events.values().map(|item| (text(item, "kind").to_owned(), text(item, "address").to_owned()));
    (answer["statusCode"].as_i64().unwrap(), rows.collect())
}

fn kinds(rows: &[(String, String)]) -> Vec<&str> {
    let mut kinds: Vec<_> = rows.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.sort_unstable();
    kinds
}

#[tokio::test]
async fn what_is_neither_object_nor_array_is_400() {
    for body in ["", " ", "null", "1", "\"event\"", "{", "[{]", "[1,]", "{} {}", "\u{feff}{}", "event=open", "[1}"] {
        assert_eq!(webhook(body).await, (400, vec![]), "{body}");
    }
}

#[tokio::test]
async fn an_empty_array_is_a_success() {
    assert_eq!(webhook("[]").await, (200, vec![]));
    assert_eq!(webhook(" [ ] ").await, (200, vec![]));
}

#[tokio::test]
async fn a_bad_element_is_kept_as_unknown_and_the_rest_is_recorded() {
    let body = r#"[null, 7, "x", [], {}, {"event":null}, {"event":"sent","time":1763600000,"email":"a@example.com"},
        {"event":"spam","event":"open","email":"b@example.com"}]"#;
    let (status, rows) = webhook(body).await;
    assert_eq!(status, 200);
    let mut expected = vec!["delivered"];
    expected.extend(["unknown"; 7]);
    assert_eq!(kinds(&rows), expected);
    assert!(rows.iter().all(|(kind, address)| (kind == "unknown") == address.starts_with("unattributed#")));
}

#[tokio::test]
async fn wrong_types_lose_only_their_field() {
    let body = r#"{"event":"bounce","time":"1763600000","MessageID":"5","email":"a@example.com","hard_bounce":"true",
        "blocked":{"a":1},"error":"user unknown","error_related_to":17,"comment":["x"],"Payload":null,"geo":false}"#;
    let (status, rows) = webhook(body).await;
    assert_eq!((status, rows), (200, vec![("bounced".to_owned(), "a@example.com".to_owned())]));
}

#[tokio::test]
async fn an_unreadable_value_loses_only_its_field() {
    for odd in
        [r#""comment":"550 \ud83d""#, r#""mj_contact_id":1e999"#, r#""geo":"a","geo":"b""#, r#""x":{"y":"\udc00"}"#]
    {
        let body = format!(r#"{{{odd},"event":"spam","time":1763600000,"MessageID":5,"email":"a@example.com"}}"#);
        assert_eq!(webhook(&body).await, (200, vec![("complained".to_owned(), "a@example.com".to_owned())]), "{odd}");
    }
}

/// This would take minutes if the work grew with each pair of the 200,000 keys.
#[tokio::test]
async fn very_many_keys_next_to_a_broken_value_cost_no_more_than_their_length() {
    let keys = (0..200_000).map(|n| format!(r#""k{n}":1"#)).collect::<Vec<_>>().join(",");
    let body = format!(
        r#"{{{keys},"mj_contact_id":1e999,"event":"spam","time":1763600000,"MessageID":5,"email":"a@example.com"}}"#
    );
    assert_eq!(webhook(&body).await, (200, vec![("complained".to_owned(), "a@example.com".to_owned())]));
}

#[tokio::test]
async fn an_unknown_event_of_any_size_is_kept_cut_and_costs_nothing_beside_it() {
    let long = "x".repeat(1_000_000);
    let body = format!(
        r#"[{{"event":"spam","time":1763600000,"MessageID":5,"email":"a@example.com"}},
        {{"event":"parseapi","time":1763600000,"email":"b@example.com","x":"{long}"}}]"#
    );
    let (status, rows) = webhook(&body).await;
    assert_eq!((status, kinds(&rows)), (200, vec!["complained", "unknown"]));
}

#[tokio::test]
async fn reports_of_one_fact_in_one_body_all_count() {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    let report = |hard: bool| {
        format!(
            r#"{{"event":"bounce","time":1763600000,"MessageID":5,"email":"a@example.com","hard_bounce":{hard},"error":"user unknown"}}"#
        )
    };
    let body = format!("[{},{}]", report(false), report(true));
    let answer = invoke_both(&handler, &post("/webhooks/mailjet", &authorization(), &body).to_string()).await.unwrap();
    assert_eq!(answer["statusCode"], 200);
    let record = database.scan(SUPPRESSIONS).await.into_values().next().unwrap();
    assert_eq!(entries(&record).len(), 1, "the hard bounce beside the soft one");
}

#[tokio::test]
async fn a_large_array_is_recorded_whole_and_each_fact_once() {
    let event =
        |n: usize| format!(r#"{{"event":"open","time":1763600000,"MessageID":{n},"email":"a{n}@example.com"}}"#);
    let body: Vec<_> = (1..=3000).chain(1..=500).map(event).collect();
    let (status, rows) = webhook(&format!("[{}]", body.join(","))).await;
    assert_eq!((status, rows.len()), (200, 3000));
}

#[tokio::test]
async fn enormous_fields_are_cut_and_nesting_is_bounded() {
    let long = "x".repeat(1_000_000);
    let body = format!(
        r#"{{"event":"click","time":1763600000,"email":"a@example.com","url":"{long}","Payload":"{long}",
        "comment":"{long}","agent":"{long}","customcampaign":"{long}","MessageID":"{long}"}}"#
    );
    assert_eq!(webhook(&body).await, (413, vec![]), "six megabytes");
    let body = body.replace(&long, &"x".repeat(400_000));
    assert_eq!(kinds(&webhook(&body).await.1), ["clicked"]);
    let deep =
        format!(r#"[{{"event":"open","email":"a@example.com","x":{}1{}}}]"#, "[".repeat(50_000), "]".repeat(50_000));
    let (status, _) = webhook(&deep).await;
    assert_eq!(status, 200, "what is not looked into costs nothing");
}

#[tokio::test]
async fn an_invalid_address_is_recorded_and_suppresses_nothing() {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    let long = format!("{}@example.com", "a".repeat(260));
    for email in ["nobody", "", "a@b@", "a\\u0000@example.com", &long] {
        let body = format!(r#"{{"event":"spam","time":1763600000,"MessageID":5,"email":"{email}"}}"#);
        let answer =
            invoke_both(&handler, &post("/webhooks/mailjet", &authorization(), &body).to_string()).await.unwrap();
        assert_eq!(answer["statusCode"], 200);
    }
    let events = database.scan(EVENTS).await;
    assert_eq!(events.len(), 5);
    assert!(events.keys().all(|key| key.starts_with("unattributed#")));
    assert_eq!(database.scan(SUPPRESSIONS).await.len(), 0);
}

#[tokio::test]
async fn an_invocation_of_no_known_kind_is_a_clear_error() {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    for payload in ["{}", "[]", "null", "{\"Records\":[{\"eventSource\":\"aws:s3\"}]}", "{\"source\":\"aws.events\"}"] {
        let error = invoke_both(&handler, payload).await.unwrap_err();
        assert_eq!((error.class(), error.label()), ("Malformed", "invocation"), "{payload}");
        assert!(error.to_string().contains("invoke through SNS, SQS, EventBridge or HTTP"));
    }
}

#[tokio::test]
async fn one_bad_record_of_an_sns_event_leaves_no_effect_of_the_others() {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/bounce-permanent-general").unwrap();
    let mut event: Value = serde_json::from_str(&sample.json).unwrap();
    let mut forged = event["Records"][0].clone();
    forged["Sns"]["Message"] = json!("{}");
    event["Records"].as_array_mut().unwrap().push(forged);
    let error = invoke_both(&handler, &event.to_string()).await.unwrap_err();
    assert_eq!((error.class(), error.label()), ("Unauthentic", "signature"));
    assert_eq!(database.scan(EVENTS).await.len(), 0);
    assert_eq!(database.scan(SUPPRESSIONS).await.len(), 0);
}
