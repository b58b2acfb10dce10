//! Change events: off by default, a mapping that loses nothing in silence, and a role for stream and bus alone.

use serde_json::{Value, json};

use super::document::Template;

/// What may name parts that exist only with change events, under the same condition.
const LOSSES: &str = "LossAlarm";

#[test]
fn the_default_stack_has_nothing_of_it() {
    let template = Template::read();
    assert_eq!(template.default("ChangeEvents"), "false");
    assert_eq!(template.0["Conditions"]["HasChanges"], json!({"Fn::Equals": [{"Ref": "ChangeEvents"}, "true"]}));
    let mut found = 0;
    for section in ["Resources", "Outputs"] {
        for (id, body) in template.0[section].as_object().unwrap() {
            let is_of_it = id.starts_with("Changes");
            assert_eq!(body["Condition"] == "HasChanges", is_of_it, "{id}");
            let body = body.to_string();
            assert!(is_of_it || id == LOSSES || !body.contains("\"Changes"), "{id} refers to it");
            found += usize::from(is_of_it);
        }
    }
    assert_eq!(found, 12);
    let losses = template.properties(LOSSES)["Metrics"].as_array().unwrap();
    let of_changes = losses.iter().filter(|query| query.to_string().contains("\"Changes"));
    assert!(of_changes.clone().all(|query| query["Fn::If"][0] == "HasChanges"));
    assert_eq!(of_changes.count(), 1, "what could not even be written to the queue");
}

/// What each setting means: <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html>.
#[test]
fn the_mapping_repeats_from_the_first_failure_for_six_hours() {
    let template = Template::read();
    let stream = json!({"Fn::If": ["MakesTables", {"Fn::GetAtt": ["SuppressionTable", "StreamArn"]},
        {"Fn::Sub": "${ExistingSuppressionStreamArn}"}]});
    let expected = json!({
        "FunctionName": {"Ref": "ChangesFunction.Alias"},
        "EventSourceArn": stream,
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 1,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": true,
        "MaximumRecordAgeInSeconds": 6 * 3_600,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["ChangesFailedQueue", "Arn"]}}},
    });
    assert_eq!(*template.properties("ChangesMapping"), expected);
    let view = &template.properties("SuppressionTable")["StreamSpecification"]["StreamViewType"];
    assert_eq!(view, "NEW_AND_OLD_IMAGES", "without both, nothing can be compared");
}

#[test]
fn its_role_reads_the_stream_and_puts_events_onto_that_bus() {
    let template = Template::read();
    let statements = template.statements("ChangesRole");
    let names: Vec<_> = statements.iter().map(|(sid, _)| sid.as_str()).collect();
    assert_eq!(names, ["Bus", "Stream", "Streams", "TableKey", "FailedChanges", "QueueKey", "Logs", "Traces"]);
    let of = |sid: &str| template.statement("ChangesRole", sid);
    let bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${ChangeEventBus}";
    assert_eq!((&of("Bus")["Action"], &of("Bus")["Resource"]), (&json!("events:PutEvents"), &json!({"Fn::Sub": bus})));
    assert_eq!(of("Stream")["Resource"], template.properties("ChangesMapping")["EventSourceArn"]);
    let reads = json!(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]);
    assert_eq!(of("Stream")["Action"], reads);
    assert_eq!(of("Streams")["Action"], "dynamodb:ListStreams");
    assert_eq!(of("TableKey"), template.statement("CheckRole", "TableKey"), "reading is enough");
    assert_eq!(of("FailedChanges")["Resource"], json!({"Fn::GetAtt": ["ChangesFailedQueue", "Arn"]}));
    for sid in ["QueueKey", "Traces"] {
        assert_eq!(of(sid), template.statement("FunctionRole", sid), "{sid}");
    }
    assert_eq!(of("Logs")["Resource"], json!({"Fn::GetAtt": ["ChangesLogGroup", "Arn"]}));
    let pattern = template.0["Parameters"]["ChangeEventBus"]["AllowedPattern"].as_str().unwrap();
    assert!(!pattern.contains('*') && !pattern.contains('/'), "a name cannot widen the resource");
}

/// With the features that Cargo.toml gives cargo-lambda for it, since SAM passes none.
#[test]
fn its_binary_is_one_of_its_own() {
    let template = Template::read();
    let metadata = |id: &str| template.0["Resources"][id]["Metadata"].clone();
    assert_ne!(metadata("Function"), metadata("ChangesFunction"));
    let binary = metadata("ChangesFunction")["BuildProperties"]["Binary"].as_str().unwrap().to_owned();
    assert_eq!(binary, "mail-feedback-changes");
    let manifest = include_str!("../../../Cargo.toml");
    let of_it = format!("[package.metadata.lambda.bin.{binary}.build]\nfeatures = [\"changes\"]\n");
    assert!(manifest.contains(&of_it), "cargo-lambda must know the feature of {binary}");
    assert!(manifest.contains(&format!("name = \"{binary}\"\nrequired-features = [\"changes\"]\n")));
    assert_eq!(template.properties("ChangesFunction")["Handler"], "changes");
}

/// Every binary that the template names is built, packed and compared.
#[test]
fn the_scripts_know_each_binary() {
    let template = Template::read();
    let list: Vec<Vec<&str>> = include_str!("../../../.ci/binaries")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(' ').collect())
        .collect();
    for (id, body) in template.resources("AWS::Serverless::Function") {
        let binary = body["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
        assert!(list.iter().any(|row| row[0] == binary), "{id}: .ci/binaries lacks {binary}");
    }
    for row in list {
        let binary = &template.0["Resources"][row[1]]["Metadata"]["BuildProperties"]["Binary"];
        assert_eq!(binary, row[0], "{row:?}");
    }
}

#[test]
fn paused_sending_is_told_to_those_who_get_the_alarms() {
    let template = Template::read();
    let rule = &template.0["Resources"]["SendingPausedRule"];
    assert_eq!(rule["Condition"], "HasAlarmReceiver");
    let either = json!({"Fn::Or": [{"Condition": "HasAlarmEmail"}, {"Condition": "HasAlarmTopic"}]});
    assert_eq!(template.0["Conditions"]["HasAlarmReceiver"], either);
    // https://docs.aws.amazon.com/ses/latest/dg/tenants.html
    let pattern = json!({"source": ["aws.ses"], "account": [{"Ref": "AWS::AccountId"}],
        "detail-type": ["Sending Status Disabled", "Sending Status Enabled"]});
    assert_eq!(rule["Properties"]["EventPattern"], pattern);
    let target = |condition: &str, id: &str, topic: &str| json!({"Fn::If": [condition, {"Id": id, "Arn": {"Ref": topic}}, {"Ref": "AWS::NoValue"}]});
    let both = [target("HasAlarmTopic", "topic", "AlarmTopicArn"), target("HasAlarmEmail", "email", "AlarmTopic")];
    assert_eq!(rule["Properties"]["Targets"], Value::from(both.to_vec()));
}
