//! As much of CloudWatch as answers `GetMetricData`, over HTTP and in CBOR.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::cbor;

/// A metric that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The value of its only dimension.
    pub of: String,
    /// `Sum`, `Maximum`.
    pub statistic: String,
}

/// The values of a metric, each with its Unix seconds.
type Values = dyn Fn(&Asked) -> Vec<(i64, f64)> + Send + Sync;

/// A running server.
#[derive(Clone)]
pub struct MetricsApi {
    /// Where it listens.
    pub address: SocketAddr,
    calls: Arc<Mutex<Vec<Vec<Asked>>>>,
}

#[derive(Clone)]
struct Server {
    values: Arc<Values>,
    denies: bool,
    calls: Arc<Mutex<Vec<Vec<Asked>>>>,
}

impl MetricsApi {
    /// Starts a server in the background that has these values.
    pub async fn start(values: impl Fn(&Asked) -> Vec<(i64, f64)> + Send + Sync + 'static) -> Self {
        Self::serve(values, false).await
    }

    /// Starts one that denies everything.
    pub async fn denying() -> Self {
        Self::serve(|_| Vec::new(), true).await
    }

    async fn serve(values: impl Fn(&Asked) -> Vec<(i64, f64)> + Send + Sync + 'static, denies: bool) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let calls = Arc::new(Mutex::new(Vec::new()));
        let server = Server { values: Arc::new(values), denies, calls: Arc::clone(&calls) };
        let routes = Router::new().fallback(answer).with_state(server);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, calls }
    }

    /// The metrics of each call so far.
    pub fn calls(&self) -> Vec<Vec<Asked>> {
        self.calls.lock().expect("no panic in here").clone()
    }
}

async fn answer(State(server): State<Server>, uri: Uri, body: Bytes) -> Response {
    assert!(uri.path().ends_with("/operation/GetMetricData"), "{uri}");
    if server.denies {
        let denied = json!({"__type": "com.amazonaws.cloudwatch#AccessDenied", "message": "not authorized"});
        return cbor_response(StatusCode::FORBIDDEN, &denied);
    }
    let request = cbor::read(&body);
    let queries = request["MetricDataQueries"].as_array().expect("queries");
    let asked: Vec<Asked> = queries.iter().map(asked).collect();
    let results = queries.iter().zip(&asked).map(|(query, asked)| {
        let values = (server.values)(asked);
        let times: Vec<Value> = values.iter().map(|(seconds, _)| json!({"$time": seconds})).collect();
        let values: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        json!({"Id": query["Id"], "Label": asked.name, "StatusCode": "Complete", "Timestamps": times, "Values": values})
    });
    let results: Vec<Value> = results.collect();
    server.calls.lock().expect("no panic in here").push(asked);
    cbor_response(StatusCode::OK, &json!({"MetricDataResults": results, "Messages": []}))
}

fn asked(query: &Value) -> Asked {
    let (statistic, metric) = (&query["MetricStat"], &query["MetricStat"]["Metric"]);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    Asked {
        namespace: text(&metric["Namespace"]),
        name: text(&metric["MetricName"]),
        of: text(&metric["Dimensions"][0]["Value"]),
        statistic: text(&statistic["Stat"]),
    }
}

fn cbor_response(status: StatusCode, body: &Value) -> Response {
    let mut bytes = Vec::new();
    cbor::write(body, &mut bytes);
    let headers = [(header::CONTENT_TYPE.as_str(), "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];
    (status, headers, bytes).into_response()
}
