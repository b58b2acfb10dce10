//! A change of anything that belongs to a version of the function creates a new version, and nothing else does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::{Template, text};

/// Properties that create a version on their own, or belong to none.
const UNVERSIONED: [&str; 8] = [
    "AutoPublishAlias",
    "CodeUri",
    "DeploymentPreference",
    "EventInvokeConfig",
    "FunctionName",
    "ReservedConcurrentExecutions",
    "VersionDeletionPolicy",
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

/// Each function has its own document, because a change of one must not create a new version of another.
#[test]
fn a_version_consists_of_the_settings() {
    let template = Template::read();
    for (function, settings, profile, least) in [
        ("Function", "SettingsVersion", "SettingsProfile", 26),
        ("CheckFunction", "CheckSettingsVersion", "CheckSettingsProfile", 12),
        ("DecideFunction", "DecideSettingsVersion", "DecideSettingsProfile", 16),
        ("UnsubscribeFunction", "UnsubscribeSettingsVersion", "UnsubscribeSettingsProfile", 20),
        ("ChangesFunction", "ChangesSettingsVersion", "ChangesSettingsProfile", 12),
        ("SupportFunction", "SupportSettingsVersion", "SupportSettingsProfile", 28),
    ] {
        let properties = template.properties(settings);
        assert_eq!(properties["ConfigurationProfileId"], json!({"Ref": profile}));
        // Without variables of its own, it is a text alone.
        let content = match &properties["Content"]["Fn::Sub"] {
            text @ Value::String(_) => json!([text, {}]),
            both => both.clone(),
        };
        let mut expected = BTreeSet::new();
        for (name, value) in template.properties(function).as_object().unwrap() {
            if !UNVERSIONED.contains(&name.as_str()) {
                lines(name, value, &content[1], &mut expected);
            }
        }
        assert!(expected.len() >= least, "{expected:?}");
        let written: BTreeSet<_> = content[0].as_str().unwrap().lines().map(str::to_owned).collect();
        assert_eq!(written, expected, "{settings}");
        let description = json!({"Fn::Sub": format!("Settings ${{{settings}}}")});
        assert_eq!(template.properties(function)["VersionDescription"], description);
    }
    assert_eq!(template.resources("AWS::Serverless::Function").len(), 6);
}

/// AWS may change the hash that `AutoPublishAliasAllProperties` computes of the function.
#[test]
fn no_hash_of_all_properties_names_the_version() {
    let template = Template::read();
    for (id, body) in template.resources("AWS::Serverless::Function") {
        assert!(body["Properties"]["AutoPublishAliasAllProperties"].is_null(), "{id}");
    }
}
