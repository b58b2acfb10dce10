//! A change of anything that belongs to a version of the function makes a new version, and nothing else does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::{Template, text};

/// Properties that make a version by themselves, or belong to none.
const NOT_OF_A_VERSION: [&str; 6] = [
    "AutoPublishAlias",
    "CodeUri",
    "DeploymentPreference",
    "EventInvokeConfig",
    "ReservedConcurrentExecutions",
    "VersionDescription",
];

/// A value as `Fn::Sub` writes it; where that cannot say it, the variable that stands for it.
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

/// A line for each property, and for each entry of one that is a map.
fn lines(name: &str, value: &Value, variables: &Value, found: &mut BTreeSet<String>) {
    match value.as_object() {
        Some(map) if !map.keys().any(|key| key == "Ref" || key.starts_with("Fn::")) => {
            for (name, value) in map {
                lines(name, value, variables, found);
            }
        }
        _ => assert!(found.insert(format!("{name} {}", written(value, variables))), "{name} stands there twice"),
    }
}

#[test]
fn the_settings_are_what_a_version_is_made_of() {
    let template = Template::read();
    let content = &template.properties("SettingsVersion")["Content"]["Fn::Sub"];
    let mut expected = BTreeSet::new();
    for (name, value) in template.properties("Function").as_object().unwrap() {
        if !NOT_OF_A_VERSION.contains(&name.as_str()) {
            lines(name, value, &content[1], &mut expected);
        }
    }
    assert!(expected.len() > 25, "{expected:?}");
    let settings: BTreeSet<_> = content[0].as_str().unwrap().lines().map(str::to_owned).collect();
    assert_eq!(settings, expected);
    assert_eq!(template.properties("Function")["VersionDescription"]["Fn::Sub"], "Settings ${SettingsVersion}");
}

/// The hash that `AutoPublishAliasAllProperties` makes of the function is AWS's to change.
#[test]
fn no_hash_of_all_properties_names_the_version() {
    let template = Template::read();
    assert!(template.properties("Function")["AutoPublishAliasAllProperties"].is_null());
}
