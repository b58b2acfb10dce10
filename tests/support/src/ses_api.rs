//! The suppression lists of SES's API v2, and the account's number as STS says it, on this machine.
//!
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutSuppressedDestination.html> and its neighbours. As
//! documented: spellings are compared exactly, an address may be added once with each reason, each tenant has a list,
//! and one request a second is taken from all programs together. Where nothing is documented, it is unkind: the order of a
//! listing has to do with neither spelling nor time, and a removal takes every reason of a spelling.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A list: the times of its entries, in milliseconds, by spelling and reason.
pub type Entries = BTreeMap<(String, String), i64>;

/// What happens to a request instead of its usual answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// An answer with this status and error code; nothing is done.
    Refused(u16, &'static str),
    /// It is done, but the answer is lost on the way.
    LostAnswer,
}

/// The lists, and how SES behaves.
#[derive(Debug, Default)]
pub struct SesState {
    /// By tenant; that of the account has an empty name, and always exists.
    pub lists: BTreeMap<String, Entries>,
    /// The time of new entries, in milliseconds.
    pub now: i64,
    /// Whether the account is in the sandbox.
    pub sandbox: bool,
    /// The least time between two requests; earlier ones are throttled.
    pub interval: Duration,
    /// The most entries of a page.
    pub page: usize,
    /// Operations that go wrong: each with the requests of it that do.
    pub mishaps: BTreeMap<&'static str, VecDeque<Mishap>>,
    /// Spellings that SES does not take.
    pub unacceptable: BTreeSet<String>,
    /// Tokens given before this many listings of pages are no longer valid.
    pub expired: usize,
    /// Tokens given before this many listings of pages are answered with themselves.
    pub stuck: usize,
    /// The account's number.
    pub account: String,
    /// The requests that were taken: operation and spelling.
    pub requests: Vec<(&'static str, String)>,
    /// How many were throttled.
    pub throttled: usize,
    last: Option<Instant>,
    listed: usize,
    /// The entries of lists in the order of their listing, until the list changes.
    ordered: BTreeMap<String, Vec<Ordered>>,
}

/// An entry at its place in a listing.
#[derive(Debug)]
struct Ordered {
    place: u64,
    spelling: String,
    reason: String,
    at: i64,
}

impl SesState {
    /// The entries of a list, to change them.
    pub fn list(&mut self, tenant: &str) -> &mut Entries {
        self.ordered.remove(tenant);
        self.lists.entry(tenant.to_owned()).or_default()
    }

    /// Adds an entry.
    pub fn add(&mut self, tenant: &str, spelling: &str, reason: &str, at: i64) {
        self.list(tenant).insert((spelling.to_owned(), reason.to_owned()), at);
    }

    /// The spellings of a list with their reasons.
    pub fn spellings(&self, tenant: &str) -> Vec<String> {
        let entries = self.lists.get(tenant).into_iter().flatten();
        entries.map(|((spelling, reason), _)| format!("{spelling} {reason}")).collect()
    }

    fn entries(&self, tenant: &str) -> impl Iterator<Item = (&(String, String), &i64)> {
        self.lists.get(tenant).into_iter().flatten()
    }

    fn ordered(&mut self, tenant: &str) -> &[Ordered] {
        let Self { ordered, lists, .. } = self;
        ordered.entry(tenant.to_owned()).or_insert_with(|| {
            let entry = |((spelling, reason), at): (&(String, String), &i64)| Ordered {
                place: place(spelling, reason),
                spelling: spelling.clone(),
                reason: reason.clone(),
                at: *at,
            };
            let mut entries: Vec<_> = lists.get(tenant).into_iter().flatten().map(entry).collect();
            entries.sort_unstable_by_key(|entry| entry.place);
            entries
        })
    }

    /// How many requests of an operation were taken.
    pub fn count(&self, operation: &str) -> usize {
        self.requests.iter().filter(|(known, _)| *known == operation).count()
    }
}

/// The running API, which stops with this value.
pub struct SesApi {
    /// Where it listens.
    pub address: SocketAddr,
    state: Shared,
    _server: JoinSet<()>,
}

type Shared = Arc<Mutex<SesState>>;
type Params = Query<BTreeMap<String, String>>;

impl SesApi {
    /// Serves empty lists on a free port, without a limit of its rate.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let state: Shared =
            Arc::new(Mutex::new(SesState { page: 1_000, account: "123456789012".to_owned(), ..SesState::default() }));
        let routes = Router::new()
            .route("/", post(identity))
            .route("/v2/email/suppression/addresses", get(list).merge(put(add)))
            .route("/v2/email/suppression/addresses/{address}", get(find).delete(remove))
            .with_state(state.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.expect("the server runs") });
        Self { address, state, _server: server }
    }

    /// The endpoint for `AWS_ENDPOINT_URL_SESV2` and `AWS_ENDPOINT_URL_STS`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The lists and the behaviour.
    pub fn state(&self) -> MutexGuard<'_, SesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request is answered with.
