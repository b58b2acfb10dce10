//! The function's role allows what the function does, table by table; the other permissions are Lambda's own needs,
//! listed here.

use std::collections::BTreeSet;

use harness::function::custom_handler;
use mail_feedback::intake::webhook::CredentialStore;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::calls::Calls;
use support::database::{Database, EVENTS, SUPPRESSIONS};
use support::environment::environment;
use support::samples;

use super::document::Template;
use crate::real_binary::invoke_both;

/// What Lambda or DynamoDB does with the role, by the statement that allows it.
const PLATFORM: [(&str, &[&str]); 6] = [
    (
        "TableKey",
        &[
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
    ),
    ("QueueKey", &["kms:Decrypt", "kms:GenerateDataKey"]),
    ("FailedInvocations", &["sqs:SendMessage"]),
    ("Redrive", &["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]),
    ("Logs", &["logs:CreateLogStream", "logs:PutLogEvents"]),
    ("Traces", &["xray:PutTelemetryRecords", "xray:PutTraceSegments"]),
];

fn actions(statement: &Value) -> Vec<String> {
    match &statement["Action"] {
        Value::Array(actions) => actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect(),
        action => vec![action.as_str().unwrap().to_owned()],
    }
}

/// Requires that a role may make exactly these calls, to the tables of the role that records reports, and may use their
/// key and send traces as that one.
pub fn assert_records(template: &Template, role: &str, calls: &BTreeSet<(String, String)>) {
    let mut allowed = BTreeSet::new();
    for (sid, table) in [("Events", EVENTS), ("Suppressions", SUPPRESSIONS)] {
        let statement = template.statement(role, sid);
        allowed.extend(actions(&statement).into_iter().map(|action| (table.to_owned(), action)));
        assert_eq!(statement["Resource"], template.statement("FunctionRole", sid)["Resource"]);
    }
    assert_eq!(*calls, allowed);
    for sid in ["TableKey", "Traces"] {
        assert_eq!(template.statement(role, sid), template.statement("FunctionRole", sid), "{sid}");
    }
}

/// Every DynamoDB and Secrets Manager call of the samples, the start and the webhook credential.
async fn calls_of_the_code() -> BTreeSet<(String, String)> {
    let database = Database::start().await;
    let calls = Calls::default();
    let handler = custom_handler(&database, &environment(&database), |_, clients| {
        let config = database.client.config().to_builder().interceptor(calls.clone()).build();
        clients.dynamodb = aws_sdk_dynamodb::Client::from_conf(config);
    });
    handler.warm_up().await;
    for sample in samples::all() {
        invoke_both(&handler, &sample.json).await.unwrap();
    }
    let service = |(operation, table): (String, String)| (format!("dynamodb:{operation}"), table);
    let mut seen: BTreeSet<_> = calls.take().into_keys().map(service).collect();

    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(aws_sdk_secretsmanager::config::BehaviorVersion::v2026_01_12())
        .region(aws_sdk_secretsmanager::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_secretsmanager::config::Credentials::new("local", "local", None, None, "local"))
        .retry_config(aws_sdk_secretsmanager::config::retry::RetryConfig::disabled())
        .endpoint_url("http://127.0.0.1:9")
        .interceptor(calls.clone())
        .build();
    let store = CredentialStore::secrets_manager(aws_sdk_secretsmanager::Client::from_conf(config), "arn".to_owned());
    store.accept(None, Some(b"x"), Timestamp::now()).await.unwrap_err();
    let service = |(operation, _)| (format!("secretsmanager:{operation}"), "secret".to_owned());
    seen.extend(calls.take().into_keys().map(service));
    seen
}

/// The ARN of the table that the stack creates, or of an earlier stack's table that it keeps using.
fn table_arn(id: &str) -> Value {
    let existing =
        format!("arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/${{Existing{id}}}");
    json!({"Fn::If": ["MakesTables", {"Fn::GetAtt": [id, "Arn"]}, {"Fn::Sub": existing}]})
}

#[tokio::test]
async fn the_role_allows_what_the_code_calls_and_nothing_else() {
    let mut allowed = BTreeSet::new();
    for (_, statement) in Template::read().statements("FunctionRole") {
        let sid = statement["Sid"].as_str().unwrap();
        if PLATFORM.iter().any(|(known, _)| *known == sid) {
            continue;
        }
        let resource = &statement["Resource"];
        let table = if *resource == table_arn("EventTable") {
            EVENTS
        } else if *resource == table_arn("SuppressionTable") {
            SUPPRESSIONS
        } else {
            assert_eq!(*resource, json!({"Ref": "WebhookSecret"}), "{sid}");
            "secret"
        };
        allowed.extend(actions(&statement).into_iter().map(|action| (action, table.to_owned())));
    }
    assert_eq!(calls_of_the_code().await, allowed);
}

#[test]
fn what_lambda_needs_is_listed_and_bound_to_a_resource() {
    let statements: Vec<Value> = Template::read().statements("FunctionRole").into_iter().map(|(_, it)| it).collect();
    for (sid, expected) in PLATFORM {
        let found = statements.iter().find(|statement| statement["Sid"] == sid);
        let statement = found.unwrap_or_else(|| panic!("the role has no statement {sid}, which Lambda needs"));
        assert_eq!(actions(statement), expected, "{sid}");
    }
    let open: Vec<_> = statements.iter().filter(|statement| statement["Resource"] == "*").collect();
    assert_eq!(open.len(), 1, "X-Ray alone knows no resources");
    assert_eq!(open[0]["Sid"], "Traces");
    assert!(statements.iter().flat_map(actions).all(|action| !action.contains('*')));
}

/// Principal, source and, in every case, the alias: nothing else may invoke the function.
#[test]
fn whoever_may_invoke_is_one_source() {
    let template = Template::read();
    let arn = |rest: &str| json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:{rest}")});
    let own = "${AWS::Region}:${AWS::AccountId}";
    let group = json!({"Fn::Sub": [
        format!("arn:${{AWS::Partition}}:elasticloadbalancing:{own}:targetgroup/mail-feedback-${{Id}}/*"),
        template.properties("LoadBalancerTargets")["Name"]["Fn::Sub"][1],
    ]});
    let rule = rule_arn(&template);
    let function = |source: &Value| {
        let of_links = source.to_string().contains("${UnsubscribeApi}");
        if of_links { "UnsubscribeFunction.Alias" } else { "Function.Alias" }
    };
    let expected = [
        ("events.amazonaws.com", rule),
        ("apigateway.amazonaws.com", arn(&format!("execute-api:{own}:${{HttpApi}}/*/POST/webhooks/*"))),
        ("elasticloadbalancing.amazonaws.com", group),
        ("sns.amazonaws.com", json!({"Ref": "Topic"})),
        ("apigateway.amazonaws.com", arn(&format!("execute-api:{own}:${{UnsubscribeApi}}/*/*/u/*"))),
    ];
    let expected = expected.map(|(principal, source)| {
        json!({"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": function(&source)}, "Principal": principal,
            "SourceArn": source})
    });
    let permissions = template.resources("AWS::Lambda::Permission");
    let permissions: Vec<_> = permissions.into_iter().map(|(_, body)| body["Properties"].clone()).collect();
    assert_eq!(permissions, expected);
}

/// The ARN of the EventBridge rule, which is created after the resources that name it.
fn rule_arn(template: &Template) -> Value {
    let name = &template.properties("EventBridgeRule")["Name"]["Fn::Sub"];
    assert_eq!(name[0], "mail-feedback-${Id}");
    let arn = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/mail-feedback-${Id}";
    json!({"Fn::Sub": [arn, name[1]]})
}

/// The only statement of a policy: who may do what to which resource under which condition.
fn only_statement(template: &Template, id: &str) -> Value {
    let statements = template.properties(id)["PolicyDocument"]["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 1, "{id}");
    let mut statement = statements[0].clone();
    statement.as_object_mut().unwrap().remove("Sid");
    statement
}

#[test]
fn whoever_may_publish_or_send_is_known() {
    let template = Template::read();
    let own = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}";
    let name =
        json!({"Fn::If": ["MakesConfigurationSet", {"Ref": "NewConfigurationSet"}, {"Ref": "ConfigurationSet"}]});
    let set = json!({"Fn::Sub": [format!("{own}:configuration-set/${{Name}}"), {"Name": name}]});
    let identities = json!({"Fn::Sub": format!("{own}:identity/*")});
    let nothing = json!({"Ref": "AWS::NoValue"});
    let account = json!({"aws:SourceAccount": {"Ref": "AWS::AccountId"}});
    let sources = json!([
        {"Fn::If": ["HasConfigurationSet", set, nothing]},
        {"Fn::If": ["HasIdentities", identities, nothing]},
    ]);
    let publish = |service: &str, topic: &str, condition: Value| {
        json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish",
            "Resource": {"Ref": topic}, "Condition": condition})
    };
    let by_ses = json!({"StringEquals": account, "ArnLike": {"aws:SourceArn": sources}});
    let by_nobody = json!({"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": {"Ref": "Topic"}});
    let mut publishers = only_statement(&template, "TopicPolicy")["Fn::If"].clone();
    for branch in [1, 2] {
        publishers[branch].as_object_mut().unwrap().remove("Sid").unwrap();
    }
    assert_eq!(publishers, json!(["HasPublisher", publish("ses.amazonaws.com", "Topic", by_ses), by_nobody]));
    let without = &template.0["Resources"]["TopicPolicy"]["Condition"];
    assert!(without.is_null(), "without a policy, SNS lets the whole account publish");
    let by_alarms = publish("cloudwatch.amazonaws.com", "AlarmTopic", json!({"StringEquals": account}));
    let mut by_rules = publish("events.amazonaws.com", "AlarmTopic", Value::Null);
    by_rules.as_object_mut().unwrap().remove("Condition").expect("EventBridge supports no condition there");
    let mut of_alarms = template.properties("AlarmTopicPolicy")["PolicyDocument"]["Statement"].clone();
    for statement in of_alarms.as_array_mut().unwrap() {
        statement.as_object_mut().unwrap().remove("Sid").unwrap();
    }
    assert_eq!(of_alarms, json!([by_alarms, by_rules]));
    let topics = json!({"Fn::If": [
        "HasExistingTopics",
        {"Fn::Split": [",", {"Fn::Sub": "${Topic},${ExistingTopicArns}"}]},
        [{"Ref": "Topic"}],
    ]});
    let by_topics = json!({"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}, "Condition": {"ArnEquals": {"aws:SourceArn": topics}}});
    let mut by_rule = by_topics.clone();
    by_rule["Principal"]["Service"] = "events.amazonaws.com".into();
    by_rule["Condition"]["ArnEquals"]["aws:SourceArn"] = rule_arn(&template);
    for queue in ["UndeliveredQueue", "IntakeQueue"] {
        let (mut by_topics, mut by_rule) = (by_topics.clone(), by_rule.clone());
        for statement in [&mut by_topics, &mut by_rule] {
            statement["Resource"] = json!({"Fn::GetAtt": [queue, "Arn"]});
        }
        let policy = template.properties(&format!("{queue}Policy"));
        assert_eq!(policy["Queues"], json!([{"Ref": queue}]));
        let mut senders = policy["PolicyDocument"]["Statement"].clone();
        senders[0].as_object_mut().unwrap().remove("Sid");
        senders[1]["Fn::If"][1].as_object_mut().unwrap().remove("Sid");
        let by_rule = json!({"Fn::If": ["TakesEventBridge", by_rule, {"Ref": "AWS::NoValue"}]});
        assert_eq!(senders, json!([by_topics, by_rule]), "{queue}");
    }
    assert_eq!(template.properties("Topic")["SignatureVersion"], "2", "version 1 signs with SHA-1");
}

/// Only what SES of this account reports about mail, and undeliverable messages wait.
#[test]
fn the_rule_brings_every_report_of_ses_about_mail_and_nothing_else() {
    let template = Template::read();
    let rule = template.properties("EventBridgeRule");
    let pattern = &rule["EventPattern"];
    assert_eq!((&pattern["source"], &pattern["account"]), (&json!(["aws.ses"]), &json!([{"Ref": "AWS::AccountId"}])));
    let mut kinds: Vec<_> =
        pattern["detail-type"].as_array().unwrap().iter().map(|kind| kind.as_str().unwrap()).collect();
    kinds.sort_unstable();
    // https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html
    let documented = "Bounced, Clicked, Complaint Received, Delivered, Delivery Delayed, Opened, Rejected, Rendering Failed, \
        Sent, Subscribed";
    assert_eq!(kinds, documented.split(", ").map(|kind| format!("Email {kind}")).collect::<Vec<_>>());
    let target = json!([{"Id": {"Fn::If": ["FillsIntakeQueue", "queue", "function"]},
        "Arn": {"Fn::If": ["FillsIntakeQueue", {"Fn::GetAtt": ["IntakeQueue", "Arn"]}, {"Ref": "Function.Alias"}]},
        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}}}]);
    assert_eq!(rule["Targets"], target, "the whole event, and a queue for what cannot be delivered");
    let resource = &template.0["Resources"]["EventBridgeRule"];
    let before = json!(["EventBridgePermission", "UndeliveredQueuePolicy", "IntakeQueuePolicy"]);
    assert_eq!(resource["DependsOn"], before);
    for name in ["EventBridgeRule", "EventBridgePermission"] {
        assert_eq!(template.0["Resources"][name]["Condition"], "TakesEventBridge");
    }
    let set = &template.properties("Function")["Environment"]["Variables"];
    let accounts = json!({"Fn::If": ["TakesEventBridge", {"Ref": "AWS::AccountId"}, ""]});
    assert_eq!(set["EVENTBRIDGE_ACCOUNT_IDS"], accounts);
    let two = "${UndeliveredQueue.Arn},${FailedQueue.Arn}";
    let three = json!({"Fn::Sub": format!("{two},${{IntakeQueue.Arn}}")});
    let queues = json!({"Fn::If": ["HasIntakeQueue", three, {"Fn::Sub": two}]});
    let queues = json!({"Fn::If": ["TakesEventBridge", queues, ""]});
    assert_eq!(set["EVENTBRIDGE_QUEUE_ARNS"], queues, "those that only their writers may fill");
}

