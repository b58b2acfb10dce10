//! The dashboard shows everything there is and nothing else, and the guide's page shows the dashboard.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use mail_feedback::api::Flaw;
use mail_feedback::error::Error;
use mail_feedback::event::Reason;
use mail_feedback::telemetry::{CheckOutcome, metric_names};
use serde_json::{Value, json};
use support::samples;

use super::document::Template;

/// The widgets, with unresolved references.
fn widgets(template: &Template) -> Vec<Value> {
    let body = template.properties("Dashboard")["DashboardBody"]["Fn::Sub"][0].as_str().unwrap().to_owned();
    // A parameter in place of a number is a number only once it has its value.
    let number =
        |body: String, name: &str| body.replace(&format!(":${{{name}}}"), &format!(":{}", template.default(name)));
    let body = template.names("Parameters").into_iter().fold(body, number);
    let body: Value = serde_json::from_str(&body).expect("the dashboard is JSON");
    body["widgets"].as_array().unwrap().clone()
}

/// The metrics of a widget without abbreviations: namespace, name, and the rest.
fn metrics(widget: &Value) -> Vec<(String, String, Vec<Value>)> {
    let all = widget["properties"]["metrics"].as_array().cloned().unwrap_or_default();
    let named = all.into_iter().filter(|metric| metric[0].is_string());
    named
        .map(|metric| {
            let parts = metric.as_array().unwrap();
            let text = |place: usize| parts[place].as_str().unwrap().to_owned();
            (text(0), text(1), parts[2..].to_vec())
        })
        .collect()
}

#[test]
fn every_metric_on_it_is_written_under_these_dimensions() {
    let template = Template::read();
    let written = metric_names();
    let tables = json!({
        "Events": {"Fn::If": ["MakesTables", {"Ref": "EventTable"}, {"Ref": "ExistingEventTable"}]},
        "Suppressions": {"Fn::If": ["MakesTables", {"Ref": "SuppressionTable"}, {"Ref": "ExistingSuppressionTable"}]},
        "Intake": template.properties("IntakeQueue")["QueueName"],
    });
    assert_eq!(template.properties("Dashboard")["DashboardBody"]["Fn::Sub"][1], tables);
    for widget in widgets(&template) {
        let title = widget["properties"]["title"].as_str().unwrap();
        for (namespace, name, rest) in metrics(&widget) {
            if namespace == "mail-feedback" {
                assert!(written.contains(&name), "{title}: the function writes no metric {name}");
                let of_check = title.contains("to senders") || title.contains("without an answer");
                let function = if of_check { "${CheckFunction}" } else { "${Function}" };
                assert_eq!((&rest[0], &rest[1]), (&"function".into(), &function.into()), "{title}");
            } else if namespace.starts_with("mail-feedback/") {
                let counted = &template.properties("HeldBackRequests")["MetricTransformations"][0];
                let known = (&counted["MetricNamespace"]["Fn::Sub"], &counted["MetricName"]);
                assert_eq!(known, (&namespace.into(), &name.into()), "{title}");
            } else {
                assert!(namespace.starts_with("AWS/"), "{title}: {namespace}");
                let resource = rest[1].as_str().unwrap().trim_start_matches("${").trim_end_matches('}');
                let resource = resource.split('.').next().unwrap();
                let known = template.0["Resources"].get(resource).or_else(|| tables.get(resource));
                assert!(known.is_some(), "{title}: no resource {resource}");
            }
        }
    }
}

#[test]
fn it_shows_every_kind_that_occurs_every_reason_and_every_cause() {
    let shown: BTreeSet<_> = widgets(&Template::read()).iter().flat_map(metrics).map(|(_, name, _)| name).collect();
    for sample in samples::all() {
        let provider = sample.name.split('/').next().unwrap();
        for event in &sample.expected.events {
            let name = format!("events.{provider}.{}", event.kind);
            assert!(shown.contains(&name), "{}: {name}", sample.name);
        }
    }
    for reason in Reason::ALL.iter().filter(|reason| **reason != Reason::Manual) {
        assert!(shown.contains(&format!("suppressions.{reason}")), "{reason}");
    }
    for label in Error::labels().chain(Flaw::LABELS) {
        assert!(shown.contains(&format!("rejected.{label}")), "{label}");
    }
    for outcome in CheckOutcome::ALL {
        assert!(shown.contains(&format!("checks.{outcome}")), "{outcome}");
    }
}

