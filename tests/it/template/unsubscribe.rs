//! The function that serves one-click unsubscribe links: off by default, with a role, an API and a secret of its own.

use std::collections::BTreeSet;
use std::path::Path;

use aws_sdk_dynamodb::Client;
use mail_feedback::functions::Function;
use mail_feedback::telemetry::LinkOutcome;
use mail_feedback::unsubscribe::Keys;
use serde_json::{Value, json};
use support::calls::Calls;
use support::database::Database;

use super::document::{Template, text};
use super::permissions::assert_records;
use crate::unsubscribe::world::{ONE_CLICK, World, function, token, undo_field};

#[test]
fn the_default_stack_has_nothing_of_it() {
    let template = Template::read();
    assert_eq!(template.default("Unsubscribe"), "false");
    let wanted = json!({"Fn::Equals": [{"Ref": "Unsubscribe"}, "true"]});
    assert_eq!(template.0["Conditions"]["HasUnsubscribe"], wanted);
    let named = &template.0["Conditions"]["HasUnsubscribeDomain"]["Fn::And"];
    assert_eq!(named[0], json!({"Condition": "HasUnsubscribe"}));
    let mut found = 0;
    for section in ["Resources", "Outputs"] {
        for (id, body) in template.0[section].as_object().unwrap() {
            let is_of_it = id.starts_with("Unsubscribe");
            let condition = body["Condition"].as_str().unwrap_or_default();
            assert_eq!(["HasUnsubscribe", "HasUnsubscribeDomain"].contains(&condition), is_of_it, "{id}");
            let body = body.to_string();
            // The pages for support show its metrics, if there are any.
            let shows_it = ["SupportFunction", "SupportSettingsVersion"].contains(&id.as_str());
            let body = if shows_it { without_choices(&body) } else { body };
            assert!(
                is_of_it || !body.contains("\"Unsubscribe") && !body.contains("${Unsubscribe"),
                "{id} refers to it"
            );
            found += usize::from(is_of_it);
        }
    }
    assert_eq!(found, 29);
    let function = template.properties("UnsubscribeFunction");
    assert_eq!(Function::named(function["Handler"].as_str()), Ok(Function::Unsubscribe));
    let metadata = |id: &str| template.0["Resources"][id]["Metadata"].clone();
    assert_eq!(metadata("Function"), metadata("UnsubscribeFunction"), "SAM builds functions with equal metadata once");
}

/// The text of a resource without the choices that exist only with the function.
fn without_choices(body: &str) -> String {
    let choice = json!({"Fn::If": ["HasUnsubscribe", {"Ref": "UnsubscribeFunction"}, ""]}).to_string();
    assert!(body.contains(&choice), "{body}");
    body.replace(&choice, "")
}

/// The actions on each table for the cold start, an unsubscribe, its repetition and its undo.
async fn calls_of_the_code() -> BTreeSet<(String, String)> {
    let (database, calls) = (Database::start().await, Calls::default());
    let config = database.client.config().to_builder().interceptor(calls.clone()).build();
    let world = World { function: function(Client::from_conf(config)), database };
    world.function.recorder.suppressions().warm_up().await;
    let link = token("jane@example.com", "list:own:weekly");
    world.get(&link).await;
    for _ in 0..2 {
        let done = world.post(&link, ONE_CLICK).await;
        let undone = world.post(&link, &format!("undo={}", undo_field(&done).unwrap())).await;
        assert_eq!((done.status, undone.status), (200, 200));
    }
    calls.take().into_keys().map(|(operation, table)| (table, format!("dynamodb:{operation}"))).collect()
}

