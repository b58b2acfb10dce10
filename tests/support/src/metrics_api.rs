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

/// How a server answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// With everything.
    Whole,
    /// With everything, the second half of each metric in a second part.
    InParts,
    /// With a part, and a token that leads to no other.
    Endless,
    /// With this status for the metric of this name.
    Status(&'static str, &'static str),
    /// Without the metric of this name.
    Without(&'static str),
    /// It denies everything.
    Denying,
}

#[derive(Clone)]
struct Server {
    values: Arc<Values>,
    manner: Manner,
    calls: Arc<Mutex<Vec<Vec<Asked>>>>,
}

impl MetricsApi {
    /// Starts a server in the background that has these values.
    pub async fn start(values: impl Fn(&Asked) -> Vec<(i64, f64)> + Send + Sync + 'static) -> Self {
        Self::answering(values, Manner::Whole).await
    }

    /// Starts one that denies everything.
    pub async fn denying() -> Self {
        Self::answering(|_| Vec::new(), Manner::Denying).await
    }

    /// Starts one that answers in this manner.
    pub async fn answering(values: impl Fn(&Asked) -> Vec<(i64, f64)> + Send + Sync + 'static, manner: Manner) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let calls = Arc::new(Mutex::new(Vec::new()));
        let server = Server { values: Arc::new(values), manner, calls: Arc::clone(&calls) };
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
    if server.manner == Manner::Denying {
        let denied = json!({"__type": "com.amazonaws.cloudwatch#AccessDenied", "message": "not authorized"});
        return cbor_response(StatusCode::FORBIDDEN, &denied);
    }
    let request = cbor::read(&body);
    let queries = request["MetricDataQueries"].as_array().expect("queries");
    let asked: Vec<Asked> = queries.iter().map(asked).collect();
    let is_first = request["NextToken"].is_null();
    let token = match server.manner {
        Manner::InParts => is_first.then_some("second"),
        Manner::Endless => Some("again"),
        Manner::Whole | Manner::Status(..) | Manner::Without(_) | Manner::Denying => None,
    };
    let results = queries
        .iter()
        .zip(&asked)
        .filter(|(_, asked)| !matches!(server.manner, Manner::Without(name) if name == asked.name));
    let results = results.map(|(query, asked)| {
        let all = (server.values)(asked);
        let (first, second) = all.split_at(all.len() / 2);
        let values = match server.manner {
            Manner::InParts if is_first => first,
            Manner::InParts => second,
            _ => all.as_slice(),
        };
        let status = match server.manner {
            Manner::Status(name, status) if name == asked.name => status,
            Manner::InParts if is_first => "PartialData",
            _ => "Complete",
        };
        let times: Vec<Value> = values.iter().map(|(seconds, _)| json!({"$time": seconds})).collect();
        let values: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        json!({"Id": query["Id"], "Label": asked.name, "StatusCode": status, "Timestamps": times, "Values": values})
    });
    let mut answer = json!({"MetricDataResults": results.collect::<Vec<Value>>(), "Messages": []});
    if let Some(token) = token {
        answer["NextToken"] = token.into();
    }
    server.calls.lock().expect("no panic in here").push(asked);
    cbor_response(StatusCode::OK, &answer)
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
