//! The longest lists fit where they must go: all variables of a function together have at most 4 KB.

use serde_json::Value;

use super::document::{Template, text};

/// Lambda's limit, for names and values as one JSON object.
const LIMIT: usize = 4_096;
/// The longest stack name.
const STACK: usize = 128;
/// The longest beginning of an ARN, up to the resource.
const ARN: usize = "arn:aws-us-gov::ap-southeast-7:123456789012:".len();

/// The longest text of a reference in AWS. A generated name consists of the stack name, the logical id and 13
/// characters.
fn longest_reference(name: &str) -> usize {
    let generated = STACK + 1 + name.len() + 1 + 13;
    match name {
        "AWS::AccountId" => 12,
        "EventTable" | "SuppressionTable" => generated,
        "Topic" => ARN + "sns".len() + generated,
        "WebhookSecret" => ARN + "secretsmanager:secret".len() + generated + "-AbCdEf".len(),
        "UndeliveredQueue.Arn" | "FailedQueue.Arn" | "IntakeQueue.Arn" => {
            ARN + "sqs".len() + "mail-feedback-12345678-undelivered".len()
        }
        other => panic!("how long is {other}?"),
    }
}

/// The longest value of a parameter.
fn longest_parameter(name: &str, parameter: &Value) -> usize {
    let values = parameter["AllowedValues"].as_array();
    let allowed = values.map(|values| values.iter().map(|value| text(value).len()).max().unwrap());
    let number = parameter["MaxValue"].as_u64().map(|most| most.to_string().len());
    let length = parameter["MaxLength"].as_u64().map(|most| usize::try_from(most).unwrap());
    if length.is_some() {
        let pattern = parameter["AllowedPattern"].as_str().unwrap_or_else(|| panic!("{name} has no pattern"));
        assert!(pattern.is_ascii() && !pattern.contains(['"', '^']), "{name}: one byte a character, none escaped");
    }
    allowed.or(length).or(number).unwrap_or_else(|| panic!("{name} has no bound"))
}

fn longest(template: &Template, value: &Value) -> usize {
    let refer = |name: &str| match template.0["Parameters"].get(name) {
        Some(parameter) => longest_parameter(name, parameter),
        None => longest_reference(name),
    };
    if let Some(branches) = value["Fn::If"].as_array() {
        return branches[1..].iter().map(|branch| longest(template, branch)).max().unwrap();
    }
    if let Some(text) = value["Fn::Sub"].as_str() {
        let mut parts = text.split("${");
        let literal = parts.next().unwrap().len();
        let variables = parts.map(|part| {
            let (name, rest) = part.split_once('}').unwrap();
            refer(name) + rest.len()
        });
        return literal + variables.sum::<usize>();
    }
    value["Ref"].as_str().map_or_else(|| text(value).len(), refer)
}

#[test]
fn the_largest_environment_fits() {
    let template = Template::read();
    let set = template.properties("Function")["Environment"]["Variables"].as_object().unwrap();
    let pairs = set.iter().map(|(name, value)| r#""":"","#.len() + name.len() + longest(&template, value));
    let size = pairs.sum::<usize>() + "{}".len() - ",".len();
    assert!(size <= LIMIT, "{size} bytes");
}
