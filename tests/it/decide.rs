//! The function `decide`: orders of programs, carried out like decisions of operators.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use harness::function::recording;
use mail_feedback::api::{Action, ApiError, Order};
use mail_feedback::event::Reason;
use mail_feedback::functions::decide::Decider;
use mail_feedback::telemetry::{FunctionVersion, MetricSink};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::database::{Database, EVENTS, SUPPRESSIONS, entries, text};
use support::environment::environment;
use support::http_message::Message;
use support::proxy::Reply;

use crate::check::schema::Schema;
use crate::real_binary::start_for_caller;

/// A decider without metrics.
pub fn decider(client: aws_sdk_dynamodb::Client) -> Decider {
    let function = FunctionVersion { name: "decide".to_owned(), version: "1".to_owned() };
    let clock = || Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
    Decider::new(client, recording(), clock, MetricSink { function, write_line: |_| {} })
}

fn order(action: &str, scope: &str, reason: &str) -> Value {
    json!({"address": "Jane@Example.com", "scope": scope, "reason": reason, "action": action, "actor": "preferences",
        "note": "clicked in the footer"})
}

/// Gives an order, and returns the JSON that the program gets.
pub async fn give(decider: &Decider, order: &Value) -> Result<Value, ApiError> {
    let done = decider.carry_out(&order.to_string(), "test-request", Duration::from_secs(10)).await;
    done.map(|done| serde_json::to_value(done).unwrap())
}

#[tokio::test]
async fn somebody_leaves_a_list_and_comes_back() {
    let database = Database::start().await;
    let decider = decider(database.client.clone());
    let (leave, back) =
        (order("suppress", "list:SES:News", "unsubscribe"), order("lift", "list:ses:News", "unsubscribe"));
    let lift = "the recipient subscribing again where the provider reports it, or a manual lift";
    let block = json!({"scope": "list:ses:News", "reason": "unsubscribe", "since": "2026-11-20T12:00:00.000Z",
        "until": null, "provider": "manual", "code": null, "lift": lift});
    let answer = |action: &str, changed: bool, blocked_by: Value| {
        json!({"address": "Jane@Example.com", "key": "jane@example.com", "action": action, "scope": "list:ses:News",
            "reason": "unsubscribe", "changed": changed, "blocked_by": blocked_by})
    };
    let nothing = answer("lift", false, json!([]));
    assert_eq!(give(&decider, &back).await.unwrap(), nothing, "there is nothing to lift");
    assert!(database.scan(SUPPRESSIONS).await.is_empty());
    assert_eq!(give(&decider, &leave).await.unwrap(), answer("suppress", true, json!([block])));
    let record = database.scan(SUPPRESSIONS).await.into_values().next().unwrap();
    let (_, _, entry) = &entries(&record)[0];
    assert_eq!((text(entry, "actor"), text(entry, "note")), ("preferences", "clicked in the footer"));
    assert_eq!(give(&decider, &back).await.unwrap(), answer("lift", true, json!([])));
    assert_eq!(give(&decider, &back).await.unwrap(), nothing, "a second click changes nothing");
    let history = database.scan(EVENTS).await;
    let history: Vec<_> =
        history.values().map(|event| [text(event, "kind"), text(event, "actor"), text(event, "scope")]).collect();
    assert_eq!(history, [["suppressed", "preferences", "list:ses:News"], ["lifted", "preferences", "list:ses:News"]]);
    let schema = Schema::read("decide-answer");
    assert!(schema.admits(&nothing) && schema.admits(&answer("suppress", true, json!([block]))));
}

#[tokio::test]
async fn a_repeated_suppression_changes_nothing() {
    let database = Database::start().await;
    let decider = decider(database.client.clone());
    let leave = order("suppress", "list:ses:News", "unsubscribe");
    let first = give(&decider, &leave).await.unwrap();
    let before = (database.scan(SUPPRESSIONS).await, database.scan(EVENTS).await);
    let again = give(&decider, &leave).await.unwrap();
    assert_eq!((&first["changed"], &again["changed"]), (&json!(true), &json!(false)));
    assert_eq!(again["blocked_by"], first["blocked_by"]);
    assert_eq!((database.scan(SUPPRESSIONS).await, database.scan(EVENTS).await), before);
    let later = Decider { clock: || Timestamp::parse("2026-11-21T12:00:00Z").unwrap(), ..decider.clone() };
    assert_eq!(give(&later, &leave).await.unwrap()["changed"], true, "a day later, it is a decision of its own");
    for field in ["actor", "note"] {
        let mut other = leave.clone();
        other[field] = json!("somebody else");
        assert_eq!(give(&decider, &other).await.unwrap()["changed"], true, "{field}");
    }
}

