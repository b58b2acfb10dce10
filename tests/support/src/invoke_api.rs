//! The part of Lambda's API that senders use, for functions on this machine.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::runtime_api::Function;
use crate::tls_host::Tunnel;

/// The host of Lambda in the region of the tests.
pub const HOST: &str = "lambda.us-east-1.amazonaws.com";

/// What an invocation reaches.
pub enum Target {
    /// A running function; it handles one invocation at a time.
    Function(Box<Function>),
    /// Nothing: this is the answer.
    Answer(Value),
}

/// The running API, which stops with this value.
pub struct InvokeApi {
    /// Where it listens. `GET /questions` returns the payloads since the previous such request.
    pub address: SocketAddr,
    routes: Router,
    servers: JoinSet<()>,
}

struct Shared {
    targets: BTreeMap<String, Mutex<Target>>,
    questions: std::sync::Mutex<Vec<Value>>,
}

impl InvokeApi {
    /// Serves functions by name on a free port.
    pub async fn start(targets: impl IntoIterator<Item = (String, Target)>) -> Self {
        let (listener, address) = listen().await;
        let targets = targets.into_iter().map(|(name, target)| (name, Mutex::new(target))).collect();
        let routes = Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .route("/questions", get(questions))
            .with_state(Arc::new(Shared { targets, questions: std::sync::Mutex::default() }));
        let mut servers = JoinSet::new();
        let served = routes.clone();
        servers.spawn(async move { axum::serve(listener, served).await.expect("the server runs") });
        Self { address, routes, servers }
    }

    /// The endpoint for `AWS_ENDPOINT_URL_LAMBDA`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts a proxy for `HTTPS_PROXY`, for clients that know no other endpoint than [`HOST`], and returns its URL.
    pub async fn start_proxy(&mut self) -> String {
        let (listener, address) = listen().await;
        let (tunnel, served) = (Tunnel::new(listener, HOST), self.routes.clone());
        self.servers.spawn(async move { axum::serve(tunnel, served).await.expect("the server runs") });
        format!("http://{address}")
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("a bound port");
    (listener, address)
}

async fn invoke(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    payload: Bytes,
) -> (StatusCode, HeaderMap, Json<Value>) {
    let Some(target) = shared.targets.get(&name) else {
        let error = json!({"Type": "User", "Message": format!("Function not found: {name}")});
        return (StatusCode::NOT_FOUND, header("x-amzn-errortype", "ResourceNotFoundException"), Json(error));
    };
    let payload = std::str::from_utf8(&payload).expect("a payload is text");
    let question = serde_json::from_str(payload).expect("Lambda accepts JSON only");
    shared.questions.lock().unwrap_or_else(PoisonError::into_inner).push(question);
    let outcome = match &mut *target.lock().await {
        Target::Function(function) => function.invoke(payload).await,
        Target::Answer(answer) => Ok(answer.clone()),
    };
    match outcome {
        Ok(answer) => (StatusCode::OK, HeaderMap::new(), Json(answer)),
        Err(error) => (StatusCode::OK, header("x-amz-function-error", "Unhandled"), Json(error)),
    }
}

async fn questions(State(shared): State<Arc<Shared>>) -> Json<Vec<Value>> {
    Json(std::mem::take(&mut *shared.questions.lock().unwrap_or_else(PoisonError::into_inner)))
}

fn header(name: &'static str, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
}
