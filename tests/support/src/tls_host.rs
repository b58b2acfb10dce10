//! A TLS host on this machine that misbehaves as SNS should not, and one for other servers.
//!
//! A proxy setting leads the client under test here: it requests a tunnel to the real host, and finds this host at its
//! end. So the test covers the client's own name check, limits and timeouts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::authority::{AUTHORITY, Request, issue, rsa_key};

/// What the host does with a request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// It answers with a status and a body.
    Answer(u16, String),
    /// It redirects the client to another host.
    Redirect(u16),
    /// It never stops sending.
    Endless,
    /// It sends a byte from time to time.
    SlowBody,
    /// It never answers.
    Silent,
}

/// A running host.
pub struct TlsHost {
    /// The address of the proxy.
    pub address: SocketAddr,
    paths: Arc<Mutex<Vec<String>>>,
}

impl TlsHost {
    /// Starts a host whose own TLS certificate is issued to `name`.
    pub async fn start(behaviour: Behaviour, name: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let paths: Arc<Mutex<Vec<String>>> = Arc::default();
        let acceptor = TlsAcceptor::from(Arc::new(config(name)));
        let seen = Arc::clone(&paths);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, acceptor.clone(), behaviour.clone(), Arc::clone(&seen)));
            }
        });
        Self { address, paths }
    }

    /// The paths of the requests it received.
    pub fn requests(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }
}

/// A listener at the end of such tunnels to one host.
pub(crate) struct Tunnel {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    request: String,
}

impl Tunnel {
    /// The end of the tunnels to `host` that clients of this listener request.
    pub(crate) fn new(listener: TcpListener, host: &str) -> Self {
        let request = format!("CONNECT {host}:443 ");
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config(host))), request }
    }
}

impl axum::serve::Listener for Tunnel {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else { continue };
            if let Some(stream) = tunnel(stream, &self.request, &self.acceptor).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// Answers the request for a tunnel; `None` if the client rejects the certificate, or disconnects.
async fn tunnel(mut stream: TcpStream, request: &str, acceptor: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
    let asked = head(&mut stream).await;
    assert!(asked.starts_with(request), "{asked}");
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    acceptor.accept(stream).await.ok()
}

fn config(name: &str) -> ServerConfig {
    let key = rsa_key();
    let request = Request { names: vec![name.to_owned()], ..Request::default() };
    let pem = issue(&AUTHORITY.issuer, &key, &request);
    let certificate = der(&pem);
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

fn der(pem: &str) -> CertificateDer<'static> {
    use base64::Engine;
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    CertificateDer::from(base64::engine::general_purpose::STANDARD.decode(body).unwrap())
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, behaviour: Behaviour, paths: Arc<Mutex<Vec<String>>>) {
    let Some(mut stream) = tunnel(stream, "CONNECT sns.us-east-1.amazonaws.com:443 ", &acceptor).await else { return };
    let request = head(&mut stream).await;
    let Some(path) = request.split(' ').nth(1) else { return };
    paths.lock().unwrap().push(path.to_owned());
    let answer = match behaviour {
        Behaviour::Answer(status, body) => {
            format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        }
        Behaviour::Redirect(status) => {
            format!("HTTP/1.1 {status} x\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n")
        }
        Behaviour::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
            return;
        }
        Behaviour::SlowBody => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(b"x").await.is_ok() && stream.flush().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            return;
        }
        Behaviour::Silent => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            return;
        }
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.flush().await;
    let _ = stream.shutdown().await;
}

/// The head of a request, up to the empty line.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
