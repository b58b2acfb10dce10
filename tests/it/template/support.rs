//! The pages for support: off by default, with a role that can only read unless they may decide.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use mail_feedback::api::Action;
use serde_json::{Value, json};
use support::database::{Database, EVENTS, SUPPRESSIONS};
use support::metrics_api::MetricsApi;
use support::proxy::{Reply, Request};

use super::document::{Template, text};
use crate::view::world::{World, actions, request, story, values, viewer};

#[test]
fn the_default_stack_has_nothing_of_it() {
    let template = Template::read();
    for (parameter, condition) in [("SupportView", "HasSupportView"), ("SupportMayDecide", "SupportDecides")] {
        assert_eq!(template.default(parameter), "false");
        assert_eq!(template.0["Conditions"][condition], json!({"Fn::Equals": [{"Ref": parameter}, "true"]}));
    }
    let mut found = 0;
    for section in ["Resources", "Outputs"] {
        for (id, body) in template.0[section].as_object().unwrap() {
            let is_of_it = id.starts_with("Support");
            assert_eq!(body["Condition"] == "HasSupportView", is_of_it, "{id}");
            // The one metric that it needs is counted only with it.
            let body = body.to_string().replace(r#"{"Ref":"SupportView"}"#, "").replace("${SupportView}", "");
            assert!(is_of_it || !body.contains("\"Support") && !body.contains("${Support"), "{id} refers to it");
            found += usize::from(is_of_it);
        }
    }
    assert_eq!(found, 11);
    assert_eq!(
        template.properties("Function")["Environment"]["Variables"]["COUNT_CAUSES"],
        json!({"Ref": "SupportView"})
    );
}

#[test]
fn it_is_a_binary_of_its_own() {
    let template = Template::read();
    let metadata = &template.0["Resources"]["SupportFunction"]["Metadata"];
    assert_eq!(metadata["BuildProperties"], json!({"Binary": "mail-feedback-view"}));
    let manifest = include_str!("../../../Cargo.toml");
    assert!(manifest.contains("[package.metadata.lambda.bin.mail-feedback-view.build]\nfeatures = [\"view\"]\n"));
    assert_eq!(template.properties("SupportFunction")["Handler"], "view");
    let permissions = template.resources("AWS::Lambda::Permission");
    assert!(permissions.iter().all(|(_, body)| !body.to_string().contains("Support")), "only IAM admits callers");
}

/// What a request does to which table or index.
fn action(request: &Request) -> Vec<(String, String)> {
    let Request { operation, body, .. } = request;
    let of = |table: &Value| match body["IndexName"].as_str() {
        Some(index) => format!("{}/index/{index}", text(table)),
        None => text(table),
    };
    match operation.as_str() {
        // It has no permission of its own: it needs those of its actions.
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().unwrap();
            items.iter().map(|item| ("PutItem".to_owned(), of(&item["Put"]["TableName"]))).collect()
        }
        "BatchGetItem" => {
            body["RequestItems"].as_object().unwrap().keys().map(|table| (operation.clone(), table.clone())).collect()
        }
        _ => vec![(operation.clone(), of(&body["TableName"]))],
    }
}

/// The actions on each table for the cold start, for every question, and for a decision.
async fn calls_of_the_code(may_decide: bool) -> BTreeSet<(String, String)> {
    let world = World::with(MetricsApi::start(values).await, may_decide).await;
    world.record(&story()).await;
    let calls = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&calls);
    let watched = world.database.behind(move |request| {
        seen.lock().unwrap().extend(action(request));
        Reply::Database
    });
    let database: Database = watched.await;
    let world = World { viewer: viewer(&database, &world.metrics, may_decide), ..world };
    world.viewer.responder.open_connection().await;
    for fields in [
        json!({"page": "address", "address": "jane@example.com"}),
        json!({"page": "message", "id": "0100017e5d6f2b3c-1a2b3c4d-000000"}),
        json!({"page": "overview"}),
        json!({"page": "failures"}),
    ] {
        world.html(fields).await;
    }
    for action in Action::ALL {
        let fields = json!({"page": "decide", "step": "review", "action": action.as_str(), "address": "jane@example.com",
            "reason": "complaint", "scope": "*", "actor": "ann"});
        let review = world.serve(&request(fields, &json!({}))).await;
        let write = actions(review.as_str().unwrap()).into_iter().find(|action| action["step"] == "write");
        assert_eq!(write.is_some(), may_decide);
        if let Some(write) = write {
            world.serve(&request(write, &json!({}))).await;
        }
    }
    calls.lock().unwrap().clone()
}

