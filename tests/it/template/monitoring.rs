//! Alarms watch what exists.

use std::collections::BTreeSet;
use std::fmt::Write;

use mail_feedback::telemetry::metric_names;
use serde_json::{Value, json};

use super::document::{Template, text};

/// A metric as one word: namespace, name and dimensions.
fn metric(metric: &Value) -> String {
    let dimension = |dimension: &Value| format!("{}={}", text(&dimension["Name"]), reference(&dimension["Value"]));
    let dimensions: Vec<_> = metric["Dimensions"].as_array().into_iter().flatten().map(dimension).collect();
    format!("{}:{}[{}]", reference(&metric["Namespace"]), text(&metric["MetricName"]), dimensions.join(","))
}

/// What a value refers to, or the value itself; of two, the default.
fn reference(value: &Value) -> String {
    if let Some(branches) = value["Fn::If"].as_array() {
        return reference(&branches[1]);
    }
    match (&value["Ref"], &value["Fn::GetAtt"], &value["Fn::Sub"]) {
        (Value::String(name), ..) => name.clone(),
        (_, Value::Array(path), _) => path.iter().map(text).collect::<Vec<_>>().join("."),
        (_, _, Value::String(text)) => text.clone(),
        _ => text(value),
    }
}

/// When an alarm is raised, in one line.
fn condition(alarm: &Value) -> String {
    let sign = match alarm["ComparisonOperator"].as_str().unwrap() {
        "GreaterThanOrEqualToThreshold" => ">=",
        "GreaterThanThreshold" => ">",
        "LessThanThreshold" => "<",
        other => panic!("{other}"),
    };
    let series = match alarm["Metrics"].as_array() {
        None => format!("{} of {} in {} s", text(&alarm["Statistic"]), metric(alarm), alarm["Period"]),
        Some(queries) => {
            let formula = reference(&queries[0]["Expression"]);
            let stats = queries[1..].iter().map(|query| {
                let (query, exists) = match query["Fn::If"].as_array() {
                    Some(branches) => (&branches[1], format!(" (if {})", text(&branches[0]))),
                    None => (query, String::new()),
                };
                let stat = &query["MetricStat"];
                let of = metric(&stat["Metric"]);
                format!("{}{exists} = {} of {of} in {} s", text(&query["Id"]), text(&stat["Stat"]), stat["Period"])
            });
            format!("{formula} where {}", stats.collect::<Vec<_>>().join("; "))
        }
    };
    let periods = match reference(&alarm["EvaluationPeriods"]).as_str() {
        "1" => String::new(),
        periods => format!(" for {periods} periods"),
    };
    format!("{series} {sign} {}{periods}", reference(&alarm["Threshold"]))
}

/// The intended alarms.
const ALARMS: &str = include_str!("alarms.txt");

#[test]
fn every_alarm_goes_off_when_it_should() {
    let template = Template::read();
    let mut lines = String::new();
    for (id, body) in template.resources("AWS::CloudWatch::Alarm") {
        let exists = body["Condition"].as_str().map(|name| format!(" (if {name})")).unwrap_or_default();
        writeln!(lines, "{id}{exists}: {}", condition(&body["Properties"])).unwrap();
    }
    assert!(lines == ALARMS, "tests/it/template/alarms.txt does not match the template:\n{lines}");
}

#[test]
fn every_metric_of_our_own_is_written() {
    let written = metric_names();
    let watched: BTreeSet<_> =
        ALARMS.split("mail-feedback:").skip(1).filter_map(|rest| rest.split('[').next()).collect();
    assert!(watched.len() > 10);
    assert!(watched.iter().all(|name| written.contains(*name)), "{watched:?}");
}

#[test]
fn every_alarm_says_so_when_it_begins_and_ends() {
    for (id, body) in Template::read().resources("AWS::CloudWatch::Alarm") {
        let properties = &body["Properties"];
        let actions = json!([
            {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]},
            {"Fn::If": ["HasAlarmEmail", {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]},
        ]);
        assert_eq!((&properties["AlarmActions"], &properties["OKActions"]), (&actions, &actions), "{id}");
        assert!(text(&properties["AlarmDescription"]).ends_with(&format!("(runbook.md, {id})")), "{id}");
    }
}

