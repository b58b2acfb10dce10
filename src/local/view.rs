//! The pages for support on this machine, over HTTP.

mod arrivals;
mod guard;
mod live;
mod overview;
mod zone;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;

use self::arrivals::Arrivals;
use self::guard::{Guard, Refusal, respond};
use super::Failure;
use super::log::Log;
use crate::config::{Limits, RecordingConfig};
use crate::timestamp::Timestamp;
use crate::view::{
    Ask, Failures, Fields, Home, MAX_BYTES, Overview, Page, PageName, Reader, Responder, View, ViewError,
    failures_page, overview_page,
};

/// How long a form may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The pages on the tables of a run.
#[derive(Clone)]
pub struct ViewServer {
    responder: Responder,
    guard: Arc<Guard>,
    arrivals: Arrivals,
    log: Arc<Log>,
    actor: Option<String>,
}

impl ViewServer {
    /// Serves the pages at a bound port, in the background.
    ///
    /// It looks into the tables once a second, for what is new.
    pub fn start(
        listener: TcpListener,
        client: aws_sdk_dynamodb::Client,
        config: RecordingConfig,
    ) -> Result<(), Failure> {
        Self::start_beside(listener, client, config, Arc::default())
    }

    /// The same, beside a function whose output says what it refused.
    pub(super) fn start_beside(
        listener: TcpListener,
        client: aws_sdk_dynamodb::Client,
        config: RecordingConfig,
        log: Arc<Log>,
    ) -> Result<(), Failure> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let suppressions = config.suppression_table.clone();
        let responder = Responder::new(client, config, true);
        let arrivals = Arrivals::start(responder.client().clone(), responder.event_table().to_owned(), suppressions);
        let actor = std::env::var("USER").ok().filter(|name| !name.is_empty());
        let server = Self { responder, guard: Arc::new(Guard::new(address)?), arrivals, log, actor };
        let routes = Router::new().fallback(answer).with_state(server);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(())
    }

    async fn page(&self, ask: &Ask, view: &View, now: Timestamp) -> Result<Page, ViewError> {
        if let Some(page) = Box::pin(self.responder.answer(ask, view, now)).await? {
            return Ok(page);
        }
        match ask {
            Ask::Overview(period) => {
                let overview: Overview = self.arrivals.overview(*period, now).await?;
                // A few samples are enough to look at.
                let limits = Limits { minimum: 1, ..Limits::default() };
                Ok(overview_page(&overview, &limits, view, now))
            }
            Ask::Failures => {
                let failures =
                    Failures { queues: None, since: None, rejected: Overview::ranked(self.log.rejected().await) };
                Ok(failures_page(&failures, view))
            }
            Ask::Address(_) | Ask::Message(_) | Ask::Decide(_) | Ask::Live(_) => {
                Ok(Page::refused(404, "There is no such page."))
            }
        }
    }
}

async fn answer(State(server): State<ViewServer>, request: Request) -> Response {
    let now = Timestamp::now();
    let (head, body) = request.into_parts();
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let home = Home::Browser { token: server.guard.token.clone() };
    let reader = Reader::new(header("accept-language"), zone::of_this_machine());
    let view = View { home, reader, actor: server.actor.clone() };
    // Whoever is refused by the head alone sends no body.
    let asked = match server.guard.admits(&head.method, &head.headers) {
        Err(refusal) => Err(refusal),
        Ok(()) if head.method == Method::POST => match posted(body).await {
            Err(refusal) => Err(refusal),
            Ok(posted) => question(&server, &head.uri, Some(posted)),
        },
        Ok(()) => question(&server, &head.uri, None),
    };
    let (status, page) = match asked {
        Err((status, why)) => (status, Page::refused(status.as_u16(), why)),
        Ok(Ask::Live(address)) => return live::answer(&server.arrivals, address, view),
        Ok(ask) => {
            let outcome = Box::pin(server.page(&ask, &view, now)).await;
            let page = outcome.unwrap_or_else(|error| Page::failed(&ask, error, &view));
            (StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), page)
        }
    };
    respond(status, Body::from(page.html(&view, now)))
}

/// The fields of a posted form.
async fn posted(body: Body) -> Result<Fields, Refusal> {
    match tokio::time::timeout(BODY_TIME, to_bytes(body, MAX_BYTES)).await {
        Ok(Ok(body)) => Ok(Fields::of_form(&String::from_utf8_lossy(&body))),
        Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, "The form is too long.")),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "The form did not arrive in time.")),
    }
}

/// The question of a request. Only a form that these pages made may change anything.
fn question(server: &ViewServer, uri: &Uri, posted: Option<Fields>) -> Result<Ask, Refusal> {
    let name = match uri.path().trim_start_matches('/') {
        "" => PageName::Address,
        path => PageName::from_label(path).ok_or((StatusCode::NOT_FOUND, "There is no such page."))?,
    };
    let mut fields = Fields::default();
    fields.add("page", name.as_str());
    if let Some(posted) = posted {
        server.guard.check(posted.get("token").unwrap_or_default())?;
        return Ok(Ask::of(&fields.or(posted)));
    }
    Ok(Ask::of(&fields.or(Fields::of_form(uri.query().unwrap_or_default()))).without_change())
}