struct Answer(StatusCode, &'static str, Value);

impl Answer {
    fn refusal(code: &'static str, message: &str) -> Self {
        let status = match code {
            "NotFoundException" => StatusCode::NOT_FOUND,
            "TooManyRequestsException" => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        };
        Self(status, code, json!({"message": message}))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Self(status, code, body) = self;
        if code.is_empty() {
            return (status, Json(body)).into_response();
        }
        (status, [("x-amzn-errortype", code)], Json(body)).into_response()
    }
}

/// Throttles, lets a mishap happen, or answers.
fn answered(
    shared: &Shared,
    operation: &'static str,
    spelling: &str,
    tenant: &str,
    answer: impl FnOnce(&mut SesState) -> Answer,
) -> Response {
    let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if state.last.is_some_and(|last| last.elapsed() < state.interval) {
        state.throttled += 1;
        return Answer::refusal("TooManyRequestsException", "Rate exceeded").into_response();
    }
    state.last = Some(Instant::now());
    state.requests.push((operation, spelling.to_owned()));
    let mishap = state.mishaps.get_mut(operation).and_then(VecDeque::pop_front);
    if let Some(Mishap::Refused(status, code)) = mishap {
        let status = StatusCode::from_u16(status).expect("a status");
        return Answer(status, code, json!({"message": "refused by the test"})).into_response();
    }
    if !tenant.is_empty() && !state.lists.contains_key(tenant) {
        return Answer::refusal("NotFoundException", &format!("Tenant {tenant} does not exist.")).into_response();
    }
    let answer = answer(&mut state);
    match mishap {
        Some(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
        None => answer.into_response(),
    }
}

fn tenant(params: &BTreeMap<String, String>) -> String {
    params.get("TenantName").cloned().unwrap_or_default()
}

async fn list(State(shared): State<Shared>, Query(params): Params) -> Response {
    answered(&shared, "List", "", &tenant(&params), |state| {
        let time = |name: &str| {
            let text = params.get(name)?;
            DateTime::from_str(text, Format::DateTime).expect("a time").to_millis().ok()
        };
        let (start, end) = (time("StartDate").unwrap_or(i64::MIN), time("EndDate").unwrap_or(i64::MAX));
        let asked: usize = params.get("PageSize").map_or(100, |size| size.parse().expect("a number"));
        let (mut begin, mut stuck) = (None, None);
        if let Some(token) = params.get("NextToken") {
            let parts: Option<(usize, u64)> = token
                .split_once('-')
                .and_then(|(listing, place)| Some((listing.parse().ok()?, u64::from_str_radix(place, 16).ok()?)));
            match parts {
                Some((listing, place)) if listing >= state.expired => {
                    begin = Some(place);
                    stuck = Some(token.clone()).filter(|_| listing < state.stuck);
                }
                _ => return Answer::refusal("InvalidNextTokenException", "The token is not valid."),
            }
        }
        state.listed += 1;
        let listed = state.listed;
        let size = asked.min(state.page);
        let ordered = state.ordered(&tenant(&params));
        let first = begin.map_or(0, |begin| ordered.partition_point(|entry| entry.place < begin));
        let mut rest = ordered.iter().skip(first).filter(|entry| (start..=end).contains(&entry.at));
        let page: Vec<Value> =
            rest.by_ref().take(size).map(|known| entry(&known.spelling, &known.reason, known.at)).collect();
        let next = stuck.or_else(|| rest.next().map(|entry| format!("{listed}-{:x}", entry.place)));
        Answer(StatusCode::OK, "", json!({"SuppressedDestinationSummaries": page, "NextToken": next}))
    })
}

/// `GetCallerIdentity` of STS.
async fn identity(State(shared): State<Shared>) -> String {
    let account = shared.lock().unwrap_or_else(PoisonError::into_inner).account.clone();
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:user/jo</Arn><Account>{account}</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
    )
}

/// The place of an entry in the order of a listing.
fn place(spelling: &str, reason: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (spelling, reason).hash(&mut hasher);
    hasher.finish()
}

fn entry(spelling: &str, reason: &str, at: i64) -> Value {
    // The wire has seconds, with a fraction.
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of this century fit")]
    let seconds = at as f64 / 1000.0;
    json!({"EmailAddress": spelling, "Reason": reason, "LastUpdateTime": seconds})
}

async fn add(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (spelling, tenant) = (field("EmailAddress"), field("TenantName"));
    answered(&shared, "Put", &spelling, &tenant, |state| {
        if state.sandbox {
            return Answer::refusal("BadRequestException", "Account is in the sandbox.");
        }
        if state.unacceptable.contains(&spelling) {
            return Answer::refusal("BadRequestException", "Invalid email address.");
        }
        let now = state.now;
        state.add(&tenant, &spelling, &field("Reason"), now);
        Answer(StatusCode::OK, "", json!({}))
    })
}

async fn find(State(shared): State<Shared>, Path(spelling): Path<String>, Query(params): Params) -> Response {
    answered(&shared, "Get", &spelling, &tenant(&params), |state| {
        let tenant = tenant(&params);
        let entries = state.entries(&tenant).filter(|((known, _), _)| *known == spelling);
        match entries.max_by_key(|(_, at)| **at) {
            Some(((spelling, reason), at)) => {
                Answer(StatusCode::OK, "", json!({"SuppressedDestination": entry(spelling, reason, *at)}))
            }
            None => Answer::refusal("NotFoundException", "Email address does not exist in the suppression list."),
        }
    })
}

async fn remove(State(shared): State<Shared>, Path(spelling): Path<String>, Query(params): Params) -> Response {
    answered(&shared, "Delete", &spelling, &tenant(&params), |state| {
        let entries = state.list(&tenant(&params));
        let before = entries.len();
        entries.retain(|(known, _), _| *known != spelling);
        if entries.len() == before {
            return Answer::refusal("NotFoundException", "Email address does not exist in the suppression list.");
        }
        Answer(StatusCode::OK, "", json!({}))
    })
}