#[test]
fn the_load_balancer_passes_posts_to_webhooks_and_nothing_else() {
    let template = Template::read();
    let rule = template.properties("LoadBalancerRule");
    let conditions = json!([
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/webhooks/*"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}},
    ]);
    assert_eq!(rule["Conditions"], conditions);
    let listener = template.properties("LoadBalancerListener");
    assert_eq!(
        (&listener["Protocol"], &listener["DefaultActions"][0]["Type"]),
        (&"HTTPS".into(), &"fixed-response".into())
    );
    let routes: Vec<_> = template
        .resources("AWS::ApiGatewayV2::Route")
        .into_iter()
        .map(|(_, body)| body["Properties"]["RouteKey"].clone())
        .collect();
    assert_eq!(
        routes,
        [
            "POST /webhooks/mailjet/{domain}",
            "POST /webhooks/mailjet",
            "POST /webhooks/mailjet/{domain}/{stream}",
            "POST /webhooks/sns",
            "POST /webhooks/tencent",
            "GET /u/{token}",
            "HEAD /u/{token}",
            "POST /u/{token}"
        ]
    );
}

#[test]
fn nothing_that_fails_is_lost_or_loops() {
    let template = Template::read();
    for (id, body) in template.resources("AWS::SNS::Subscription") {
        assert!(body["Properties"]["RedrivePolicy"]["deadLetterTargetArn"].is_object(), "{id}");
    }
    let function = template.properties("Function");
    let on_failure = &function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"];
    assert_eq!(on_failure["Destination"], json!({"Fn::GetAtt": ["FailedQueue", "Arn"]}));
    let mut mappings = template.resources("AWS::Lambda::EventSourceMapping");
    // It reads a stream: see `changes.rs`.
    mappings.retain(|(id, _)| *id != "ChangesMapping");
    let sources: Vec<_> =
        mappings.iter().map(|(_, body)| &body["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]).collect();
    assert_eq!(sources, ["FailedQueue", "IntakeQueue", "UndeliveredQueue"]);
    for (id, body) in &mappings {
        let properties = &body["Properties"];
        assert_eq!(properties["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{id}");
        let is_redrive = *id != "IntakeMapping";
        let enabled = if is_redrive { json!({"Ref": "RedriveEnabled"}) } else { Value::Null };
        assert_eq!(properties["Enabled"], enabled, "{id}");
        let queue = template.properties(properties["EventSourceArn"]["Fn::GetAtt"][0].as_str().unwrap());
        assert_eq!(
            queue["RedrivePolicy"]["deadLetterTargetArn"],
            json!({"Fn::GetAtt": ["ParkedQueue", "Arn"]}),
            "{id}"
        );
        assert_eq!(
            queue["RedriveAllowPolicy"],
            json!({"redrivePermission": "denyAll"}),
            "{id}: no other queue fills it"
        );
        assert!(
            queue["VisibilityTimeout"].as_i64() >= function["Timeout"].as_i64().map(|timeout| timeout * 6),
            "{id}: the queue hides a message for less than six times the timeout of the function"
        );
    }
    for (id, body) in template.resources("AWS::SQS::Queue") {
        assert_eq!(body["Properties"]["MessageRetentionPeriod"], 1_209_600, "{id}: the longest there is");
    }
    let sources = ["UndeliveredQueue", "FailedQueue", "IntakeQueue"].map(|id| {
        let mut arn = template.properties(id)["QueueName"].clone();
        let name = arn["Fn::Sub"][0].as_str().expect("a name that the other queue can know before this one exists");
        arn["Fn::Sub"][0] = format!("arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}").into();
        arn
    });
    let by_these = json!({"redrivePermission": "byQueue", "sourceQueueArns": sources});
    assert_eq!(template.properties("ParkedQueue")["RedriveAllowPolicy"], by_these, "no other queue parks here");
    // SAM gives the policies of the function to its version, too.
    let kept = [
        ("EventTable", "Retain"),
        ("SuppressionTable", "Retain"),
        ("NewConfigurationSet", "RetainExceptOnCreate"),
        ("Function", "RetainExceptOnCreate"),
        ("UnsubscribeSecret", "RetainExceptOnCreate"),
    ];
    for (id, policy) in kept {
        assert_eq!(template.0["Resources"][id]["DeletionPolicy"], policy, "{id} outlives the stack");
        assert_eq!(template.0["Resources"][id]["UpdateReplacePolicy"], "Retain", "{id}");
    }
    for id in ["UndeliveredQueue", "FailedQueue", "IntakeQueue"] {
        assert_eq!(
            template.0["Resources"][id]["UpdateReplacePolicy"], "Retain",
            "{id} may contain reports when it is replaced"
        );
    }
    assert!(template.properties("Function")["VersionDeletionPolicy"].is_null(), "it would be of no effect");
}

#[test]
fn the_access_log_holds_no_path_query_header_or_address() {
    let template = Template::read();
    let format = template.properties("HttpApiStage")["AccessLogSettings"]["Format"].as_str().unwrap();
    let variables: Vec<_> = format.split('"').filter(|part| part.starts_with('$')).collect();
    let known = [
        "requestId",
        "requestTimeEpoch",
        "routeKey",
        "status",
        "responseLatency",
        "responseLength",
        "integrationStatus",
        "integrationLatency",
        "integrationErrorMessage",
    ];
    assert_eq!(variables, known.map(|name| format!("$context.{name}")));
    let _: Value = serde_json::from_str(format).unwrap();
}
