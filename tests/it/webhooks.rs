//! The routes, credentials and payload formats of webhooks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::function::handler;
use mail_feedback::error::Error;
use mail_feedback::event::Provider;
use serde_json::{Value, json};
use support::database::{Database, EVENTS, text};
use support::environment::environment;
use support::request::{authorization, post};

use crate::real_binary::invoke_both;

const BODY: &str = r#"{"event":"open","time":1763600000,"MessageID":70650219325536063,"email":"a@example.com"}"#;

async fn status(request: &Value) -> (i64, Value) {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    let answer = invoke_both(&handler, &request.to_string()).await.unwrap();
    let status = answer["statusCode"].as_i64().unwrap();
    let written = database.scan(EVENTS).await.len();
    assert_eq!(written, usize::from(status == 200), "{answer}");
    (status, answer)
}

fn basic(credential: &str) -> Value {
    json!({"Authorization": format!("Basic {}", STANDARD.encode(credential))})
}

#[tokio::test]
async fn a_right_credential_opens_every_provider_and_nothing_else_does() {
    for provider in Provider::ALL.iter().filter(|provider| provider.has_webhook()) {
        let path = format!("/webhooks/{provider}");
        let right = [authorization(), basic("local:local-only-password")];
        for headers in right {
            assert_eq!(status(&post(&path, &headers, BODY)).await.0, 200);
        }
        let wrong = [
            json!({}),
            basic("local:wrong"),
            basic("other:local-only-password"),
            basic("local:"),
            basic(":local-only-password"),
            basic("local"),
            basic("local:local-only-password "),
            json!({"authorization": "Bearer local-only-password"}),
            json!({"authorization": "Basic"}),
            json!({"authorization": "Basic !!!"}),
            json!({"authorization": "local:local-only-password"}),
        ];
        for headers in wrong {
            let (status, answer) = status(&post(&path, &headers, BODY)).await;
            assert_eq!(status, 401, "{headers}");
            assert!(answer["headers"]["www-authenticate"].as_str().unwrap().starts_with("Basic realm="));
            assert_eq!(answer["body"], "");
        }
    }
}

#[tokio::test]
async fn a_token_is_the_password() {
    for (token, expected) in
        [(json!("local-only-password"), 200), (json!("local"), 401), (json!(""), 401), (Value::Null, 401)]
    {
        let mut request = post("/webhooks/tencent", &json!({}), BODY);
        request["queryStringParameters"] = json!({"token": token});
        assert_eq!(status(&request).await.0, expected, "{token}");
    }
}

#[tokio::test]
async fn without_a_configured_credential_webhooks_answer_503() {
    let database = Database::start().await;
    let mut settings = environment(&database);
    settings.push(("WEBHOOK_CREDENTIALS".to_owned(), String::new()));
    let handler = handler(&database, &settings);
    for headers in [json!({}), authorization()] {
        let answer = invoke_both(&handler, &post("/webhooks/mailjet", &headers, BODY).to_string()).await.unwrap();
        assert_eq!(answer["statusCode"], 503);
    }
}

#[tokio::test]
async fn several_credentials_are_valid_side_by_side() {
    let database = Database::start().await;
    let mut settings = environment(&database);
    settings.push(("WEBHOOK_CREDENTIALS".to_owned(), "a:old, b:new:er".to_owned()));
    let handler = handler(&database, &settings);
    for (credential, expected) in
        [("a:old", 200), ("b:new:er", 200), ("a:new:er", 401), ("local:local-only-password", 401)]
    {
        let answer =
            invoke_both(&handler, &post("/webhooks/mailjet", &basic(credential), BODY).to_string()).await.unwrap();
        assert_eq!(answer["statusCode"], expected, "{credential}");
    }
}

