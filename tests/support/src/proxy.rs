//! A proxy in front of the database that answers, disconnects or stays silent as a test decides.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::fault_batch::PartialBatch;
use crate::http_message::Message;

/// A request to DynamoDB.
pub struct Request {
    /// The operation, such as `PutItem`.
    pub operation: String,
    /// The body.
    pub body: Value,
    /// The head: request line and headers.
    pub head: String,
    /// How many requests came before it, on any connection.
    pub number: usize,
}

/// How a request is answered.
pub enum Reply {
    /// By the database.
    Database,
    /// With this answer, and the database gets nothing.
    Answer(Message),
    /// By the database, which processes a part of the batch.
    Part(PartialBatch),
    /// With these bytes, HTTP or not, and the connection ends.
    Bytes(Vec<u8>),
    /// Not at all, and the connection stays open.
    Silence,
}

/// A connection to the database.
pub(crate) struct Upstream {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Upstream {
    /// Forwards a request to the database and returns its answer.
    pub(crate) async fn forward(&mut self, request: &Message) -> io::Result<Message> {
        request.write(&mut self.stream).await?;
        let answer = Message::read(&mut self.stream, &mut self.rest).await?;
        answer.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// What is sent back to the client.
pub(crate) enum Response {
    /// An answer.
    Answer(Message),
    /// These bytes, before the connection ends.
    Last(Vec<u8>),
}

/// Decides how the requests of a connection are answered.
pub(crate) trait Responder: Send + Sync + 'static {
    /// Answers a request.
    fn answer(&self, request: Message, upstream: &mut Upstream) -> impl Future<Output = io::Result<Response>> + Send;
}

/// Serves the connections of a listener.
pub(crate) async fn serve(listener: TcpListener, target: SocketAddr, responder: Arc<impl Responder>) {
    while let Ok((client, _)) = listener.accept().await {
        // In a separate task, so that a request takes effect even if its client is gone.
        tokio::spawn(serve_connection(client, target, Arc::clone(&responder)));
    }
}

/// Serves a connection until either end closes it.
async fn serve_connection(mut client: TcpStream, target: SocketAddr, responder: Arc<impl Responder>) -> io::Result<()> {
    let mut upstream = Upstream { stream: TcpStream::connect(target).await?, rest: Vec::new() };
    client.set_nodelay(true)?;
    upstream.stream.set_nodelay(true)?;
    let mut rest = Vec::new();
    while let Some(request) = Message::read(&mut client, &mut rest).await? {
        match responder.answer(request, &mut upstream).await? {
            Response::Answer(answer) => answer.write(&mut client).await?,
            Response::Last(bytes) => return client.write_all(&bytes).await,
        }
    }
    Ok(())
}

/// The operation of a request, empty if it is not for DynamoDB.
pub(crate) fn operation(request: &Message) -> String {
    let target = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
    target.unwrap_or_default().to_owned()
}

/// Answers by a test's function of the request.
struct FnResponder<F> {
    choose: F,
    requests: AtomicUsize,
}

impl<F: Fn(&Request) -> Reply + Send + Sync + 'static> Responder for FnResponder<F> {
    async fn answer(&self, message: Message, upstream: &mut Upstream) -> io::Result<Response> {
        let request = Request {
            operation: operation(&message),
            body: message.json(),
            head: message.head().to_owned(),
            number: self.requests.fetch_add(1, Ordering::SeqCst),
        };
        match (self.choose)(&request) {
            Reply::Database => upstream.forward(&message).await.map(Response::Answer),
            Reply::Part(part) => part.forward(message, upstream).await.map(Response::Answer),
            Reply::Answer(answer) => Ok(Response::Answer(answer)),
            Reply::Bytes(bytes) => Ok(Response::Last(bytes)),
            Reply::Silence => std::future::pending().await,
        }
    }
}

/// Starts a proxy in front of a database; returns its address.
pub(crate) async fn start(
    target: SocketAddr,
    choose: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("a bound port");
    tokio::spawn(serve(listener, target, Arc::new(FnResponder { choose, requests: AtomicUsize::new(0) })));
    address
}
