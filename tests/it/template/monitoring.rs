//! Alarms watch what exists.

use std::collections::BTreeSet;

use mail_feedback::telemetry::metric_names;
use serde_json::{Value, json};

use super::document::Template;

/// A metric as the template names it: namespace, name, dimensions.
fn metrics(alarm: &Value) -> Vec<(String, String, Value)> {
    let read = |metric: &Value| {
        let text = |name: &str| metric[name].as_str().unwrap().to_owned();
        (text("Namespace"), text("MetricName"), metric["Dimensions"].clone())
    };
    match alarm["Metrics"].as_array() {
        Some(queries) => queries.iter().filter_map(|query| query["MetricStat"].get("Metric")).map(read).collect(),
        None => vec![read(alarm)],
    }
}

#[test]
fn every_alarm_watches_a_metric_that_is_written_under_these_dimensions() {
    let template = Template::read();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    assert_eq!(alarms.len(), 20);
    let written = metric_names();
    for (id, body) in alarms {
        let properties = &body["Properties"];
        let watched = metrics(properties);
        assert!(!watched.is_empty(), "{id}");
        for (namespace, name, dimensions) in watched {
            let expected = match namespace.as_str() {
                "mail-feedback" => {
                    assert!(written.contains(&name), "{id}: the function writes no metric {name}");
                    json!([{"Name": "function", "Value": {"Ref": "Function"}}])
                }
                "AWS/Lambda" if id == "DeploymentAlarm" => json!([
                    {"Name": "FunctionName", "Value": {"Ref": "Function"}},
                    {"Name": "Resource", "Value": {"Fn::Sub": "${Function}:live"}},
                    {"Name": "ExecutedVersion", "Value": {"Fn::GetAtt": ["Function", "Version.Version"]}},
                ]),
                "AWS/Lambda" => json!([{"Name": "FunctionName", "Value": {"Ref": "Function"}}]),
                "AWS/ApiGateway" => json!([{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]),
                "AWS/SQS" | "AWS/DynamoDB" | "AWS/ApplicationELB" => {
                    assert!(!dimensions[0]["Value"].is_string(), "{id}: a resource of the stack");
                    dimensions.clone()
                }
                other => panic!("{id}: an unknown namespace {other}"),
            };
            assert_eq!(dimensions, expected, "{id}");
        }
        let actions = json!([
            {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]},
            {"Fn::If": ["HasAlarmEmail", {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]},
        ]);
        assert_eq!((&properties["AlarmActions"], &properties["OKActions"]), (&actions, &actions), "{id}");
        assert!(properties["AlarmDescription"].is_string(), "{id}");
    }
}

#[test]
fn the_alarms_on_rates_use_the_ids_they_define_and_silence_alone_takes_no_data_for_trouble() {
    let template = Template::read();
    for (id, body) in template.resources("AWS::CloudWatch::Alarm") {
        let properties = &body["Properties"];
        let silent = id.ends_with("SilentAlarm");
        assert_eq!(properties["TreatMissingData"], if silent { "breaching" } else { "notBreaching" }, "{id}");
        let Some(queries) = properties["Metrics"].as_array() else { continue };
        let returned: Vec<_> = queries.iter().filter(|query| query["ReturnData"] != false).collect();
        assert_eq!(returned.len(), 1, "{id}: one series decides");
        assert!(queries.len() <= 10, "{id}: CloudWatch takes ten");
        let formula = returned[0]["Expression"].to_string();
        if formula.contains("METRICS()") {
            continue;
        }
        for query in queries.iter().filter(|query| query["ReturnData"] == false) {
            assert!(formula.contains(query["Id"].as_str().unwrap()), "{id}: {} is not used", query["Id"]);
        }
    }
}

#[test]
fn a_deployment_is_taken_back_by_alarms_of_the_stack() {
    let template = Template::read();
    let alarms: BTreeSet<_> = template.resources("AWS::CloudWatch::Alarm").into_iter().map(|(id, _)| id).collect();
    let named = template.properties("Function")["DeploymentPreference"]["Alarms"].as_array().unwrap();
    assert!(!named.is_empty());
    assert!(named.iter().all(|alarm| alarms.contains(alarm["Ref"].as_str().unwrap())));
}
