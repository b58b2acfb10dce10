//! Which questions the code and the schema accept.

use mail_feedback::api::{AnswerError, MAX_ADDRESSES, Question};
use mail_feedback::error::Disposition;
use mail_feedback::event::Reason;
use serde_json::{Value, json};
use support::database::Database;

use super::schema::Schema;
use super::{ask, checker, suppress};

/// Values of every JSON type, alone and in arrays.
fn values() -> Vec<Value> {
    let plain = [json!(null), json!(true), json!(5), json!("ses"), json!(""), json!({}), json!({"a": "b"})];
    let listed: Vec<Value> = plain.iter().map(|value| json!([value])).collect();
    let long = |count: usize| Value::from(vec!["a@example.com"; count]);
    let lists = [json!([]), json!(["a@example.com", 5]), long(100), long(101), long(1_000), long(1_001)];
    plain.into_iter().chain(listed).chain(lists).collect()
}

/// Tries each field with each value, without `addresses`, and under a wrong name.
#[test]
fn the_schema_accepts_exactly_what_the_code_accepts() {
    let schema = Schema::read("check-question");
    let fields = ["addresses", "provider", "sender_domain", "lists", "tenant", "stream", "elsewhere"];
    let (mut read, mut refused) = (0, 0);
    let mut compare = |question: &Value| {
        let is_read = Question::parse(&question.to_string()).is_ok();
        assert_eq!(schema.admits(question), is_read, "{question}");
        *(if is_read { &mut read } else { &mut refused }) += 1;
    };
    for value in values() {
        compare(&value);
        for field in fields.iter().chain(&["list", "Provider", "address"]) {
            let mut question = json!({"addresses": ["a@example.com"]});
            question[*field] = value.clone();
            compare(&question);
            compare(&json!({*field: value}));
        }
    }
    assert!(read > 20 && refused > 100, "{read} {refused}");
    let mut known = schema.fields("");
    known.sort_unstable();
    assert_eq!(known, {
        let mut fields = fields;
        fields.sort_unstable();
        fields
    });
}

#[test]
fn the_schema_lists_every_reason_and_error() {
    let schema = Schema::read("check-answer");
    let mut reasons: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    let mut known = schema.values("/$defs/block/properties/reason/enum");
    reasons.sort_unstable();
    known.sort_unstable();
    assert_eq!(known, reasons);
    let errors: Vec<_> = AnswerError::ALL.iter().map(|error| error.as_str()).collect();
    assert_eq!(schema.values("/$defs/answer/properties/error/enum"), errors);
    assert_eq!(MAX_ADDRESSES, 1_000);
    // The schema refuses wrong answers.
    let good = json!({"results": [{"address": "a", "key": "a", "allowed": true, "blocked_by": []}], "asked": ["*"]});
    assert!(schema.admits(&good));
    for (pointer, value) in [
        ("/results/0/allowed", json!(null)),
        ("/results/0/key", json!(null)),
        ("/results/0/blocked_by", json!([{}])),
        ("/asked", json!([])),
        ("/results", json!([])),
    ] {
        let mut wrong = good.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        assert!(!schema.admits(&wrong), "{wrong}");
    }
}

#[tokio::test]
async fn a_scope_that_cannot_exist_is_malformed() {
    let checker = checker(Database::start().await.client);
    for (field, value, expected) in [
        ("provider", json!("mail jet"), "not a provider"),
        ("sender_domain", json!("a@example.com"), "not a domain"),
        ("stream", json!("spring sale"), "not a stream"),
        ("tenant", json!("Acme, Inc."), "not a tenant"),
        ("provider", json!("ses\u{85}"), "not a provider"),
        ("sender_domain", json!("exam\0ple.com"), "not a domain"),
        ("stream", json!(" marketing"), "not a stream"),
        ("tenant", json!("Acme\n"), "not a tenant"),
        ("lists", json!(["42"]), "a list without its provider"),
        ("lists", json!(["list:mailjet:42", "list:mailjet:News"]), "not a list name"),
        ("lists", json!(["list:mailjet:42/Offers"]), "not a list name"),
        ("lists", json!(["list:ses:News "]), "not a list name"),
        ("lists", json!(["list:ses:News/The name that SES displays"]), "not a list name"),
        ("lists", json!(["list:own:/weekly"]), "not a list name"),
        ("lists", json!(["list:ses:Ne\u{0}ws"]), "not a list name"),
        ("lists", json!([""]), "not a list"),
    ] {
        let mut question = json!({"addresses": ["a@example.com"]});
        question[field] = value;
        let error = ask(&checker, &question).await.unwrap_err();
        assert_eq!((error.class(), error.label()), ("Malformed", "scope"));
        assert!(error.to_string().starts_with(&format!("scope: {expected}")), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_lambda_cannot_return_is_refused() {
    let database = Database::start().await;
    for n in 0..30 {
        suppress(&database, "jane@example.com", Reason::Unsubscribe, &format!("list:own:{n}"), None).await;
    }
    let checker = checker(database.client);
    let question = |count| json!({"addresses": vec!["jane@example.com"; count], "elsewhere": true});
    assert!(ask(&checker, &question(500)).await.is_ok());
    for question in [question(MAX_ADDRESSES), json!({"addresses": ["x".repeat(5_900_000)]})] {
        let error = ask(&checker, &question).await.unwrap_err();
        assert_eq!((error.class(), error.label(), error.disposition()), ("Malformed", "size", Disposition::GiveUp));
        assert!(error.to_string().starts_with("size: the answer is too long for lambda; ask about fewer addresses"));
    }
}

#[tokio::test]
async fn a_name_of_more_than_a_kilobyte_is_refused() {
    let (checker, schema) = (checker(Database::start().await.client), Schema::read("check-question"));
    let name = |bytes| Value::from("x".repeat(bytes));
    for field in ["provider", "sender_domain", "lists", "tenant", "stream"] {
        let question = |bytes| {
            let value = if field == "lists" { json!([name(bytes)]) } else { name(bytes) };
            json!({"addresses": ["a@example.com"], field: value})
        };
        assert!(schema.admits(&question(1_024)) && !schema.admits(&question(1_025)), "{field}");
        let error = ask(&checker, &question(1_025)).await.unwrap_err();
        assert_eq!(error.to_string(), "scope: a name is longer than 1024 bytes; no scope has such a name");
    }
}
