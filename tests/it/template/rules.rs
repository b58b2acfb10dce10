//! Rules of the template, which refuse parameters before anything is changed.

use serde_json::Value;

use super::document::Template;

/// Whether a condition is true with these parameters; the others are empty.
fn is_true(condition: &Value, given: &[&str]) -> bool {
    let parts = |name: &str| condition[name].as_array();
    if let Some(all) = parts("Fn::And") {
        return all.iter().all(|part| is_true(part, given));
    }
    if let Some(any) = parts("Fn::Or") {
        return any.iter().any(|part| is_true(part, given));
    }
    if let Some(not) = parts("Fn::Not") {
        return !is_true(&not[0], given);
    }
    let equal = parts("Fn::Equals").unwrap_or_else(|| panic!("the template has {condition}"));
    assert_eq!(equal[1], "", "a comparison with nothing");
    !given.contains(&equal[0]["Ref"].as_str().unwrap())
}

/// Whether a rule accepts these parameters.
fn admits(rule: &str, given: &[&str]) -> bool {
    let rule = &Template::read().0["Rules"][rule];
    let applies = rule.get("RuleCondition").is_none_or(|condition| is_true(condition, given));
    !applies || rule["Assertions"].as_array().unwrap().iter().all(|assertion| is_true(&assertion["Assert"], given))
}

#[test]
fn the_tables_of_an_earlier_stack_come_together() {
    let all = ["ExistingEventTable", "ExistingSuppressionTable", "ExistingSuppressionStreamArn"];
    assert!(admits("TablesComeTogether", &[]));
    assert!(admits("TablesComeTogether", &all));
    for one in all {
        assert!(!admits("TablesComeTogether", &[one]), "{one} alone");
        let others: Vec<_> = all.into_iter().filter(|name| *name != one).collect();
        assert!(!admits("TablesComeTogether", &others), "without {one}");
    }
}

#[test]
fn a_load_balancer_has_a_network() {
    let (certificate, vpc, subnets) = ("LoadBalancerCertificateArn", "LoadBalancerVpcId", "LoadBalancerSubnetIds");
    assert!(admits("LoadBalancerIsWhole", &[]));
    assert!(admits("LoadBalancerIsWhole", &[certificate, vpc, subnets]));
    assert!(!admits("LoadBalancerIsWhole", &[certificate, vpc]));
    assert!(!admits("LoadBalancerIsWhole", &[certificate, subnets]));
}

#[test]
fn a_name_for_the_webhooks_and_one_for_the_links_has_a_certificate() {
    for prefix in ["Webhook", "Unsubscribe"] {
        let rule = format!("{prefix}DomainIsWhole");
        let [name, certificate] = ["DomainName", "CertificateArn"].map(|what| format!("{prefix}{what}"));
        assert!(admits(&rule, &[]));
        assert!(admits(&rule, &[&name, &certificate]));
        assert!(!admits(&rule, &[&name]));
        assert!(!admits(&rule, &[&certificate]));
    }
}

#[test]
fn links_name_their_sender() {
    let rule = &Template::read().0["Rules"]["UnsubscribeHasSender"];
    assert_eq!(rule["RuleCondition"], Template::read().0["Conditions"]["HasUnsubscribe"]);
    assert!(is_true(&rule["Assertions"][0]["Assert"], &["SenderName"]));
    assert!(!is_true(&rule["Assertions"][0]["Assert"], &[]));
}
