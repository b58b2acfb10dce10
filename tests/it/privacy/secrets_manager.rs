//! A Secrets Manager that fails, and quotes the secret in its errors.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use support::database::Database;
use support::environment::environment;
use support::request::{authorization, post};

use super::{function, print_uncaptured};
use crate::output_check::scan::leaks;
use crate::output_check::secrets::Secrets;

const PASSWORD: &str = "correct-horse-battery-staple";
const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:webhooks-of-mailer-a1b2c3";

/// Its answers, and the webhook's status for each.
fn answers() -> Vec<(u16, Value, i64)> {
    let quoted = format!("the secret {ARN} holds mailer:{PASSWORD}");
    let error = |status: u16, name: &str| (status, json!({"__type": name, "message": quoted, "Message": quoted}), 503);
    let holding = |text: Value| json!({"ARN": ARN, "Name": "webhooks-of-mailer", "SecretString": text});
    let good = json!({"username": "mailer", "password": PASSWORD}).to_string();
    vec![
        error(400, "AccessDeniedException"),
        error(400, "DecryptionFailure"),
        error(400, "InvalidRequestException"),
        error(400, "ResourceNotFoundException"),
        error(400, "ThrottlingException"),
        error(500, "InternalServiceError"),
        (200, json!(quoted), 503),
        (200, holding(json!({"password": PASSWORD})), 503),
        (200, holding(json!(PASSWORD)), 503),
        (200, holding(json!(format!("{{\"username\":\"mailer\",\"password\":\"{PASSWORD}"))), 503),
        (200, holding(json!(format!("{{\"username\":\"a:b\",\"password\":\"{PASSWORD}\"}}"))), 503),
        (200, json!({"ARN": ARN, "SecretBinary": PASSWORD}), 503),
        (200, holding(json!(good)), 401),
    ]
}

async fn serve(status: u16, answer: &Value) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = (StatusCode::from_u16(status).unwrap(), answer.to_string());
    let routes = Router::new().fallback(async |State(answer): State<(StatusCode, String)>| answer).with_state(answer);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

#[tokio::test]
async fn a_secrets_manager_that_fails_is_not_quoted() {
    let database = Database::start().await;
    let answers = answers();
    let outcomes = answers.iter().map(|(status, answer, expected)| {
        let environment = environment(&database);
        async move {
            let endpoint = serve(*status, answer).await;
            let settings = [
                ("WEBHOOK_CREDENTIALS", ""),
                ("WEBHOOK_SECRET_ARN", ARN),
                ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &endpoint),
            ];
            let mut function = function(environment, &settings).await;
            let body = r#"{"event":"open","time":1763600000,"email":"jane.doe@example.com"}"#;
            let request = post("/webhooks/mailjet", &authorization(), body).to_string();
            assert_eq!(function.invoke(&request).await.unwrap()["statusCode"], *expected, "{status} {answer}");
            let output = function.stop().await;
            let secrets = Secrets::default().with_credential("the secret", PASSWORD).with("its name", ARN);
            assert_eq!(leaks(&output, &secrets, &[]), [], "{status} {answer}");
            output.lines().count()
        }
    });
    let lines: usize = futures_util::future::join_all(outcomes).await.into_iter().sum();
    print_uncaptured(&format!("{} answers of Secrets Manager: {lines} lines", answers.len()));
}
