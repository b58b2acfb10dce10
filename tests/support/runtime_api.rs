//! A binary, driven through a Runtime API as Lambda drives it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

/// The answer to an invocation, or the error that the function reported.
pub type Outcome = Result<Value, Value>;

/// How long an answer may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// The deadline of an invocation that has all the time it wants, in Unix milliseconds.
const NO_DEADLINE: u128 = 4_102_444_800_000;

/// An invocation, and its deadline in Unix milliseconds.
type Event = (String, u128);

/// A running function.
pub struct Function {
    events: mpsc::Sender<Event>,
    outcomes: mpsc::Receiver<Outcome>,
    shared: Arc<Shared>,
    started: Instant,
    child: Child,
    /// The Runtime API, which ends with it.
    _server: JoinSet<()>,
    /// Standard output and error, read from the start: a full pipe would stop the function.
    output: [JoinHandle<String>; 2],
}

struct Shared {
    events: Mutex<mpsc::Receiver<Event>>,
    outcomes: mpsc::Sender<Outcome>,
    /// When the function first asked for an invocation.
    asked: watch::Sender<Option<Instant>>,
}

impl Function {
    /// Starts the binary of the package under an environment and nothing else of this process's.
    pub async fn start(environment: &[(String, String)]) -> Self {
        let Some(program) = option_env!("CARGO_BIN_EXE_mail-feedback") else { panic!("for tests and benches only") };
        Self::start_program(Path::new(program), environment).await
    }

    /// Starts a program that speaks to the Runtime API.
    pub async fn start_program(program: &Path, environment: &[(String, String)]) -> Self {
        let (events, received) = mpsc::channel(1);
        let (sent, outcomes) = mpsc::channel(1);
        let shared = Arc::new(Shared { events: Mutex::new(received), outcomes: sent, asked: watch::Sender::new(None) });
        let (address, server) = serve(Arc::clone(&shared)).await;
        let started = Instant::now();
        let mut child = Command::new(program)
            .env_clear()
            .envs(environment.iter().cloned())
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "mail-feedback")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/mail-feedback")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let output = [read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap())];
        Self { events, outcomes, shared, started, child, _server: server, output }
    }

    /// How long after its start the function asked for its first invocation.
    pub async fn until_ready(&self) -> Duration {
        let mut asked = self.shared.asked.subscribe();
        let at = tokio::time::timeout(PATIENCE, asked.wait_for(Option::is_some)).await.expect("it asks in time");
        at.expect("the server runs").expect("a time") - self.started
    }

    /// The most memory it has had at once so far, in KiB; Linux tells.
    pub fn peak_memory_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id().expect("it runs"));
        let status = std::fs::read_to_string(path).expect("Linux tells");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Sends one invocation and waits for its outcome.
    pub async fn invoke(&mut self, payload: &str) -> Outcome {
        self.events.send((payload.to_owned(), NO_DEADLINE)).await.expect("the server runs");
        let outcome = tokio::time::timeout(PATIENCE, self.outcomes.recv()).await;
        outcome.expect("the function answers in time").expect("the server runs")
    }

    /// Sends one invocation with a time limit; without an outcome by then Lambda ends the function, and so must the
    /// test.
    pub async fn invoke_within(&mut self, payload: &str, limit: Duration) -> Option<Outcome> {
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock") + limit;
        self.events.send((payload.to_owned(), deadline.as_millis())).await.expect("the server runs");
        let outcome = tokio::time::timeout(limit, self.outcomes.recv()).await.ok()?;
        Some(outcome.expect("the server runs"))
    }

    /// Kills the function, whatever it is at, and gives everything it wrote to standard output and error.
    pub async fn stop(mut self) -> String {
        self.child.start_kill().expect("the function can be stopped");
        self.output().await
    }

    /// Waits until the function ends by itself; gives its exit code and what it wrote.
    pub async fn ended(mut self) -> (Option<i32>, String) {
        let output = self.output().await;
        let status = self.child.wait().await.expect("the function ends");
        (status.code(), output)
    }

    async fn output(&mut self) -> String {
        let mut written = String::new();
        for part in &mut self.output {
            let text = tokio::time::timeout(PATIENCE, part).await.expect("the function ends in time");
            written += &text.expect("its output is text");
        }
        written
    }
}

fn read(mut pipe: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<String> {
    tokio::spawn(async move {
        let mut text = String::new();
        pipe.read_to_string(&mut text).await.expect("its output is text");
        text
    })
}

async fn serve(shared: Arc<Shared>) -> (SocketAddr, JoinSet<()>) {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("a bound port");
    let routes = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .with_state(shared);
    let mut server = JoinSet::new();
    server.spawn(async move { axum::serve(listener, routes).await.expect("the server runs") });
    (address, server)
}

async fn next(State(shared): State<Arc<Shared>>) -> (HeaderMap, String) {
    shared.asked.send_if_modified(|asked| asked.is_none().then(|| *asked = Some(Instant::now())).is_some());
    let (payload, deadline) = match shared.events.lock().await.recv().await {
        Some(event) => event,
        None => std::future::pending().await,
    };
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-deadline-ms", HeaderValue::try_from(deadline.to_string()).expect("digits"));
    for (name, value) in [
        ("lambda-runtime-aws-request-id", "7f0c36a1-93c5-4b7e-9d3e-6a1f1f0e2d3c"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:mail-feedback"),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    (headers, payload)
}

async fn response(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    shared.outcomes.send(Ok(json(&body))).await.map_or(StatusCode::GONE, |()| StatusCode::ACCEPTED)
}

async fn error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    shared.outcomes.send(Err(json(&body))).await.map_or(StatusCode::GONE, |()| StatusCode::ACCEPTED)
}

fn json(body: &Bytes) -> Value {
    serde_json::from_slice(body).expect("the function answers JSON")
}
