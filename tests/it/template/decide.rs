//! The function that carries out orders: off by default, with a role that can only decide.

use std::collections::BTreeSet;

use mail_feedback::functions::Function;
use serde_json::json;
use support::calls::Calls;
use support::database::{Database, EVENTS, SUPPRESSIONS};

use super::document::Template;
use super::permissions::assert_records;
use crate::decide::{decider, give};

#[test]
fn the_default_stack_has_nothing_of_it() {
    let template = Template::read();
    assert_eq!(template.default("DecideEnabled"), "false");
    assert_eq!(template.0["Conditions"]["HasDecide"], json!({"Fn::Equals": [{"Ref": "DecideEnabled"}, "true"]}));
    let mut found = 0;
    for section in ["Resources", "Outputs"] {
        for (id, body) in template.0[section].as_object().unwrap() {
            let is_of_it = id.starts_with("Decide");
            assert_eq!(body["Condition"] == "HasDecide", is_of_it, "{id}");
            let body = body.to_string();
            assert!(is_of_it || !body.contains("\"Decide") && !body.contains("${Decide"), "{id} refers to it");
            found += usize::from(is_of_it);
        }
    }
    assert_eq!(found, 9);
    let function = template.properties("DecideFunction");
    assert_eq!(Function::named(function["Handler"].as_str()), Ok(Function::Decide));
    let metadata = |id: &str| template.0["Resources"][id]["Metadata"].clone();
    assert_eq!(metadata("Function"), metadata("DecideFunction"), "SAM builds functions with equal metadata once");
}

/// The actions on each table for the cold start and for both kinds of orders.
async fn calls_of_the_code() -> BTreeSet<(String, String)> {
    let (database, calls) = (Database::start().await, Calls::default());
    let config = database.client.config().to_builder().interceptor(calls.clone()).build();
    let decider = decider(aws_sdk_dynamodb::Client::from_conf(config));
    decider.recorder.suppressions().warm_up().await;
    for action in ["suppress", "lift"] {
        let order =
            json!({"address": "a@example.com", "scope": "*", "reason": "complaint", "action": action, "actor": "a"});
        assert_eq!(give(&decider, &order).await.unwrap()["changed"], true);
    }
    let actions = calls.take().into_keys().flat_map(|(operation, table)| match operation.as_str() {
        // It has no permission of its own: it needs those of its actions, a put into each table.
        "TransactWriteItems" => {
            [EVENTS, SUPPRESSIONS].map(|table| (table.to_owned(), "dynamodb:PutItem".to_owned())).into()
        }
        operation => vec![(table, format!("dynamodb:{operation}"))],
    });
    actions.collect()
}

#[tokio::test]
async fn its_role_allows_exactly_what_it_calls() {
    let template = Template::read();
    assert_eq!(template.statements("DecideRole").len(), 5);
    assert_records(&template, "DecideRole", &calls_of_the_code().await);
    assert_eq!(template.statement("DecideRole", "Logs")["Resource"], json!({"Fn::GetAtt": ["DecideLogGroup", "Arn"]}));
}
