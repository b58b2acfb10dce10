//! The webhook credential in Secrets Manager: read late, cached, rotated without a deployment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use mail_feedback::error::{Error, Outage};
use mail_feedback::intake::webhook::CredentialStore;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// The content of the server: the text of each version, or nothing.
#[derive(Default)]
struct Versions {
    current: Option<String>,
    previous: Option<String>,
}

#[derive(Clone, Default)]
pub struct Server {
    versions: Arc<Mutex<Versions>>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    async fn start(self) -> CredentialStore {
        CredentialStore::secrets_manager(self.client().await, "arn".to_owned())
    }

    /// Starts the server, and creates a client for it.
    pub async fn client(self) -> Client {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(self);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(endpoint)
            .build();
        Client::from_conf(config)
    }

    /// Sets the texts of both versions.
    pub async fn set(&self, current: Option<String>, previous: Option<String>) {
        let mut versions = self.versions.lock().await;
        (versions.current, versions.previous) = (current, previous);
    }

    async fn hold(&self, current: Option<&str>, previous: Option<&str>) {
        let secret = |password: &str| json!({"username": "u", "password": password}).to_string();
        self.set(current.map(secret), previous.map(secret)).await;
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

async fn answer(State(server): State<Server>, body: Bytes) -> (StatusCode, String) {
    server.requests.fetch_add(1, Ordering::Relaxed);
    let request: Value = serde_json::from_slice(&body).unwrap();
    let versions = server.versions.lock().await;
    let text = match request["VersionStage"].as_str().unwrap() {
        "AWSCURRENT" => &versions.current,
        _ => &versions.previous,
    };
    match text {
        Some(text) => (StatusCode::OK, json!({"ARN": "arn", "Name": "n", "SecretString": text}).to_string()),
        None => (StatusCode::BAD_REQUEST, json!({"__type": "ResourceNotFoundException"}).to_string()),
    }
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000).unwrap()
}

#[tokio::test]
async fn it_is_read_once_and_again_after_a_failed_match_at_most_once_a_minute() {
    let server = Server::default();
    server.hold(Some("one"), None).await;
    let store = server.clone().start().await;
    assert_eq!(server.requests(), 0, "nothing is read before the first request");
    for second in 0..5 {
        assert_eq!(store.accept(Some(b"u:one"), None, at(second)).await, Ok(true));
    }
    assert_eq!(server.requests(), 2, "the current and the previous version, once");
    for second in 5..60 {
        assert_eq!(store.accept(Some(b"u:two"), None, at(second)).await, Ok(false));
    }
    assert_eq!(server.requests(), 2);

    server.hold(Some("two"), Some("one")).await;
    assert_eq!(store.accept(Some(b"u:two"), None, at(60)).await, Ok(true));
    assert_eq!(store.accept(None, Some(b"one"), at(61)).await, Ok(true), "the previous version stays valid");
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_transient() {
    let server = Server::default();
    let store = server.clone().start().await;
    let unavailable = Err(Error::Transient(Outage::Secret));
    assert_eq!(store.accept(Some(b"u:one"), None, at(0)).await, unavailable);
    let requests = server.requests();
    for second in 1..5 {
        assert_eq!(store.accept(Some(b"u:one"), None, at(second)).await, unavailable);
    }
    assert_eq!(server.requests(), requests, "a flood is not passed on");
    server.versions.lock().await.current = Some("{\"password\":\"one\"}".to_owned());
    assert_eq!(store.accept(Some(b"u:one"), None, at(6)).await, unavailable);
    server.hold(Some("one"), None).await;
    assert_eq!(store.accept(Some(b"u:one"), None, at(12)).await, Ok(true), "a failure is soon forgotten");
    server.hold(None, None).await;
    assert_eq!(store.accept(Some(b"u:one"), None, at(2000)).await, Ok(true), "the last read stays valid meanwhile");
    assert_eq!(store.accept(Some(b"u:two"), None, at(2001)).await, unavailable);
}

#[tokio::test]
async fn a_password_that_was_rotated_twice_ends_within_a_quarter_of_an_hour() {
    let server = Server::default();
    server.hold(Some("one"), None).await;
    let store = server.clone().start().await;
    assert_eq!(store.accept(Some(b"u:one"), None, at(0)).await, Ok(true));
    server.hold(Some("three"), Some("two")).await;
    assert_eq!(store.accept(Some(b"u:one"), None, at(899)).await, Ok(true));
    assert_eq!(store.accept(Some(b"u:one"), None, at(900)).await, Ok(false));
    assert_eq!(store.accept(Some(b"u:three"), None, at(901)).await, Ok(true));
}

#[tokio::test]
async fn a_previous_version_of_another_form_does_not_lock_anybody_out() {
    let server = Server::default();
    server.hold(Some("one"), None).await;
    server.versions.lock().await.previous = Some("plain text".to_owned());
    let store = server.start().await;
    assert_eq!(store.accept(Some(b"u:one"), None, at(0)).await, Ok(true));
}
