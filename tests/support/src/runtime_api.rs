//! Runs a binary with a Runtime API, as Lambda does.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;

/// The answer to an invocation, or the error that the function reported.
pub type Outcome = Result<Value, Value>;

/// The beginning of every invocation id; its number follows.
pub const REQUEST: &str = "c2b8a1f4-06d9-4f3e-8a57-";
/// How long an answer may take before the test fails.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// The deadline of an invocation without a time limit, in Unix milliseconds.
const NO_DEADLINE: u128 = 4_102_444_800_000;

/// Checks what was written during an invocation, the invocation and its outcome; returns what is wrong.
pub type OutputCheck = Box<dyn Fn(&str, &str, &Outcome) -> Result<(), String> + Send + Sync>;

/// An invocation, and its deadline in Unix milliseconds.
type Event = (String, u128);

/// A running function.
pub struct Function {
    events: mpsc::Sender<Event>,
    outcomes: mpsc::Receiver<Outcome>,
    shared: Arc<Shared>,
    started: Instant,
    child: Child,
    /// Standard output and error: a file, so that everything written before an answer is available with the answer.
    output: File,
    output_check: Option<OutputCheck>,
    /// How many bytes of the output were checked.
    checked: u64,
    /// The Runtime API, which stops with this value.
    _server: JoinSet<()>,
}

struct Shared {
    events: Mutex<mpsc::Receiver<Event>>,
    outcomes: mpsc::Sender<Outcome>,
    /// When the function first asked for an invocation.
    asked: watch::Sender<Option<Instant>>,
    /// How many invocations it received.
    invocations: AtomicU64,
}

impl Function {
    /// Starts a program for the Runtime API, with an environment and nothing else of this process's.
    pub async fn start(program: &Path, environment: &[(String, String)]) -> Self {
        let (events, received) = mpsc::channel(1);
        let (sent, outcomes) = mpsc::channel(1);
        let (events_received, asked) = (Mutex::new(received), watch::Sender::new(None));
        let shared = Shared { events: events_received, outcomes: sent, asked, invocations: AtomicU64::new(0) };
        let shared = Arc::new(shared);
        let output = unnamed();
        let (address, server) = serve(Arc::clone(&shared)).await;
        let started = Instant::now();
        let child = Command::new(program)
            .env_clear()
            .envs(environment.iter().cloned())
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "mail-feedback")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/mail-feedback")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a file"))
            .stderr(output.try_clone().expect("a file"))
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        Self { events, outcomes, shared, started, child, _server: server, output, output_check: None, checked: 0 }
    }

    /// The same function, with a check of each invocation.
    #[must_use]
    pub fn checked_by(mut self, output_check: OutputCheck) -> Self {
        self.output_check = Some(output_check);
        self
    }

    /// How long after its start the function asked for its first invocation.
    pub async fn until_ready(&self) -> Duration {
        let mut asked = self.shared.asked.subscribe();
        let at = tokio::time::timeout(ANSWER_LIMIT, asked.wait_for(Option::is_some)).await.expect("it asks in time");
        at.expect("the server runs").expect("a time") - self.started
    }

    /// The peak memory so far in KiB, as Linux reports it.
    pub fn peak_memory_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id().expect("it runs"));
        let status = std::fs::read_to_string(path).expect("the status of the process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// The CPU time of its only thread so far, as Linux reports it.
    pub fn cpu(&self) -> Duration {
        let path = format!("/proc/{}/schedstat", self.child.id().expect("it runs"));
        let text = std::fs::read_to_string(path).expect("the times of the process");
        Duration::from_nanos(text.split(' ').next().and_then(|first| first.parse().ok()).expect("a number"))
    }

    /// Sends one invocation and waits for its outcome.
    ///
    /// # Errors
    /// The error that the function reported.
    ///
    /// # Panics
    /// With the findings of the check.
    pub async fn invoke(&mut self, payload: &str) -> Outcome {
        self.events.send((payload.to_owned(), NO_DEADLINE)).await.expect("the server runs");
        let outcome = tokio::time::timeout(ANSWER_LIMIT, self.outcomes.recv()).await;
        let outcome = outcome.expect("the function answers in time").expect("the server runs");
        self.check_output(payload, &outcome);
        outcome
    }

    fn check_output(&mut self, payload: &str, outcome: &Outcome) {
        let Some(output_check) = &self.output_check else { return };
        let written = self.written_since(self.checked);
        self.checked += written.len() as u64;
        output_check(&written, payload, outcome).unwrap_or_else(|found| panic!("{found}"));
    }

    /// What it has written to standard output and error so far, from a byte on.
    pub fn written_since(&self, start: u64) -> String {
        let length = self.output.metadata().expect("a file").len() - start;
        let mut bytes = vec![0; usize::try_from(length).expect("it fits into memory")];
        self.output.read_exact_at(&mut bytes, start).expect("the file can be read");
        String::from_utf8(bytes).expect("its output is text")
    }

    /// Sends one invocation with a time limit; without an outcome by then Lambda kills the function, and so must the
    /// test.
    pub async fn invoke_within(&mut self, payload: &str, limit: Duration) -> Option<Outcome> {
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock") + limit;
        self.events.send((payload.to_owned(), deadline.as_millis())).await.expect("the server runs");
        let outcome = tokio::time::timeout(limit, self.outcomes.recv()).await.ok()?;
        Some(outcome.expect("the server runs"))
    }

    /// Kills the function, whatever it is doing, and returns everything it wrote to standard output and error.
    pub async fn stop(mut self) -> String {
        self.child.start_kill().expect("the function can be stopped");
        self.ended().await.1
    }

    /// Waits until the function exits; returns its exit code and what it wrote.
    pub async fn ended(mut self) -> (Option<i32>, String) {
        let ended = tokio::time::timeout(ANSWER_LIMIT, self.child.wait()).await;
        let status = ended.expect("the function ends in time").expect("its end can be seen");
        (status.code(), self.written_since(0))
    }
}

/// A file that exists only as long as it is open; every writer appends.
fn unnamed() -> File {
    static FILES: AtomicU64 = AtomicU64::new(0);
    let nth = FILES.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("mail-feedback-output-{}-{nth}", std::process::id()));
    let file = File::options().read(true).append(true).create_new(true).open(&path).expect("a new file");
    std::fs::remove_file(path).expect("the file is ours");
    file
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
    let nth = shared.invocations.fetch_add(1, Ordering::Relaxed);
    let id = HeaderValue::try_from(format!("{REQUEST}{nth:012x}")).expect("an id is ASCII");
    let deadline = HeaderValue::try_from(deadline.to_string()).expect("digits");
    let mut headers = HeaderMap::from_iter([
        (HeaderName::from_static("lambda-runtime-aws-request-id"), id),
        (HeaderName::from_static("lambda-runtime-deadline-ms"), deadline),
    ]);
    for (name, value) in [
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
