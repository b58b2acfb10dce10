//! The variables that the template sets are those that the function reads, with the same defaults.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use mail_feedback::config::{ChangesConfig, CheckConfig, Config, KeySource, RecordingConfig, UnsubscribeConfig};
use mail_feedback::intake::webhook::CredentialSource;
use serde_json::Value;

use super::document::Template;

/// The conditions that are true if every parameter has its default.
const BY_DEFAULT: [&str; 1] = ["MakesTables"];

/// The environment if every parameter has its default; values that only AWS has are made up.
fn default_environment(template: &Template, function: &str) -> BTreeMap<String, String> {
    let set = template.properties(function)["Environment"]["Variables"].as_object().unwrap();
    set.iter().map(|(name, value)| (name.clone(), by_default(template, value))).collect()
}

fn by_default(template: &Template, value: &Value) -> String {
    if let Some(branches) = value["Fn::If"].as_array() {
        let holds = BY_DEFAULT.contains(&branches[0].as_str().unwrap());
        return by_default(template, if holds { &branches[1] } else { &branches[2] });
    }
    match value["Ref"].as_str() {
        Some(name) if template.0["Parameters"].get(name).is_some() => template.default(name),
        Some("Topic") => "arn:aws:sns:eu-west-1:123456789012:topic".to_owned(),
        Some(resource) => format!("the-{resource}"),
        None if value.as_str().is_some_and(|path| path.starts_with("/etc/pki/")) => "Cargo.toml".to_owned(),
        None => super::document::text(value),
    }
}

#[test]
fn exactly_what_is_read_is_set() {
    let template = Template::read();
    let environment = default_environment(&template, "Function");
    let read = RefCell::new(BTreeSet::new());
    let config = Config::from_lookup(|name| {
        read.borrow_mut().insert(name.to_owned());
        environment.get(name).cloned()
    });
    config.unwrap();
    let mut read = read.into_inner();
    assert!(read.remove("WEBHOOK_CREDENTIALS"), "for local use: it excludes the secret that the template makes");
    assert_eq!(environment.into_keys().collect::<BTreeSet<_>>(), read);
}

#[test]
fn exactly_what_check_reads_is_set() {
    let environment = default_environment(&Template::read(), "CheckFunction");
    let read = RefCell::new(BTreeSet::new());
    let config = CheckConfig::from_lookup(|name| {
        read.borrow_mut().insert(name.to_owned());
        environment.get(name).cloned()
    });
    assert_eq!(config.unwrap().suppression_table, "the-SuppressionTable");
    assert_eq!(environment.into_keys().collect::<BTreeSet<_>>(), read.into_inner());
}

#[test]
fn exactly_what_changes_reads_is_set() {
    let environment = default_environment(&Template::read(), "ChangesFunction");
    let read = RefCell::new(BTreeSet::new());
    let config = ChangesConfig::from_lookup(|name| {
        read.borrow_mut().insert(name.to_owned());
        environment.get(name).cloned()
    });
    assert_eq!(config.unwrap().bus, "default");
    assert_eq!(environment.into_keys().collect::<BTreeSet<_>>(), read.into_inner());
}

/// Requires the rules and the retention of the function that records reports.
fn assert_records_alike(template: &Template, config: &RecordingConfig) {
    let environment = default_environment(template, "Function");
    let of_reports = Config::from_lookup(|name| environment.get(name).cloned()).unwrap();
    assert_eq!(config.soft_bounces, of_reports.soft_bounces);
    assert_eq!(config.retention.evidence_days, of_reports.retention.evidence_days);
}

#[test]
fn exactly_what_decide_reads_is_set() {
    let template = Template::read();
    let environment = default_environment(&template, "DecideFunction");
    let read = RefCell::new(BTreeSet::new());
    let config = RecordingConfig::from_lookup(|name| {
        read.borrow_mut().insert(name.to_owned());
        environment.get(name).cloned()
    });
    assert_records_alike(&template, &config.unwrap());
    let of_function = default_environment(&template, "Function");
    assert!(environment.iter().all(|(name, value)| of_function[name] == *value));
    assert_eq!(environment.into_keys().collect::<BTreeSet<_>>(), read.into_inner());
}

/// `SenderName` has no default; a rule demands one.
#[test]
fn exactly_what_unsubscribe_reads_is_set() {
    let template = Template::read();
    let mut environment = default_environment(&template, "UnsubscribeFunction");
    assert!(UnsubscribeConfig::from_lookup(|name| environment.get(name).cloned()).is_err());
    environment.insert("SENDER_NAME".to_owned(), "Ann".to_owned());
    let read = RefCell::new(BTreeSet::new());
    let config = UnsubscribeConfig::from_lookup(|name| {
        read.borrow_mut().insert(name.to_owned());
        environment.get(name).cloned()
    });
    let config = config.unwrap();
    assert_records_alike(&template, &config.recording);
    assert!(matches!(config.keys, KeySource::Secret(arn) if arn == "the-UnsubscribeSecret"));
    assert_eq!((config.max_age_days, config.sender_url), (0, None));
    let mut read = read.into_inner();
    assert!(read.remove("UNSUBSCRIBE_KEYS"), "for local use: it excludes the secret that the template makes");
    assert_eq!(environment.into_keys().collect::<BTreeSet<_>>(), read);
}

