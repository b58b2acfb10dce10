//! What a customer managed key encrypts, and which parameter turns it on.

use std::path::Path;

use serde_json::{Value, json};

use super::document::Template;

/// A property that exists only under a condition.
fn by(condition: &str, value: &Value) -> Value {
    json!({"Fn::If": [condition, value, {"Ref": "AWS::NoValue"}]})
}

#[test]
fn topic_and_queues_have_the_key_by_a_switch_of_their_own() {
    let template = Template::read();
    let key = by("HasKeyForMessages", &json!({"Ref": "KmsKeyArn"}));
    assert_eq!(template.properties("Topic")["KmsMasterKeyId"], key);
    let queues = template.resources("AWS::SQS::Queue");
    assert_eq!(queues.len(), 5);
    for (id, body) in queues {
        assert_eq!(body["Properties"]["KmsMasterKeyId"], key, "{id}");
        let own = json!({"Fn::If": ["HasKeyForMessages", {"Ref": "AWS::NoValue"}, true]});
        assert_eq!(body["Properties"]["SqsManagedSseEnabled"], own, "{id}: SQS accepts one of both");
    }
}

/// A stack with a key for its tables gets no other encryption by an upgrade: the key policy may not admit SES.
#[test]
fn a_key_for_the_tables_alone_leaves_messages_as_they_are() {
    let template = Template::read();
    assert_eq!(template.default("KmsForMessages"), "false");
    let condition = json!({"Fn::Equals": [{"Ref": "KmsForMessages"}, "true"]});
    let both = json!({"Fn::And": [{"Condition": "HasKey"}, condition]});
    assert_eq!(template.0["Conditions"]["HasKeyForMessages"], both);
    let rule = &template.0["Rules"]["MessagesHaveKey"];
    assert_eq!(rule["RuleCondition"], condition);
    assert_eq!(rule["Assertions"][0]["Assert"], json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "KmsKeyArn"}, ""]}]}));
    for table in ["EventTable", "SuppressionTable"] {
        let key = json!({"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "KmsKeyArn"}});
        assert_eq!(template.properties(table)["SSESpecification"], by("HasKey", &key), "{table}");
    }
}

/// Everyone who publishes to the topic or fills a queue is in the policy on the page, SES for this account only.
#[test]
fn the_page_has_a_policy_for_the_key() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/elsewhere.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("### Encrypt topic and queues, too").expect("a section on it");
    let json = section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the statements");
    let statements: Value = serde_json::from_str(json).unwrap();
    let allowed = |service: &str| {
        let mut found = statements.as_array().unwrap().iter().filter(|statement| {
            let named = &statement["Principal"]["Service"];
            named == service || named.as_array().is_some_and(|all| all.contains(&service.into()))
        });
        let statement = found.next().unwrap_or_else(|| panic!("nothing lets {service} in"));
        assert_eq!(statement["Action"], json!(["kms:GenerateDataKey*", "kms:Decrypt"]), "{service}");
        statement["Condition"].clone()
    };
    assert!(allowed("ses.amazonaws.com")["StringEquals"]["aws:SourceAccount"].is_string());
    for queue in ["sns.amazonaws.com", "events.amazonaws.com"] {
        assert_eq!(allowed(queue), Value::Null, "no documented condition");
    }
}
