//! The pages for support in Chromium: on this machine, and in a page that imitates CloudWatch.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use harness::function::recording;
use mail_feedback::local::view::ViewServer;
use mail_feedback::store::TimeLimits;
use mail_feedback::timestamp::Timestamp;
use mail_feedback::view::Fields;
use serde_json::{Value, json};
use support::database::{Database, EVENTS, SUPPRESSIONS, client, entries, text};
use support::metrics_api::MetricsApi;

use crate::Failure;
use crate::view_world::{ARN, World, corpus, put, put_everywhere, recorder, story, values, viewer};

/// The person of each flow, who complained once.
fn person(name: &str) -> String {
    format!("jane.{name}@example.com")
}

/// What the imitation of CloudWatch needs.
#[derive(Clone)]
struct Cloud {
    world: Arc<World>,
    page: String,
}

/// Both homes, and what is in their tables.
pub struct Homes {
    database: Database,
    task: Value,
}

/// Starts both homes on one database, and says what to open there.
pub async fn start(root: &Path) -> Result<Homes, Failure> {
    let database = Database::start().await;
    let hostile = corpus();
    let long = json!({"address": "long@example.com", "event": "2026-11-19T08:00:00.000Z#0000000000000000",
        "provider": "ses", "kind": "bounced", "detail": "x".repeat(5_000), "occurred_at": "2026-11-19T08:00:00.000Z"});
    put(&database, EVENTS, &long).await;
    for (number, text) in hostile.iter().enumerate() {
        put_everywhere(&database, &format!("hostile{number}@example.com"), text).await;
    }
    let views = ["light-1280", "dark-1280", "light-320", "dark-320"];
    let people: Vec<String> = views
        .iter()
        .flat_map(|view| ["browser", "documented", "strict"].map(|home| person(&format!("{home}-{view}"))))
        .collect();
    for address in people.iter().map(String::as_str).chain(["jane@example.com", "quiet@example.com"]) {
        record(&database, address).await;
    }
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let site = format!("http://{}", listener.local_addr()?);
    ViewServer::start(listener, database.client.clone(), recording())?;
    let broken = TcpListener::bind(("127.0.0.1", 0))?;
    let unavailable = format!("http://{}", broken.local_addr()?);
    // Nothing listens there.
    ViewServer::start(broken, client("http://127.0.0.1:9"), recording())?;
    let metrics = MetricsApi::start(values).await;
    let world = World { viewer: viewer(&database, &metrics, true), metrics, database: database.clone() };
    let page = std::fs::read_to_string(root.join("tests/browser/cloudwatch.html"))?;
    let cloud = serve(Cloud { world: Arc::new(world), page }).await?;
    let task = json!({"site": site, "unavailable": unavailable, "cloud": cloud, "arn": ARN, "views": views,
        "hostile": hostile, "people": people.len()});
    Ok(Homes { database, task })
}

impl Homes {
    /// What `support.mjs` opens.
    pub fn task(&self) -> Value {
        self.task.clone()
    }

    /// Requires that exactly what was confirmed was written.
    pub async fn judge(&self) -> Result<(), Failure> {
        let records = self.database.scan(SUPPRESSIONS).await;
        let lifted = records.values().filter(|record| {
            text(record, "address").starts_with("jane.")
                && entries(record).iter().any(|(_, reason, entry)| {
                    reason == "complaint" && text(entry, "state") == "lifted" && text(entry, "note") == "she asked"
                })
        });
        let (lifted, expected) = (lifted.count(), self.task["people"].as_u64().unwrap_or_default());
        let hostile = records.values().filter(|record| text(record, "address").starts_with("hostile"));
        let changed =
            hostile.filter(|record| entries(record).iter().any(|(_, _, entry)| text(entry, "state") == "lifted"));
        match (u64::try_from(lifted)? == expected, changed.count()) {
            (true, 0) => Ok(()),
            found => Err(format!("{lifted} of {expected} lifts were written; hostile records: {found:?}").into()),
        }
    }
}

async fn record(database: &Database, address: &str) {
    let mut events = story();
    for event in &mut events {
        event.recipient = Some(mail_feedback::event::Recipient::parse(address));
        event.id =
            mail_feedback::event::EventId::of(&[Some(address), event.occurred_at.map(|at| at.to_string()).as_deref()]);
    }
    let now = Timestamp::now();
    recorder(database).record(vec![events], now, TimeLimits::default()).await.whole().expect("recorded");
}

async fn serve(cloud: Cloud) -> Result<String, Failure> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let routes = Router::new()
        .route("/", get(dashboard))
        .route("/invoke", post(invoke))
        .route("/record", post(new_event))
        .with_state(cloud);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}

async fn dashboard(State(cloud): State<Cloud>) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], cloud.page).into_response()
}

/// Invokes the function as CloudWatch does; the dashboard is configured with its ARN.
async fn invoke(State(cloud): State<Cloud>, uri: Uri, body: Bytes) -> Response {
    let query = Fields::of_form(uri.query().unwrap_or_default());
    let endpoint = query.get("endpoint").unwrap_or_default();
    if !["configured", ARN].contains(&endpoint) {
        return (StatusCode::FORBIDDEN, endpoint.to_owned()).into_response();
    }
    let payload = String::from_utf8_lossy(&body);
    let served = cloud.world.viewer.serve(&payload, ARN, "browser", Duration::from_secs(10)).await.expect("a request");
    ([(header::CONTENT_TYPE, "application/json")], served.to_string()).into_response()
}

/// Records events that the live page must show: one with each hostile text, and one more.
async fn new_event(State(cloud): State<Cloud>) -> StatusCode {
    for (number, text) in corpus().iter().enumerate() {
        let event = json!({"address": text, "event": format!("2026-11-19T08:00:00.000Z#{number:016x}"), "provider": text,
            "kind": text, "code": text, "effect": text, "detail": text, "user_agent": text, "tags": {text: text},
            "occurred_at": text});
        put(&cloud.world.database, EVENTS, &event).await;
    }
    let event = json!({"address": "live@example.com", "event": "2026-11-19T08:00:00.000Z#fedcba9876543210", "provider": "ses",
        "kind": "opened", "occurred_at": "2026-11-19T08:00:00.000Z"});
    put(&cloud.world.database, EVENTS, &event).await;
    StatusCode::NO_CONTENT
}
