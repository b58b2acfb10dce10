//! One HTTPS GET with every limit it needs.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long the whole request may take: well below the 15 seconds that SNS waits for an answer.
const TOTAL: Duration = Duration::from_secs(5);

/// Fetches small documents over HTTPS.
///
/// It follows no redirect, keeps no cookie and uses a proxy only if the environment names one. The client, including
/// the platform's root certificates, is created at the first fetch.
#[derive(Debug, Default)]
pub struct Fetcher {
    connector: OnceLock<SharedHttpConnector>,
}

/// Why there is no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotFetched {
    /// The host says that no such document exists, or refuses it to everybody.
    Denied,
    /// The host is unreachable, or its answer says nothing about the document.
    Failed,
}

impl Fetcher {
    /// Creates a fetcher with a custom connector.
    #[must_use]
    pub fn over(connector: impl HttpConnector + 'static) -> Self {
        Self { connector: OnceLock::from(SharedHttpConnector::new(connector)) }
    }

    /// Creates a fetcher with custom roots and a proxy, and all limits of the default one.
    #[must_use]
    pub fn through(tls: TlsContext, proxy: ProxyConfig) -> Self {
        Self::over(https(tls, proxy))
    }

    /// The body of a 200 answer of at most `limit` bytes.
    ///
    /// # Errors
    /// Any other answer, or none.
    pub(super) async fn get(&self, url: &str, limit: usize) -> Result<Vec<u8>, NotFetched> {
        let request = HttpRequest::get(url).map_err(|_| NotFetched::Failed)?;
        let connector = self
            .connector
            .get_or_init(|| SharedHttpConnector::new(https(TlsContext::default(), ProxyConfig::from_env())));
        let read = tokio::time::timeout(TOTAL, read(connector, request, limit));
        read.await.unwrap_or(Err(NotFetched::Failed))
    }
}

async fn read(connector: &SharedHttpConnector, request: HttpRequest, limit: usize) -> Result<Vec<u8>, NotFetched> {
    let response = connector.call(request).await.map_err(|_| NotFetched::Failed)?;
    match response.status().as_u16() {
        200 => {}
        403 | 404 => return Err(NotFetched::Denied),
        _ => return Err(NotFetched::Failed),
    }
    let mut stream = ByteStream::new(response.into_body());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.map_err(|_| NotFetched::Failed)?);
        if body.len() > limit {
            return Err(NotFetched::Failed);
        }
    }
    Ok(body)
}

fn https(tls: TlsContext, proxy: ProxyConfig) -> Connector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(TOTAL).build();
    Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(tls)
        .connector_settings(settings)
        .proxy_config(proxy)
        .build()
}
