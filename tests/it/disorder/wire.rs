//! The connection to the database, on which a test can delay, lose and fail requests.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use support::client::client_over;
use support::database::{EVENTS, SUPPRESSIONS};
use support::seeded::Seeded;
use tokio::sync::oneshot;

tokio::task_local! {
    /// The gate and the number of the handler that is being polled.
    pub static HANDLER: (Gate, usize);
}

/// The result of a request.
pub type Answer = Result<HttpResponse, ConnectorError>;

/// A request in hand.
pub struct Request {
    /// The DynamoDB operation.
    pub operation: String,
    body: Vec<u8>,
}

/// A request at the gate.
pub struct Waiting {
    /// The number of its handler.
    pub handler: usize,
    /// The request.
    pub request: Request,
    /// Where its answer is sent.
    pub answer: oneshot::Sender<Answer>,
}

/// Where the requests of a schedule's handlers wait until the schedule lets one pass.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<Vec<Waiting>>>);

impl Gate {
    /// The waiting requests.
    pub fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap()
    }
}

/// The counts of requests.
#[derive(Debug, Default)]
pub struct Counts {
    /// All of them.
    pub requests: AtomicUsize,
    /// Writes of suppression records that found another version.
    pub conflicts: AtomicUsize,
}

/// The embedded DynamoDB, reached without a socket.
#[derive(Clone)]
pub struct Wire {
    database: Arc<dynoxide::Database>,
    /// The counts.
    pub counts: Arc<Counts>,
    /// Requests that pass no gate take a random time, up to this many milliseconds.
    latency_ms: usize,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let request = Request { operation, body: request.body().bytes().unwrap().to_vec() };
        match HANDLER.try_with(Clone::clone) {
            Ok((gate, handler)) => {
                let (answer, answered) = oneshot::channel();
                gate.waiting().push(Waiting { handler, request, answer });
                HttpConnectorFuture::new(async move { answered.await.unwrap_or_else(|_| Err(lost())) })
            }
            Err(_) if self.latency_ms == 0 => HttpConnectorFuture::ready(Ok(self.serve(&request))),
            Err(_) => {
                let wire = self.clone();
                let nth = wire.counts.requests.load(Ordering::Relaxed);
                let ms = Seeded::new(u64::try_from(nth).unwrap()).below(wire.latency_ms);
                HttpConnectorFuture::new(async move {
                    tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap())).await;
                    Ok(wire.serve(&request))
                })
            }
        }
    }
}

/// What a handler sees if the network lost a request or an answer.
pub fn lost() -> ConnectorError {
    ConnectorError::io("lost on the way".into())
}

impl Wire {
    /// A connection to a new database with both tables.
    pub fn new(latency_ms: usize) -> Self {
        let database = Arc::new(dynoxide::Database::memory().unwrap());
        let wire = Self { database, counts: Arc::default(), latency_ms };
        for (table, keys) in
            [(EVENTS, &[("address", "HASH"), ("event", "RANGE")][..]), (SUPPRESSIONS, &[("address", "HASH")])]
        {
            let attributes = keys.iter().map(|(name, _)| json!({"AttributeName": name, "AttributeType": "S"}));
            let schema = keys.iter().map(|(name, kind)| json!({"AttributeName": name, "KeyType": kind}));
            let request = json!({
                "TableName": table,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": attributes.collect::<Vec<_>>(),
                "KeySchema": schema.collect::<Vec<_>>(),
            });
            wire.database.create_table(serde_json::from_value(request).unwrap()).unwrap();
        }
        wire
    }

    /// A client that uses this connection without retries.
    pub fn client(&self) -> Client {
        client_over(self.clone())
    }

    /// Lets a request take effect.
    pub fn serve(&self, request: &Request) -> HttpResponse {
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        let database = &self.database;
        let body = &request.body;
        let answer = match request.operation.as_str() {
            "GetItem" => answer(body, |request| database.get_item(request)),
            "PutItem" => answer(body, |request| database.put_item(request)),
            "BatchGetItem" => answer(body, |request| database.batch_get_item(request)),
            "BatchWriteItem" => answer(body, |request| database.batch_write_item(request)),
            "Query" => answer(body, |request| database.query(request)),
            other => panic!("an operation without a way: {other}"),
        };
        let (status, text) = answer;
        if text.contains("ConditionalCheckFailed") {
            self.counts.conflicts.fetch_add(1, Ordering::Relaxed);
        }
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(text))
    }
}

fn answer<Q: DeserializeOwned, A: Serialize>(body: &[u8], operate: impl Fn(Q) -> dynoxide::Result<A>) -> (u16, String) {
    match operate(serde_json::from_slice(body).unwrap()) {
        Ok(answer) => (200, serde_json::to_string(&answer).unwrap()),
        Err(error) => (error.status_code(), error.to_json()),
    }
}
