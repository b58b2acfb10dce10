//! A change of anything that belongs to a version of the function creates a new version, and nothing else does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::{Template, text};

/// Properties that create a version on their own, or belong to none.
const UNVERSIONED: [&str; 6] = [
    "AutoPublishAlias",
    "CodeUri",
    "DeploymentPreference",
    "EventInvokeConfig",
    "ReservedConcurrentExecutions",
    "VersionDescription",
];

/// A value as `Fn::Sub` writes it, or the variable in its place if it cannot.
fn written(value: &Value, variables: &Value) -> String {
    if let Some(items) = value.as_array() {
        return items.iter().map(|item| written(item, variables)).collect::<Vec<_>>().join(" ");
    }
    if let Some(name) = value["Ref"].as_str() {
        return format!("${{{name}}}");
    }
    if let Some(path) = value["Fn::GetAtt"].as_array() {
        return format!("${{{}}}", path.iter().map(text).collect::<Vec<_>>().join("."));
    }
    if let Some(branches) = value["Fn::If"].as_array() {
        if branches[2] == json!({"Ref": "AWS::NoValue"}) {
            return written(&branches[1], variables);
        }
        let (name, _) = variables.as_object().unwrap().iter().find(|(_, meant)| *meant == value).expect("a variable");
        return format!("${{{name}}}");
    }
    text(value)
}

/// One line per property, or per entry of a map.
fn lines(name: &str, value: &Value, variables: &Value, found: &mut BTreeSet<String>) {
    match value.as_object() {
        Some(map) if !map.keys().any(|key| key == "Ref" || key.starts_with("Fn::")) => {
            for (name, value) in map {
                lines(name, value, variables, found);
            }
        }
        _ => assert!(found.insert(format!("{name} {}", written(value, variables))), "{name} is listed twice"),
    }
}

#[test]
fn a_version_consists_of_the_settings() {
    let template = Template::read();
    let content = &template.properties("SettingsVersion")["Content"]["Fn::Sub"];
    let mut expected = BTreeSet::new();
    for (name, value) in template.properties("Function").as_object().unwrap() {
        if !UNVERSIONED.contains(&name.as_str()) {
            lines(name, value, &content[1], &mut expected);
        }
    }
    assert!(expected.len() > 25, "{expected:?}");
    let settings: BTreeSet<_> = content[0].as_str().unwrap().lines().map(str::to_owned).collect();
    assert_eq!(settings, expected);
    assert_eq!(template.properties("Function")["VersionDescription"]["Fn::Sub"], "Settings ${SettingsVersion}");
}

/// AWS may change the hash that `AutoPublishAliasAllProperties` computes of the function.
#[test]
fn no_hash_of_all_properties_names_the_version() {
    let template = Template::read();
    assert!(template.properties("Function")["AutoPublishAliasAllProperties"].is_null());
}