/// The order was carried out, so its answer must not depend on another read.
#[tokio::test]
async fn what_was_written_is_answered_without_another_read() {
    for (action, changed) in [("suppress", true), ("lift", true), ("lift", false)] {
        let database = Database::start().await;
        if action == "lift" && changed {
            give(&decider(database.client.clone()), &order("suppress", "*", "complaint")).await.unwrap();
        }
        let written = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&written);
        let faulty = database.behind(move |request| {
            if request.operation == "TransactWriteItems" {
                seen.store(true, Ordering::Relaxed);
            } else if request.operation == "GetItem" && seen.load(Ordering::Relaxed) {
                return Reply::Answer(Message::answer("400 Bad Request", &json!({"__type": "AccessDeniedException"})));
            }
            Reply::Database
        });
        let done = give(&decider(faulty.await.client), &order(action, "*", "complaint")).await.unwrap();
        assert_eq!((done["changed"].as_bool(), written.load(Ordering::Relaxed)), (Some(changed), changed));
        let blocked = usize::from(action == "suppress");
        assert_eq!(done["blocked_by"].as_array().unwrap().len(), blocked);
    }
}

#[tokio::test]
async fn a_second_lift_of_a_folded_reason_changes_nothing() {
    let database = Database::start().await;
    let decider = decider(database.client.clone());
    give(&decider, &order("suppress", "*", "unsubscribe")).await.unwrap();
    let mut record = database.scan(SUPPRESSIONS).await.into_values().next().unwrap();
    record.insert("folded".to_owned(), AttributeValue::Ss(vec!["unsubscribe".to_owned()]));
    database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(record)).send().await.unwrap();
    let error = give(&decider, &order("suppress", "list:own:weekly", "unsubscribe")).await.unwrap_err();
    assert_eq!(error.label(), "refused", "the reason is folded");
    let lift = order("lift", "*", "unsubscribe");
    assert_eq!(give(&decider, &lift).await.unwrap()["changed"], true);
    let before = (database.scan(SUPPRESSIONS).await, database.scan(EVENTS).await);
    assert_eq!(give(&decider, &lift).await.unwrap()["changed"], false);
    assert_eq!((database.scan(SUPPRESSIONS).await, database.scan(EVENTS).await), before);
}

#[tokio::test]
async fn a_provider_without_reports_is_answered_with_a_warning() {
    let decider = decider(Database::start().await.client);
    let done = give(&decider, &order("suppress", "list:sess:News", "unsubscribe")).await.unwrap();
    assert_eq!(done["warning"], "no report comes from sess, only from ses, tencent, mailjet; check the spelling");
    assert!(Schema::read("decide-answer").admits(&done));
}

/// The SDK attempts a call three times.
#[tokio::test]
async fn a_transaction_in_progress_is_sent_again_not_decided_again() {
    let database = Database::start().await;
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let slow = database.behind(move |request| {
        if request.operation == "TransactWriteItems" {
            let mut sent = seen.lock().unwrap();
            sent.push(request.body.clone());
            if sent.len() < 5 {
                let body = json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionInProgressException"});
                return Reply::Answer(Message::answer("400 Bad Request", &body));
            }
        }
        Reply::Database
    });
    let done = give(&decider(slow.await.client), &order("suppress", "*", "complaint")).await.unwrap();
    let sent = sent.lock().unwrap().clone();
    assert_eq!((&done["changed"], sent.len()), (&json!(true), 5));
    assert!(sent.iter().all(|body| *body == sent[0] && body["ClientRequestToken"].is_string()));
    assert_eq!(database.scan(EVENTS).await.len(), 1);
}

