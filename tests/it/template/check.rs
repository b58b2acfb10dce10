//! The function that answers senders: the same code, a role that may only read suppressions, and its names for senders.

use std::collections::BTreeSet;

use mail_feedback::functions::Function;
use serde_json::json;
use support::calls::Calls;
use support::database::{Database, SUPPRESSIONS};

use super::document::{Template, text};
use crate::check::{ask, checker};

/// The actions for the cold start and for questions of any size.
async fn calls_of_the_code() -> BTreeSet<String> {
    let (database, calls) = (Database::start().await, Calls::default());
    let config = database.client.config().to_builder().interceptor(calls.clone()).build();
    let checker = checker(aws_sdk_dynamodb::Client::from_conf(config));
    checker.suppressions.warm_up().await;
    for addresses in [json!(["a@example.com"]), json!(["a@example.com", "b@example.com"])] {
        ask(&checker, &json!({"addresses": addresses})).await.unwrap();
    }
    let seen = calls.take().into_keys().map(|(operation, table)| {
        assert_eq!(table, SUPPRESSIONS);
        format!("dynamodb:{operation}")
    });
    seen.collect()
}

#[tokio::test]
async fn its_role_can_only_read_suppressions() {
    let template = Template::read();
    let statements = template.statements("CheckRole");
    let names: Vec<_> = statements.iter().map(|(sid, _)| sid.as_str()).collect();
    assert_eq!(names, ["Suppressions", "TableKey", "Logs", "Traces"]);
    let (reads, key, logs) = (&statements[0].1, &statements[1].1, &statements[2].1);
    let existing = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingSuppressionTable}";
    let table = json!({"Fn::If": ["MakesTables", {"Fn::GetAtt": ["SuppressionTable", "Arn"]}, {"Fn::Sub": existing}]});
    assert_eq!(reads["Resource"], table);
    let actions: BTreeSet<_> = reads["Action"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(calls_of_the_code().await, actions);
    assert_eq!((&key["Action"], &key["Resource"]), (&json!("kms:Decrypt"), &json!({"Ref": "KmsKeyArn"})));
    assert_eq!(logs["Resource"], json!({"Fn::GetAtt": ["CheckLogGroup", "Arn"]}));
    assert_eq!(logs["Action"], json!(["logs:CreateLogStream", "logs:PutLogEvents"]));
    let of_function = template.properties("FunctionRole")["Policies"][0]["PolicyDocument"].to_string();
    assert!(
        of_function.contains(&statements[3].1.to_string()),
        "the other function has the same permission for traces"
    );
}

#[test]
fn it_is_the_same_code_under_another_handler() {
    let template = Template::read();
    let (function, check) = (template.properties("Function"), template.properties("CheckFunction"));
    for property in ["CodeUri", "Runtime", "Architectures", "MemorySize", "Tracing", "AutoPublishAlias"] {
        assert_eq!(function[property], check[property], "{property}");
    }
    let metadata = |id: &str| template.0["Resources"][id]["Metadata"].clone();
    assert_eq!(metadata("Function"), metadata("CheckFunction"), "SAM builds functions with equal metadata once");
    assert_eq!(Function::named(check["Handler"].as_str()), Ok(Function::Check));
    assert_eq!(Function::named(function["Handler"].as_str()), Ok(Function::Feedback));
    assert_eq!(check["Role"], json!({"Fn::GetAtt": ["CheckRole", "Arn"]}));
    assert!(check["EventInvokeConfig"].is_null() && check["Events"].is_null(), "invocations are synchronous");
    assert_eq!(check["VersionDeletionPolicy"], "Delete");
    assert_eq!(template.default("CheckReservedConcurrency"), "", "new accounts have 10 in total");
    let permissions = template.resources("AWS::Lambda::Permission");
    assert!(permissions.iter().all(|(_, body)| !body.to_string().contains("CheckFunction")), "only IAM admits callers");
}

#[test]
fn senders_find_it_by_name_and_in_other_stacks() {
    let template = Template::read();
    let outputs = &template.0["Outputs"];
    assert_eq!(outputs["CheckFunctionName"]["Value"], json!({"Fn::Sub": "${CheckFunction}:live"}));
    let alias = json!({"Ref": "CheckFunction.Alias"});
    assert_eq!(outputs["CheckFunctionArn"]["Value"], alias);
    let parameter = template.properties("CheckFunctionParameter");
    assert_eq!(parameter["Name"], json!({"Fn::Sub": "/${AWS::StackName}/check-function"}));
    assert_eq!((&parameter["Type"], &parameter["Value"]), (&json!("String"), &alias));
}