#[test]
fn the_limits_of_rates_are_those_of_the_providers() {
    let template = Template::read();
    let limits = [("Ses", "5", "0.1"), ("Mailjet", "8", "0.08"), ("Tencent", "5", "0.1")];
    for (provider, bounces, complaints) in limits {
        assert_eq!(template.default(&format!("{provider}BounceLimit")), bounces, "{provider}");
        assert_eq!(template.default(&format!("{provider}ComplaintLimit")), complaints, "{provider}");
        for kind in ["Bounce", "Complaint"] {
            let threshold = &template.properties(&format!("{provider}{kind}RateAlarm"))["Threshold"];
            assert_eq!(*threshold, json!({"Ref": format!("{provider}{kind}Limit")}));
        }
    }
}

/// API Gateway answers 429 on its own, so only its own log can show it.
#[test]
fn what_the_api_holds_back_is_counted_from_its_log() {
    let template = Template::read();
    let filter = template.properties("HeldBackRequests");
    let stage = &template.properties("HttpApiStage")["AccessLogSettings"];
    assert_eq!(stage["DestinationArn"], json!({"Fn::GetAtt": [filter["LogGroupName"]["Ref"], "Arn"]}));
    let line = stage["Format"].as_str().unwrap().replace("$context.status", "429");
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(filter["FilterPattern"], format!("{{ $.status = {} }}", line["status"]), "the status is a text there");
    let alarm = template.properties("WebhookThrottleAlarm");
    let counted = &filter["MetricTransformations"][0];
    let metric = (&alarm["Namespace"], &alarm["MetricName"], &alarm["Dimensions"]);
    assert_eq!(metric, (&counted["MetricNamespace"], &counted["MetricName"], &counted["Dimensions"]));
    assert_eq!(
        (&counted["DefaultValue"], &counted["Dimensions"]),
        (&json!(0), &Value::Null),
        "CloudWatch accepts one of both"
    );
}

#[test]
fn the_alarms_on_rates_use_the_ids_they_define_and_silence_alone_takes_no_data_for_trouble() {
    let template = Template::read();
    for (id, body) in template.resources("AWS::CloudWatch::Alarm") {
        let properties = &body["Properties"];
        let silent = id.ends_with("SilentAlarm");
        assert_eq!(properties["TreatMissingData"], if silent { "breaching" } else { "notBreaching" }, "{id}");
        let Some(queries) = properties["Metrics"].as_array() else { continue };
        let present = |query: &Value| query.get("Fn::If").map_or(query, |branches| &branches[1]).clone();
        let queries: Vec<_> = queries.iter().map(present).collect();
        let returned: Vec<_> = queries.iter().filter(|query| query["ReturnData"] != false).collect();
        assert_eq!(returned.len(), 1, "{id}: one series decides");
        assert!(queries.len() <= 10, "{id}: CloudWatch accepts ten");
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
fn a_deployment_is_rolled_back_by_alarms_of_the_stack() {
    let template = Template::read();
    let alarms: BTreeSet<_> = template.resources("AWS::CloudWatch::Alarm").into_iter().map(|(id, _)| id).collect();
    for (function, body) in template.resources("AWS::Serverless::Function") {
        let Some(named) = body["Properties"]["DeploymentPreference"]["Alarms"].as_array() else {
            assert!(
                ["ChangesFunction", "DecideFunction", "SupportFunction", "UnsubscribeFunction"].contains(&function),
                "{function} takes over at once"
            );
            continue;
        };
        assert!(!named.is_empty(), "{function}");
        for alarm in named {
            let id = alarm["Ref"].as_str().unwrap();
            assert!(alarms.contains(id), "{id}");
            let watched = &template.properties(id)["Metrics"];
            assert!(watched.to_string().contains(&json!({"Ref": function}).to_string()), "{id} watches {function}");
        }
    }
}
