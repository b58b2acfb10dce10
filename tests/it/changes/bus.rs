//! A stand-in for EventBridge, which notes what it accepts.

use std::sync::{Arc, Mutex};

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Instead of an error code: no answer ever.
pub const SILENCE: &str = "silence";
/// Instead of an error code: an answer that nobody can read.
pub const GARBLED: &str = "garbled";
/// The error code of a call that EventBridge fails for a reason of its own; others are the caller's.
pub const FAULT: &str = "InternalException";

/// Decides about each entry of the nth call: `None` accepts it, an error code refuses it. An error instead of a list
/// fails the whole call.
type Choice = dyn Fn(usize, &[Value]) -> Result<Vec<Option<&'static str>>, &'static str> + Send + Sync;

/// The stand-in; it ends with this value.
pub struct EventBus {
    /// Its endpoint.
    pub endpoint: String,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

struct Shared {
    calls: Mutex<Vec<Vec<Value>>>,
    accepted: Mutex<Vec<Value>>,
    choose: Box<Choice>,
}

impl EventBus {
    /// A bus that accepts everything.
    pub async fn start() -> Self {
        Self::choosing(|_, entries| Ok(vec![None; entries.len()])).await
    }

    /// A bus that accepts some entries.
    pub async fn choosing(
        choose: impl Fn(usize, &[Value]) -> Result<Vec<Option<&'static str>>, &'static str> + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared = Shared { calls: Mutex::default(), accepted: Mutex::default(), choose: Box::new(choose) };
        let shared = Arc::new(shared);
        let routes = Router::new().route("/", post(put_events)).with_state(Arc::clone(&shared));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { endpoint, shared, _server: server }
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        client_of(&self.endpoint)
    }

    /// The entries of each call, in order.
    pub fn calls(&self) -> Vec<Vec<Value>> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// The entries that it accepted, in order.
    pub fn accepted(&self) -> Vec<Value> {
        self.shared.accepted.lock().unwrap().clone()
    }

    /// The `detail` of each accepted entry.
    pub fn details(&self) -> Vec<Value> {
        self.accepted().iter().map(detail).collect()
    }
}

/// A client of an endpoint.
pub fn client_of(endpoint: &str) -> Client {
    let config = aws_sdk_eventbridge::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(endpoint)
        .build();
    Client::from_conf(config)
}

/// The `detail` of an entry.
pub fn detail(entry: &Value) -> Value {
    serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap()
}

async fn put_events(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    assert_eq!(headers["x-amz-target"], "AWSEvents.PutEvents");
    let request: Value = serde_json::from_str(&body).unwrap();
    let entries = request["Entries"].as_array().unwrap().clone();
    let nth = {
        let mut calls = shared.calls.lock().unwrap();
        calls.push(entries.clone());
        calls.len() - 1
    };
    match (shared.choose)(nth, &entries) {
        Ok(codes) => {
            let answers = entries.iter().zip(&codes).map(|(entry, code)| {
                if let Some(code) = code {
                    return json!({"ErrorCode": code, "ErrorMessage": entry["Detail"]});
                }
                shared.accepted.lock().unwrap().push(entry.clone());
                json!({"EventId": "1"})
            });
            let answers: Vec<_> = answers.collect();
            let failed = codes.iter().flatten().count();
            (StatusCode::OK, json!({"FailedEntryCount": failed, "Entries": answers}).to_string())
        }
        Err(SILENCE) => std::future::pending().await,
        Err(GARBLED) => (StatusCode::OK, "<html>".to_owned()),
        Err(code) => {
            let status = if code == FAULT { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
            (status, json!({"__type": code, "message": body}).to_string())
        }
    }
}