/// The actions that a statement of the role allows, on tables of the tests.
fn allowed(template: &Template, sid: &str, tables: &[&str]) -> BTreeSet<(String, String)> {
    let statement = template.statement("SupportRole", sid);
    let actions: Vec<String> = match &statement["Action"] {
        Value::Array(actions) => actions.iter().map(text).collect(),
        action => vec![text(action)],
    };
    let pairs = actions.iter().flat_map(|action| {
        tables.iter().map(move |table| (action.trim_start_matches("dynamodb:").to_owned(), (*table).to_owned()))
    });
    pairs.collect()
}

#[tokio::test]
async fn its_role_allows_exactly_what_it_calls() {
    let template = Template::read();
    let names: Vec<_> = template.statements("SupportRole").into_iter().map(|(sid, _)| sid).collect();
    assert_eq!(
        names,
        ["Events", "Messages", "Suppressions", "Decisions", "Metrics", "TableKey", "DecisionKey", "Logs", "Traces"]
    );
    let index = format!("{EVENTS}/index/by-message");
    let reads = [("Events", EVENTS), ("Messages", index.as_str()), ("Suppressions", SUPPRESSIONS)];
    let mut expected: BTreeSet<_> = reads.iter().flat_map(|(sid, table)| allowed(&template, sid, &[table])).collect();
    assert_eq!(calls_of_the_code(false).await, expected, "without the right to decide");
    expected.extend(allowed(&template, "Decisions", &[EVENTS, SUPPRESSIONS]));
    assert_eq!(calls_of_the_code(true).await, expected);
    for sid in ["Events", "Suppressions"] {
        let of_function = template.statement("FunctionRole", sid);
        assert_eq!(template.statement("SupportRole", sid)["Resource"], of_function["Resource"], "{sid}");
    }
    let policy = &template.properties("SupportRole")["Policies"][0]["PolicyDocument"]["Statement"];
    let decisions = policy.as_array().unwrap().iter().find(|one| one["Fn::If"][1]["Sid"] == "Decisions").unwrap();
    assert_eq!(decisions["Fn::If"][0], "SupportDecides");
    let (read, write) =
        (template.statement("SupportRole", "TableKey"), template.statement("SupportRole", "DecisionKey"));
    assert_eq!(read["Action"], "kms:Decrypt");
    let both: BTreeSet<_> = write["Action"].as_array().unwrap().iter().chain([&read["Action"]]).map(text).collect();
    let of_function = template.statement("FunctionRole", "TableKey");
    assert_eq!(both, of_function["Action"].as_array().unwrap().iter().map(text).collect());
    for key in [read, write] {
        assert_eq!((&key["Resource"], &key["Condition"]), (&of_function["Resource"], &of_function["Condition"]));
    }
    assert_eq!(template.statement("SupportRole", "Metrics")["Action"], "cloudwatch:GetMetricData");
    assert_eq!(
        template.statement("SupportRole", "Logs")["Resource"],
        json!({"Fn::GetAtt": ["SupportLogGroup", "Arn"]})
    );
    let _: Client = Database::start().await.client;
}

#[test]
fn its_dashboard_has_one_widget_that_no_refresh_resets() {
    let template = Template::read();
    let body = &template.properties("SupportDashboard")["DashboardBody"]["Fn::Sub"];
    assert_eq!(body[1]["Endpoint"], json!({"Ref": "SupportFunction.Alias"}));
    let body: Value = serde_json::from_str(body[0].as_str().unwrap()).unwrap();
    let [widget] = body["widgets"].as_array().unwrap().as_slice() else { panic!("one widget: {body}") };
    assert_eq!((&widget["type"], &widget["properties"]["endpoint"]), (&json!("custom"), &json!("${Endpoint}")));
    assert_eq!(widget["properties"]["params"], json!({"page": "address"}));
    assert_eq!(widget["properties"]["updateOn"], json!({"refresh": false, "resize": false, "timeRange": false}));
}