#[cfg(feature = "view")]
#[test]
fn exactly_what_the_pages_for_support_read_is_set() {
    use mail_feedback::config::{Limits, ViewConfig};
    let template = Template::read();
    let environment = default_environment(&template, "SupportFunction");
    let read = RefCell::new(BTreeSet::new());
    let config = ViewConfig::from_lookup(|name| {
        read.borrow_mut().insert(name.to_owned());
        environment.get(name).cloned()
    });
    let config = config.unwrap();
    assert_records_alike(&template, &config.recording);
    assert!(!config.may_decide, "they only read");
    assert_eq!((config.functions.feedback.as_str(), config.functions.unsubscribe), ("the-Function", None));
    assert_eq!((config.queues.len(), config.limits), (3, Limits::default()));
    assert_eq!(environment.into_keys().collect::<BTreeSet<_>>(), read.into_inner());
}

#[test]
fn defaults_of_the_parameters_are_those_of_the_code() {
    let environment = default_environment(&Template::read(), "Function");
    // The template on the left, the code on the right.
    let deployed = Config::from_lookup(|name| environment.get(name).cloned()).unwrap();
    let tables = ["EVENT_TABLE", "SUPPRESSION_TABLE"];
    let bare = Config::from_lookup(|name| tables.contains(&name).then(|| "table".to_owned())).unwrap();
    assert_eq!(format!("{:?}", deployed.soft_bounces), format!("{:?}", bare.soft_bounces));
    assert_eq!(format!("{:?}", deployed.retention), format!("{:?}", bare.retention));
    assert_eq!(deployed.sns.max_age_seconds, bare.sns.max_age_seconds, "SnsMaxAgeSeconds");
    assert_eq!((deployed.auto_confirm, deployed.sns.sha1), (bare.auto_confirm, bare.sns.sha1));
    assert_eq!(format!("{:?}", deployed.event_bridge), format!("{:?}", bare.event_bridge));
    assert_eq!((deployed.ses, deployed.policy), (bare.ses, bare.policy));
    assert_eq!(deployed.sns.certificates, bare.sns.certificates);
    assert_eq!(deployed.sns.topics.len(), 1);
    assert!(matches!(deployed.webhook, CredentialSource::Secret(_)));
}

/// Earlier stacks have the old values.
#[test]
fn each_value_that_may_be_chosen_for_sha1_is_read() {
    let template = Template::read();
    let allowed = template.0["Parameters"]["SnsAllowSha1"]["AllowedValues"].as_array().unwrap().clone();
    assert_eq!(allowed, ["iam", "all", "none", "true", "false"]);
    for value in allowed {
        let mut environment = default_environment(&template, "Function");
        environment.insert("SNS_ALLOW_SHA1".to_owned(), value.as_str().unwrap().to_owned());
        Config::from_lookup(|name| environment.get(name).cloned()).unwrap();
    }
}

#[test]
fn every_parameter_is_grouped_and_described_and_used() {
    let template = Template::read();
    let only =
        "the Serverless Application Repository does not support AppConfig, so the template has no metadata for it";
    assert_eq!(template.names("Metadata"), ["AWS::CloudFormation::Interface"], "{only}");
    let groups = template.0["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].as_array().unwrap();
    let grouped = groups.iter().flat_map(|group| group["Parameters"].as_array().unwrap());
    let mut grouped: Vec<_> = grouped.map(|name| name.as_str().unwrap()).collect();
    grouped.sort_unstable();
    let mut declared = template.names("Parameters");
    declared.sort_unstable();
    assert_eq!(grouped, declared);
    let mut used = template.0.clone();
    for section in ["Parameters", "Metadata", "Rules"] {
        used.as_object_mut().unwrap().remove(section);
    }
    let used = used.to_string();
    for name in declared {
        let parameter = &template.0["Parameters"][name];
        assert!(parameter["Description"].as_str().is_some_and(|text| text.len() > 15), "{name}");
        assert!(!parameter["Default"].is_null(), "{name}: Enter must suffice");
        assert!(used.contains(&format!("{{\"Ref\":\"{name}\"}}")) || used.contains(&format!("${{{name}}}")), "{name}");
    }
}

/// Otherwise the function of the pages for support would not start with a limit that the template accepts.
#[cfg(feature = "view")]
#[test]
fn every_limit_that_the_template_accepts_is_read_exactly() {
    use mail_feedback::config::ViewConfig;
    let template = Template::read();
    for provider in ["Ses", "Mailjet", "Tencent"] {
        for what in ["Bounce", "Complaint"] {
            let pattern = &template.0["Parameters"][format!("{provider}{what}Limit")]["AllowedPattern"];
            assert_eq!(pattern, "(0|[1-9][0-9]?)([.][0-9]{1,4})?", "{provider} {what}");
            let variable = format!("{}_{}_LIMIT", provider.to_uppercase(), what.to_uppercase());
            for (text, expected) in
                [("0", 0), ("7", 70_000), ("99", 990_000), ("0.0001", 1), ("0.5", 5_000), ("99.9999", 999_999)]
            {
                let mut environment = default_environment(&template, "SupportFunction");
                environment.insert(variable.clone(), text.to_owned());
                let limits = ViewConfig::from_lookup(|name| environment.get(name).cloned()).unwrap().limits;
                let found =
                    limits.of_providers.iter().find(|(known, ..)| known.as_str().eq_ignore_ascii_case(provider));
                let (_, bounces, complaints) = found.unwrap();
                assert_eq!(if what == "Bounce" { bounces } else { complaints }, &expected, "{variable}={text}");
            }
        }
    }
}