#[tokio::test]
async fn impossible_decisions_are_refused() {
    let decider = decider(Database::start().await.client);
    let mut long = order("suppress", "*", "manual");
    long["note"] = "x".repeat(1_025).into();
    for (order, expected) in [
        (order("suppress", "*", "soft_bounce"), "refused: soft_bounce in scope * is counted, not set"),
        (long, "refused: the note is longer than 1024 bytes"),
    ] {
        let error = give(&decider, &order).await.unwrap_err();
        assert_eq!((error.class(), error.label()), ("Refused", "refused"));
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn a_list_that_cannot_exist_is_refused() {
    let database = Database::start().await;
    let decider = decider(database.client.clone());
    for scope in ["list:mailjet:News", "list:ses:News ", "list:own:wee\tkly", "list:ses:*"] {
        for action in ["suppress", "lift"] {
            let error = give(&decider, &order(action, scope, "unsubscribe")).await.unwrap_err();
            assert_eq!((error.class(), error.label()), ("Malformed", "scope"), "{scope:?}");
            assert!(error.to_string().starts_with("scope: not a list name"), "{error}");
        }
    }
    assert!(database.scan(SUPPRESSIONS).await.is_empty());
}

/// Tries each field with values of every type, absent, and under a wrong name.
#[test]
fn the_schema_accepts_exactly_what_the_code_accepts() {
    let schema = Schema::read("decide-order");
    let mut known = schema.fields("");
    known.sort_unstable();
    assert_eq!(known, ["action", "actor", "address", "note", "reason", "scope"]);
    let reasons: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(schema.values("/properties/reason/enum"), reasons);
    let actions: Vec<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
    assert_eq!(schema.values("/properties/action/enum"), actions);
    let whole = order("lift", "*", "complaint");
    let (mut read, mut refused) = (0, 0);
    let mut compare = |order: &Value| {
        let is_read = Order::parse(&order.to_string()).is_ok();
        assert_eq!(schema.admits(order), is_read, "{order}");
        *(if is_read { &mut read } else { &mut refused }) += 1;
    };
    for value in [json!(null), json!(true), json!(5), json!([]), json!({})] {
        compare(&value);
        for field in known.iter().chain(&["until", "Address"]) {
            let mut wrong = whole.clone();
            wrong[*field] = value.clone();
            compare(&wrong);
        }
    }
    for field in &known {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(*field);
        compare(&without);
    }
    for (field, text) in [("actor", ""), ("actor", " \t"), ("note", ""), ("note", " ")] {
        let mut blank = whole.clone();
        blank[field] = text.into();
        compare(&blank);
    }
    compare(&whole);
    assert!(read == 5 && refused > 30, "{read} {refused}");
}

#[tokio::test]
async fn the_binary_accepts_only_orders() {
    let database = Database::start().await;
    let of_decide = |name: &str| name.starts_with("AWS_") || ["EVENT_TABLE", "SUPPRESSION_TABLE"].contains(&name);
    let mut settings: Vec<_> = environment(&database).into_iter().filter(|(name, _)| of_decide(name)).collect();
    settings.push(("_HANDLER".to_owned(), "decide".to_owned()));
    let mut function = start_for_caller(settings).await;
    let done = function.invoke(&order("suppress", "*", "complaint").to_string()).await.unwrap();
    assert_eq!((&done["changed"], &done["blocked_by"][0]["reason"]), (&json!(true), &json!("complaint")));
    for wrong in [r#"{"addresses":["jane@example.com"]}"#, r#"{"Records":[]}"#, "5"] {
        let error = function.invoke(wrong).await.unwrap_err();
        assert_eq!(error["errorType"], "Malformed");
        assert!(error["errorMessage"].as_str().unwrap().starts_with("form: not an order; "), "{error}");
    }
    let error = function.invoke(&order("suppress", "*", "soft_bounce").to_string()).await.unwrap_err();
    assert_eq!(error["errorType"], "Refused");
    let lines: Vec<Value> = function.stop().await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 10, "one log line and one metrics line each: {lines:?}");
    let (log, metrics) = (&lines[0], &lines[1]);
    let fields = (&log["message"], &log["action"], &log["reason"], &log["changed"]);
    assert_eq!(fields, (&json!("decided"), &json!("suppress"), &json!("complaint"), &json!(true)));
    assert_eq!(metrics["decisions.written"], 1);
    assert_eq!(lines[9]["rejected.refused"], 1);
}
