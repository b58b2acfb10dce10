//! A proxy that simulates a failing network and a failing DynamoDB on a schedule.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::fault_batch::PartialBatch;
use crate::fault_mistake::Mistake;
use crate::fault_schedule::{Fault, Schedule};
use crate::http_message::Message;
use crate::proxy::{self, Responder, Response, Upstream};
use crate::seeded::Seeded;

/// The most that a request is delayed, in milliseconds.
const DELAY_MS: usize = 60;

/// The counts of requests and faults.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Requests, including the client's retries.
    pub requests: usize,
    /// Faults of each class.
    pub faults: BTreeMap<Fault, usize>,
    /// Conditional writes that failed.
    pub conflicts: usize,
    /// Reads that were not strongly consistent.
    pub weak_reads: usize,
}

/// The proxy; each client has its own endpoint.
pub struct FaultProxy {
    target: SocketAddr,
    schedule: Schedule,
    mistake: Option<Mistake>,
    counts: Mutex<Counts>,
    in_progress: AtomicUsize,
}

/// A scheduled kill of a client during one of its requests.
pub struct Kill {
    /// In which of its next requests, counted from 0.
    pub after: usize,
    /// Whether that request takes effect.
    pub takes_effect: bool,
    /// Tells the test to kill the client.
    pub notify: oneshot::Sender<()>,
}

/// An endpoint of the proxy for one client.
pub struct ProxyEndpoint {
    /// The endpoint for `AWS_ENDPOINT_URL_DYNAMODB`.
    pub url: String,
    kill: Arc<Mutex<Option<Kill>>>,
    _server: JoinSet<()>,
}

impl ProxyEndpoint {
    /// Schedules a kill of the client of this endpoint, or cancels it.
    pub fn schedule_kill(&self, kill: Option<Kill>) {
        *self.kill.lock().expect("no panic") = kill;
    }
}

/// The proxy's side of an endpoint.
struct EndpointServer {
    proxy: Arc<FaultProxy>,
    kill: Arc<Mutex<Option<Kill>>>,
}

impl Responder for EndpointServer {
    async fn answer(&self, request: Message, upstream: &mut Upstream) -> io::Result<Response> {
        self.proxy.in_progress.fetch_add(1, Ordering::SeqCst);
        let answer = self.proxy.answer(request, upstream, &self.kill).await;
        self.proxy.in_progress.fetch_sub(1, Ordering::SeqCst);
        Ok(answer?.map_or_else(|| Response::Last(Vec::new()), Response::Answer))
    }
}

impl FaultProxy {
    /// Creates a proxy in front of a server; with a mistake, its clients seem to make it.
    pub fn new(target: SocketAddr, schedule: Schedule, mistake: Option<Mistake>) -> Arc<Self> {
        Arc::new(Self { target, schedule, mistake, counts: Mutex::default(), in_progress: AtomicUsize::new(0) })
    }

    /// Opens an endpoint.
    pub async fn open_endpoint(self: &Arc<Self>) -> ProxyEndpoint {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound port"));
        let kill: Arc<Mutex<Option<Kill>>> = Arc::default();
        let mut server = JoinSet::new();
        let endpoint_server = EndpointServer { proxy: Arc::clone(self), kill: Arc::clone(&kill) };
        server.spawn(proxy::serve(listener, self.target, Arc::new(endpoint_server)));
        ProxyEndpoint { url, kill, _server: server }
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// Waits until no request is in progress, not even one whose client is gone.
    pub async fn settle(&self) {
        while self.in_progress.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("no panic")
    }

    /// The answer to a request; `None`: the connection breaks instead.
    async fn answer(
        &self,
        request: Message,
        upstream: &mut Upstream,
        kill: &Mutex<Option<Kill>>,
    ) -> io::Result<Option<Message>> {
        let operation = proxy::operation(&request);
        let number = self.number(&operation, &request);
        if let Some(kill) = due(kill) {
            if kill.takes_effect {
                upstream.forward(&request).await?;
            }
            let _ = kill.notify.send(());
            return Ok(None);
        }
        let fault = self.schedule.fault(number, operation.starts_with("Batch"));
        if let Some(fault) = fault {
            *self.lock().faults.entry(fault).or_default() += 1;
        }
        let request = self.mistake.map_or_else(|| request.clone(), |mistake| mistake.request(&operation, &request));
        let mut random = Seeded::new(self.schedule.seed ^ number as u64);
        let answer = match fault {
            None => upstream.forward(&request).await?,
            Some(Fault::Throttle) => throttled(&mut random),
            Some(Fault::ServerError) => server_error(),
            Some(Fault::ServerErrorAfter) => {
                upstream.forward(&request).await?;
                server_error()
            }
            Some(Fault::DropBefore) => return Ok(None),
            Some(Fault::DropAfter) => {
                upstream.forward(&request).await?;
                return Ok(None);
            }
            Some(Fault::Delay) => {
                tokio::time::sleep(Duration::from_millis(random.below(DELAY_MS) as u64)).await;
                upstream.forward(&request).await?
            }
            Some(Fault::Stall) => {
                tokio::time::sleep(self.schedule.stall).await;
                upstream.forward(&request).await?
            }
            Some(Fault::Unprocessed) => {
                let partial = PartialBatch::new(&operation, &request.json(), &mut random);
                partial.forward(request, upstream).await?
            }
        };
        if answer.text().contains("ConditionalCheckFailed") {
            self.lock().conflicts += 1;
        }
        Ok(Some(self.mistake.map_or_else(|| answer.clone(), |mistake| mistake.answer(&operation, &answer))))
    }

    /// Counts a request and returns its number.
    fn number(&self, operation: &str, request: &Message) -> usize {
        let is_weak = matches!(operation, "GetItem" | "BatchGetItem" | "Query") && is_weak(&request.json());
        let mut counts = self.lock();
        counts.weak_reads += usize::from(is_weak);
        counts.requests += 1;
        counts.requests - 1
    }
}

/// Whether a read may miss the latest write; the read of certificates at the start does not count, since they are
/// checked at each use.
fn is_weak(body: &Value) -> bool {
    let is_strong = |request: &Value| request["ConsistentRead"] == true;
    let tables = body["RequestItems"].as_object();
    let all_strong = tables.map_or_else(|| is_strong(body), |tables| tables.values().all(is_strong));
    !all_strong && body["Key"]["address"]["S"] != "-"
}

/// The kill that is due now.
fn due(kill: &Mutex<Option<Kill>>) -> Option<Kill> {
    let mut set = kill.lock().expect("no panic");
    match &mut *set {
        Some(kill) if kill.after > 0 => {
            kill.after -= 1;
            None
        }
        _ => set.take(),
    }
}

fn throttled(random: &mut Seeded) -> Message {
    let code = random.pick(&["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"]);
    Message::answer("400 Bad Request", &error(code))
}

fn server_error() -> Message {
    Message::answer("500 Internal Server Error", &error("InternalServerError"))
}

fn error(code: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "injected"})
}
