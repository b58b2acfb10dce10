//! The intake of SES reports: directly, through a queue, or directly while the queue is emptied.

use serde_json::{Value, json};

use super::document::Template;

/// Whether a resource exists, by the value of `SesIntake`.
fn exists(template: &Template, id: &str, intake: &str) -> bool {
    let Some(name) = template.0["Resources"][id]["Condition"].as_str() else { return true };
    let holds = |equals: &Value| {
        assert_eq!(equals["Fn::Equals"][0], json!({"Ref": "SesIntake"}), "{name}");
        equals["Fn::Equals"][1] == intake
    };
    let condition = &template.0["Conditions"][name];
    match condition["Fn::Not"].as_array() {
        Some(not) => !holds(&not[0]),
        None => holds(condition),
    }
}

#[test]
fn each_intake_has_one_way_in_and_the_queue_stays_until_it_is_empty() {
    let template = Template::read();
    let allowed = &template.0["Parameters"]["SesIntake"]["AllowedValues"];
    assert_eq!((allowed, template.default("SesIntake").as_str()), (&json!(["direct", "queue", "draining"]), "direct"));
    let queue = ["IntakeQueue", "IntakeQueuePolicy", "IntakeMapping", "IntakeAgeAlarm", "IntakeDepthAlarm"];
    for (intake, directly, queued, has_queue) in
        [("direct", true, false, false), ("queue", false, true, true), ("draining", true, false, true)]
    {
        assert_eq!(exists(&template, "TopicSubscription", intake), directly, "{intake}");
        assert_eq!(exists(&template, "IntakeSubscription", intake), queued, "{intake}");
        for id in queue {
            assert_eq!(exists(&template, id, intake), has_queue, "{id} for {intake}");
        }
        assert!(exists(&template, "TopicPermission", intake), "what SNS still delivers directly is accepted");
    }
}

#[test]
fn the_queue_holds_envelopes_and_an_outage_parks_nothing() {
    let template = Template::read();
    let subscription = template.properties("IntakeSubscription");
    assert_eq!((&subscription["Protocol"], &subscription["RawMessageDelivery"]), (&"sqs".into(), &false.into()));
    let before = &template.0["Resources"]["IntakeSubscription"]["DependsOn"];
    assert_eq!(*before, json!(["IntakeQueuePolicy", "IntakeMapping", "UndeliveredQueuePolicy"]));
    let (queue, mapping) = (template.properties("IntakeQueue"), template.properties("IntakeMapping"));
    let parameter = |name: &str, field: &str| template.0["Parameters"][name][field].as_u64().unwrap();
    let hidden = queue["VisibilityTimeout"].as_u64().unwrap();
    let timeout = template.properties("Function")["Timeout"].as_u64().unwrap();
    assert!(hidden >= 6 * timeout + parameter("IntakeBatchingSeconds", "MaxValue"), "as AWS recommends");
    let receives = queue["RedrivePolicy"]["maxReceiveCount"].as_u64().unwrap();
    assert!(receives * hidden >= 6 * 60 * 60, "a message is tried for six hours");
    assert!(parameter("IntakeBatchingSeconds", "MinValue") >= 1, "Lambda demands it for more than ten messages");
    for (property, name) in
        [("BatchSize", "IntakeBatchSize"), ("MaximumBatchingWindowInSeconds", "IntakeBatchingSeconds")]
    {
        assert_eq!(mapping[property], json!({"Ref": name}));
    }
    assert_eq!(mapping["ScalingConfig"], json!({"MaximumConcurrency": {"Ref": "IntakeMaximumConcurrency"}}));
}

/// The role names the queue by an ARN that is known before the queue exists.
#[test]
fn the_role_may_read_the_queue_before_it_exists() {
    let template = Template::read();
    let statements = template.properties("FunctionRole")["Policies"][0]["PolicyDocument"]["Statement"].clone();
    let redrive = statements.as_array().unwrap().iter().find(|statement| statement["Sid"] == "Redrive").unwrap();
    let mut arn = template.properties("IntakeQueue")["QueueName"].clone();
    let name = arn["Fn::Sub"][0].as_str().unwrap();
    arn["Fn::Sub"][0] = format!("arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}").into();
    assert_eq!(redrive["Resource"][2], arn);
}
