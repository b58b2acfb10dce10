//! A minimal HTTP/1.1 client for servers on this machine.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request to a server.
pub(super) struct Request<'r> {
    /// `GET` or `POST`.
    pub(super) method: &'r str,
    /// Path and query.
    pub(super) target: &'r str,
    /// `user:password`.
    pub(super) credential: Option<&'r str>,
    /// The body; JSON, if there is one.
    pub(super) body: &'r str,
}

/// The answer of a server.
pub(super) struct Response {
    /// The status code.
    pub(super) status: u16,
    /// The body, without its transfer encoding.
    pub(super) body: String,
}

/// Sends a request over its own connection and waits for the whole answer, within a limit.
pub(super) async fn send(address: SocketAddr, request: &Request<'_>, limit: Duration) -> Result<Response, Error> {
    let exchange = tokio::time::timeout(limit, exchange(address, request));
    exchange.await.map_err(|_| Error::new(ErrorKind::TimedOut, format!("no answer within {} s", limit.as_secs())))?
}

async fn exchange(address: SocketAddr, request: &Request<'_>) -> Result<Response, Error> {
    let Request { method, target, credential, body } = request;
    let basic = |pair| format!("Authorization: Basic {}\r\n", STANDARD.encode(pair));
    let authorization = credential.map_or_else(String::new, basic);
    let length = body.len();
    let message = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{authorization}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(message.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    parse(&answer).ok_or_else(|| Error::new(ErrorKind::InvalidData, "the answer is not HTTP"))
}

/// Splits an answer that was read until the connection closed.
fn parse(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, rest) = answer.split_at_checked(end)?;
    let body = rest.get(4..)?;
    let head = std::str::from_utf8(head).ok()?.to_ascii_lowercase();
    let status = head.split_ascii_whitespace().nth(1)?.parse().ok()?;
    let chunked = head.lines().any(|line| line.starts_with("transfer-encoding:") && line.ends_with("chunked"));
    let body = if chunked { unchunk(body)? } else { body.to_vec() };
    Some(Response { status, body: String::from_utf8(body).ok()? })
}

/// Joins the chunks of a body.
fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..line)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let (chunk, after) = rest.get(line.checked_add(2)?..)?.split_at_checked(size)?;
        body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n")?;
    }
}