#[tokio::test]
async fn its_role_allows_exactly_what_it_calls() {
    let template = Template::read();
    assert_eq!(template.statements("UnsubscribeRole").len(), 6);
    assert_records(&template, "UnsubscribeRole", &calls_of_the_code().await);
    let keys = template.statement("UnsubscribeRole", "Keys");
    assert_eq!(
        (&keys["Action"], &keys["Resource"]),
        (&json!("secretsmanager:GetSecretValue"), &json!({"Ref": "UnsubscribeSecret"}))
    );
    let current = json!({"ForAnyValue:StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}});
    assert_eq!(
        keys["Condition"], current,
        "tests/it/unsubscribe/keys.rs shows that the function asks for that version"
    );
    assert_eq!(
        template.statement("UnsubscribeRole", "Logs")["Resource"],
        json!({"Fn::GetAtt": ["UnsubscribeLogGroup", "Arn"]})
    );
}

/// Secrets Manager adds the generated text as a member to the template of the secret.
#[test]
fn the_secret_is_made_with_one_key_and_outlives_the_stack() {
    let template = Template::read();
    let made = &template.properties("UnsubscribeSecret")["GenerateSecretString"];
    let mut secret: Value = serde_json::from_str(made["SecretStringTemplate"].as_str().unwrap()).unwrap();
    let length = usize::try_from(made["PasswordLength"].as_u64().unwrap()).unwrap();
    secret[made["GenerateStringKey"].as_str().unwrap()] = "x".repeat(length).into();
    assert!(Keys::parse(&secret.to_string()).unwrap().only().is_some());
    let resource = &template.0["Resources"]["UnsubscribeSecret"];
    assert_eq!(
        (&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]),
        (&json!("RetainExceptOnCreate"), &json!("Retain"))
    );
}

#[test]
fn its_api_has_a_throttle_and_a_log_of_its_own_without_paths() {
    let template = Template::read();
    let own = template.properties("UnsubscribeStage");
    let throttle = json!({"ThrottlingRateLimit": {"Ref": "UnsubscribeRateLimit"}, "ThrottlingBurstLimit": {"Ref": "UnsubscribeBurstLimit"}});
    assert_eq!(own["DefaultRouteSettings"], throttle);
    let logs = &own["AccessLogSettings"];
    assert_eq!(logs["DestinationArn"], json!({"Fn::GetAtt": ["UnsubscribeAccessLogGroup", "Arn"]}));
    assert_eq!(logs["Format"], template.properties("HttpApiStage")["AccessLogSettings"]["Format"]);
    let filter = template.properties("UnsubscribeHeldBack");
    assert_eq!(filter["LogGroupName"], json!({"Ref": "UnsubscribeAccessLogGroup"}));
    assert_eq!(filter["FilterPattern"], template.properties("HeldBackRequests")["FilterPattern"]);
    let (alarm, counted) = (template.properties("UnsubscribeThrottleAlarm"), &filter["MetricTransformations"][0]);
    assert_eq!((&alarm["Namespace"], &alarm["MetricName"]), (&counted["MetricNamespace"], &counted["MetricName"]));
    assert_eq!((&counted["DefaultValue"], &counted["Dimensions"]), (&json!(0), &Value::Null));
    let mapping = json!({"ApiId": {"Ref": "UnsubscribeApi"}, "DomainName": {"Ref": "UnsubscribeDomain"}, "Stage": {"Ref": "UnsubscribeStage"}});
    assert_eq!(*template.properties("UnsubscribeDomainMapping"), mapping);
    let domain = &template.properties("UnsubscribeDomain")["DomainNameConfigurations"][0];
    assert_eq!((&domain["EndpointType"], &domain["SecurityPolicy"]), (&json!("REGIONAL"), &json!("TLS_1_2")));
}

/// Tencent acts on every click on a URL with that word.
#[test]
fn no_name_of_a_host_may_say_unsubscribe() {
    let template = Template::read();
    let pattern = template.0["Parameters"]["UnsubscribeDomainName"]["AllowedPattern"].as_str().unwrap();
    let webhooks = template.0["Parameters"]["WebhookDomainName"]["AllowedPattern"].as_str().unwrap();
    assert_eq!(pattern.replace("(?!.*unsubscribe)", ""), webhooks);
    let routes = template
        .resources("AWS::ApiGatewayV2::Route")
        .into_iter()
        .map(|(_, body)| text(&body["Properties"]["RouteKey"]));
    assert!(routes.into_iter().all(|route| !route.contains("unsubscribe")));
}

/// The function refuses to start without a name, so the template must not take one of blanks.
#[test]
fn a_sender_has_a_name() {
    let pattern = Template::read().0["Parameters"]["SenderName"]["AllowedPattern"].as_str().unwrap().to_owned();
    let admits = |name: &str| {
        let program = "import re, sys; sys.exit(not re.fullmatch(sys.argv[1], sys.argv[2]))";
        std::process::Command::new("python3").args(["-c", program, &pattern, name]).status().unwrap().success()
    };
    for name in ["", "Example Shop", " Shop ", "\u{dc}mit & S\u{f6}hne", "x"] {
        assert!(admits(name), "{name:?}");
    }
    for name in [" ", "   ", "a\tb", "\n"] {
        assert!(!admits(name), "{name:?}");
    }
}

#[test]
fn its_dashboard_shows_every_result_and_its_alarms() {
    let template = Template::read();
    let body = template.properties("UnsubscribeDashboard")["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let widgets = body["widgets"].as_array().unwrap();
    let results = widgets[1]["properties"]["metrics"].as_array().unwrap();
    let shown: BTreeSet<_> = results.iter().map(|metric| text(&metric[1])).collect();
    let expected: BTreeSet<_> = LinkOutcome::ALL.iter().map(|outcome| format!("links.{outcome}")).collect();
    assert_eq!(shown, expected);
    assert!(results.iter().all(|metric| metric[3] == "${UnsubscribeFunction}"));
    let alarms = template.resources("AWS::CloudWatch::Alarm").into_iter().map(|(id, _)| id);
    let alarms: BTreeSet<_> =
        alarms.filter(|id| id.starts_with("Unsubscribe")).map(|id| format!("${{{id}.Arn}}")).collect();
    let listed: BTreeSet<_> = widgets[0]["properties"]["alarms"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(listed, alarms);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/dashboard.md");
    let page = std::fs::read_to_string(page).unwrap();
    for widget in widgets {
        let title = text(&widget["properties"]["title"]);
        assert!(page.contains(&title), "src/guide/dashboard.md must explain {title}");
    }
}