#[test]
fn it_lists_the_alarms_and_its_widgets_lie_side_by_side() {
    let template = Template::read();
    let widgets = widgets(&template);
    let listed: BTreeSet<_> =
        widgets[0]["properties"]["alarms"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let always =
        template.resources("AWS::CloudWatch::Alarm").into_iter().filter(|(_, body)| body["Condition"].is_null());
    let expected: BTreeSet<_> = always.map(|(id, _)| format!("\"${{{id}.Arn}}\"")).collect();
    assert_eq!(listed, expected, "a dashboard must not name an alarm that a condition leaves out");
    let mut taken = BTreeSet::new();
    for widget in &widgets {
        let number = |name: &str| widget[name].as_u64().unwrap();
        for x in number("x")..number("x") + number("width") {
            assert!(x < 24, "{}", widget["properties"]["title"]);
            for y in number("y")..number("y") + number("height") {
                assert!(taken.insert((x, y)), "{}", widget["properties"]["title"]);
            }
        }
    }
}

/// The dashboard as text: its rows, and what each widget draws.
fn rendering(widgets: &[Value]) -> String {
    let mut text = String::new();
    let mut row = None;
    for widget in widgets {
        let properties = &widget["properties"];
        if row != Some(&widget["y"]) {
            row = Some(&widget["y"]);
            writeln!(text, "{}", "-".repeat(96)).unwrap();
        }
        let (x, width) = (widget["x"].as_u64().unwrap(), widget["width"].as_u64().unwrap());
        let place = match (x, width) {
            (0, 24) => "whole row",
            (0, 12) => "left half",
            (12, 12) => "right half",
            (0, _) => "left",
            (8, _) => "middle",
            _ => "right",
        };
        let form = match (widget["type"].as_str().unwrap(), properties["stacked"].as_bool()) {
            ("alarm", _) => "one field per alarm".to_owned(),
            (_, Some(true)) => format!("stacked areas, {}", every(properties)),
            _ => format!("lines, {}", every(properties)),
        };
        writeln!(text, "[{place}] {} ({form})", properties["title"].as_str().unwrap()).unwrap();
        for line in wrapped(&rendered(properties), 92) {
            writeln!(text, "    {line}").unwrap();
        }
    }
    text
}

fn every(properties: &Value) -> String {
    match properties["period"].as_u64() {
        Some(300) => "5 minutes per point".to_owned(),
        Some(3_600) => "one hour per point".to_owned(),
        Some(86_400) => "one day per point".to_owned(),
        other => panic!("a period of {other:?} seconds"),
    }
}

/// What a widget draws, by label if there is one.
fn rendered(properties: &Value) -> Vec<String> {
    if let Some(alarms) = properties["alarms"].as_array() {
        let name =
            |alarm: &Value| alarm.as_str().unwrap().trim_start_matches("${").trim_end_matches(".Arn}").to_owned();
        return alarms.iter().map(name).collect();
    }
    let mut lines = Vec::new();
    for metric in properties["metrics"].as_array().unwrap() {
        let parts = metric.as_array().unwrap();
        let options = parts.last().unwrap();
        if options["visible"] == false {
            continue;
        }
        let name = parts.get(1).and_then(Value::as_str);
        lines.push(options["label"].as_str().or(name).unwrap().to_owned());
    }
    let limits = properties["annotations"]["horizontal"].as_array().cloned().unwrap_or_default();
    lines.extend(limits.iter().map(|limit| format!("limit {} ({})", limit["value"], limit["label"].as_str().unwrap())));
    lines
}

fn wrapped(words: &[String], width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (place, word) in words.iter().enumerate() {
        let word = if place + 1 < words.len() { format!("{word} · ") } else { word.clone() };
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && line.chars().count() + word.trim_end().chars().count() > width {
            lines.push(word);
        } else {
            line.push_str(&word);
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn the_guide_shows_it_as_it_is() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/dashboard.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rendering = rendering(&widgets(&Template::read()));
    assert!(page.contains(&rendering), "src/guide/dashboard.md must contain this:\n{rendering}");
}