/// The explanation in an answer: the sentence of a JSON object, or nothing.
fn sentence(answer: &Value) -> Option<String> {
    let body = answer["body"].as_str().unwrap();
    let is_json = answer["headers"]["content-type"] == "application/json";
    assert_eq!(is_json, !body.is_empty(), "{answer}");
    let body: Value = serde_json::from_str(body).ok()?;
    assert_eq!(body.as_object().unwrap().len(), 1, "{answer}");
    Some(body["error"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn callers_who_can_fix_a_request_are_told_how_and_no_others() {
    let (right, wrong) = (authorization(), json!({}));
    let mut get = post("/webhooks/mailjet", &right, BODY);
    get["requestContext"]["http"]["method"] = "GET".into();
    let large = " ".repeat(4 * 1024 * 1024 + 1);
    let envelope = json!({"Type": "Notification"}).to_string();
    let cases = [
        (post("/webhooks/mailjet", &right, "no JSON"), 400, Some("send the provider's JSON")),
        (post("/webhooks/sns", &wrong, &envelope), 400, Some("subscribe without raw delivery")),
        (post("/webhooks/nobody", &right, BODY), 404, Some("post to /webhooks/mailjet")),
        (post("/webhooks/mailjet/no domain", &right, BODY), 404, Some("correct it, or leave it out")),
        (post("/webhooks/mailjet/example.com/no stream", &right, BODY), 404, Some("at most 64 letters")),
        (get, 405, Some("use POST")),
        (post("/webhooks/mailjet", &right, &large), 413, Some("send fewer events per request")),
        (post("/webhooks/mailjet", &wrong, BODY), 401, None),
        (post("/webhooks/sns", &json!({"x-amz-sns-rawdelivery": "true"}), BODY), 403, None),
    ];
    for (request, expected, advice) in cases {
        let (status, answer) = status(&request).await;
        let told = sentence(&answer);
        assert_eq!(status, expected, "{answer}");
        assert_eq!(told.is_some(), advice.is_some(), "{answer}");
        assert!(told.is_none_or(|told| told.contains(advice.unwrap())), "{answer}");
    }
}

/// Each failure by its status: these four statuses come with a sentence, and no others.
#[test]
fn an_answer_is_judged_by_its_status() {
    for error in Error::all() {
        let speaks = matches!(error.status(), 400 | 404 | 405 | 413);
        assert_eq!(error.answer().is_some(), speaks, "{error}");
    }
}

#[tokio::test]
async fn route_method_and_size_come_before_the_credential() {
    for path in ["/", "/webhooks", "/webhooks/ses", "/webhooks/mailjet/a/b/c", "/webhooks/mailjet/no domain"] {
        assert_eq!(status(&post(path, &json!({}), BODY)).await.0, 404, "{path}");
    }
    for method in ["GET", "PUT", "DELETE", "post"] {
        let mut request = post("/webhooks/mailjet", &json!({}), BODY);
        request["requestContext"]["http"]["method"] = method.into();
        let (status, answer) = status(&request).await;
        assert_eq!((status, &answer["headers"]["allow"]), (405, &json!("POST")), "{method}");
    }
    let large = " ".repeat(4 * 1024 * 1024 + 1);
    assert_eq!(status(&post("/webhooks/mailjet", &json!({}), &large)).await.0, 413);
    let mut encoded = post("/webhooks/mailjet", &json!({}), &STANDARD.encode(&large));
    encoded["isBase64Encoded"] = true.into();
    assert_eq!(status(&encoded).await.0, 413);
}

#[tokio::test]
async fn both_payload_formats_and_encodings_are_read() {
    let mut base64 = post("/webhooks/mailjet", &authorization(), &STANDARD.encode(BODY));
    base64["isBase64Encoded"] = true.into();
    let rest = json!({
        "resource": "/webhooks/mailjet", "path": "/webhooks/mailjet", "httpMethod": "POST",
        "headers": basic("local:local-only-password"), "multiValueHeaders": {}, "queryStringParameters": null,
        "requestContext": {"stage": "prod", "path": "/prod/webhooks/mailjet"}, "body": BODY, "isBase64Encoded": false,
    });
    for request in [base64, rest] {
        let (status, answer) = status(&request).await;
        assert_eq!((status, &answer["body"]), (200, &json!("{\"events\":1}")));
        assert_eq!(answer["headers"]["content-type"], "application/json");
        // The local server of cargo-lambda, and format 2.0, require this field.
        assert_eq!(answer.get("cookies").is_some(), request.get("version").is_some());
    }
    let mut wrong = post("/webhooks/mailjet", &authorization(), BODY);
    wrong["isBase64Encoded"] = true.into();
    assert_eq!(status(&wrong).await.0, 400);
}

#[tokio::test]
async fn a_load_balancer_is_one_more_door() {
    let request = |headers: Value, query: Value| {
        json!({
            "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/t/1"}},
            "httpMethod": "POST", "path": "/webhooks/tencent", "queryStringParameters": query, "headers": headers,
            "body": BODY, "isBase64Encoded": false,
        })
    };
    let right = json!({"token": "local%2Donly%2dpassword"});
    let (code, answer) = status(&request(json!({"host": "h"}), right)).await;
    assert_eq!((code, &answer["body"]), (200, &json!("{\"events\":1}")));
    assert_eq!(
        (&answer["isBase64Encoded"], &answer["headers"]["content-type"]),
        (&json!(false), &json!("application/json"))
    );
    assert_eq!(status(&request(basic("local:local-only-password"), json!({}))).await.0, 200);
    for wrong in [json!({}), json!({"token": "local"}), json!({"token": ""}), Value::Null] {
        let (code, answer) = status(&request(json!({}), wrong)).await;
        assert_eq!((code, &answer["body"]), (401, &json!("")));
        assert!(answer["headers"]["www-authenticate"].as_str().unwrap().starts_with("Basic realm="));
    }
    let mut multi = request(Value::Null, Value::Null);
    multi["multiValueHeaders"] = json!({"content-type": ["application/json"]});
    multi["multiValueQueryStringParameters"] = json!({"token": ["old", "local-only-password"]});
    let (code, answer) = status(&multi).await;
    assert_eq!((code, &answer["multiValueHeaders"]["content-type"]), (200, &json!(["application/json"])));
    let mut base64 = request(basic("local:local-only-password"), json!({}));
    (base64["body"], base64["isBase64Encoded"]) = (STANDARD.encode(BODY).into(), true.into());
    assert_eq!(status(&base64).await.0, 200);
    for (method, path, expected) in [("GET", "/webhooks/tencent", 405), ("POST", "/", 404)] {
        let mut other = request(json!({}), json!({}));
        (other["httpMethod"], other["path"]) = (method.into(), path.into());
        assert_eq!(status(&other).await.0, expected);
    }
}

#[tokio::test]
async fn numbers_keep_every_digit() {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    invoke_both(&handler, &post("/webhooks/mailjet", &authorization(), BODY).to_string()).await.unwrap();
    let events = database.scan(EVENTS).await;
    assert_eq!(text(events.values().next().unwrap(), "message"), "mailjet:70650219325536063");
}
