//! What to do with a running function: wait for it, send it everything, and watch what arrives.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use support::database::{Database, EVENTS, text};
use support::request::CREDENTIALS;
use support::samples::{self, Effect, Sample, Snapshot, observe};

use super::http::{Request, Response, send};
use super::log::{Lines, Log, Show};
use super::report::{self, Outcome, SHOWN};
use super::webhook::{WEBHOOKS, Webhook};
use super::{Failure, links};

/// Where `cargo lambda watch` accepts invocations.
///
/// The function without a name also answers over HTTP, so one process serves both.
pub(super) const INVOCATIONS: &str = "/2015-03-31/functions/_/invocations";
/// How long the start may take: it includes a build if a source has changed.
const START_LIMIT: Duration = Duration::from_mins(15);
/// How long any other call may take: without a running function it would never be answered.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(30);
/// How often to read the tables.
const LOOK: Duration = Duration::from_secs(1);
/// A look reads both tables: of large ones, it must leave the time to whoever imports into them.
const PAUSE_PER_LOOK: u32 = 9;
/// How long to wait for lines of the function that are still in transit.
const LINES_LIMIT: Duration = Duration::from_secs(2);
/// How many records of one read are shown.
const SHOWN_ROWS: usize = 20;
/// The recipient in the posts that this program generates.
const PERSON: &str = "posted-by-make-run";

/// What is running on this machine.
pub(super) struct Feed {
    /// Where the function listens.
    pub(super) address: SocketAddr,
    /// Both tables.
    pub(super) database: Database,
    /// What the function prints.
    pub(super) log: Arc<Log>,
    /// Whether the records of every sample are shown.
    pub(super) details: bool,
}

impl Feed {
    /// Sends every sample, a post to each webhook, and an unsubscribe and its undo through a link; returns whether all had the expected result.
    pub(super) async fn check(&self) -> Result<bool, Failure> {
        self.wait_until_ready().await?;
        self.log.show(Show::Nothing).await;
        report::print_heading();
        let start = Instant::now();
        let mut before = Snapshot::take(&self.database).await;
        let mut shown = Lines::default();
        let mut outcomes = Vec::new();
        for sample in samples::all() {
            let is_shown = sample.name == SHOWN;
            outcomes.push(self.check_sample(sample, &mut before).await);
            if is_shown {
                shown = self.lines_of_an_event().await;
            }
        }
        for webhook in &WEBHOOKS {
            outcomes.push(self.check_webhook(webhook, &mut before).await);
        }
        for outcome in links::check(&self.database, &mut before).await? {
            outcome.print(&[], self.details);
            outcomes.push(outcome);
        }
        report::print_lines(&shown);
        Ok(report::print_summary(&outcomes, start.elapsed()))
    }

    /// Shows new records and new builds, forever.
    pub(super) async fn follow(&self) -> Result<(), Failure> {
        self.log.show(Show::Everything).await;
        let mut before = Snapshot::take(&self.database).await;
        let mut built = build_time();
        let mut pause = LOOK;
        loop {
            tokio::time::sleep(pause).await;
            // cargo-lambda does not say so, and says that it killed the old one only at the next change.
            if let Some(time) = build_time().filter(|time| Some(*time) != built) {
                built = Some(time);
                println!("the function was rebuilt");
            }
            let start = Instant::now();
            let (effect, after) = observe(&self.database, &before).await;
            pause = LOOK.max(start.elapsed().saturating_mul(PAUSE_PER_LOOK));
            if effect != Effect::default() {
                println!("written:");
                report::print_some(&effect, SHOWN_ROWS);
            }
            before = after;
        }
    }

    /// The provider's id of the mail in the sample that is shown.
    pub(super) async fn message(&self) -> Option<String> {
        let events = self.database.scan(EVENTS).await;
        let of_the_sample = events.values().find(|event| text(event, "address") == report::address());
        of_the_sample.and_then(|event| Some(text(event, "message").split_once(':')?.1.to_owned()))
    }

    /// Requests a route that does not exist, both by an invocation and over HTTP: nothing is written.
    async fn wait_until_ready(&self) -> Result<(), Failure> {
        let event = json!({
            "version": "2.0",
            "rawPath": "/",
            "headers": {},
            "requestContext": {"http": {"method": "GET", "path": "/"}},
            "isBase64Encoded": false,
        });
        let event = event.to_string();
        let invoke = Request { method: "POST", target: INVOCATIONS, credential: None, body: &event };
        let get = Request { method: "GET", target: "/", credential: None, body: "" };
        let invoked = self.first(&invoke).await;
        let got = self.first(&get).await;
        // The function answers an unknown route with its own text, both ways, and writes nothing. cargo-lambda has a
        // 404, too.
        match (status_of_invocation(&invoked).as_str(), status_of_post(&got).as_str()) {
            ("404", "404") if is_same_text(&invoked, &got) => {
                // The page of failures is about the requests of others.
                self.log.forget_rejected(2, LINES_LIMIT).await;
                Ok(())
            }
            ("404", "404") => Err("cargo lambda watch answers instead of the function".into()),
            (invoked, got) => Err(format!("the function is up but answers {invoked} and {got} instead of 404").into()),
        }
    }

    /// The first answer, once the server is up.
    async fn first(&self, request: &Request<'_>) -> Result<Response, Error> {
        loop {
            match send(self.address, request, START_LIMIT).await {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                answer => return answer,
            }
        }
    }

    /// The lines of the event that was sent last, which may arrive after its answer.
    async fn lines_of_an_event(&self) -> Lines {
        let end = Instant::now().checked_add(LINES_LIMIT);
        loop {
            let lines = self.log.lines().await;
            if !lines.metrics.is_empty() || end.is_none_or(|end| Instant::now() >= end) {
                return lines;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn check_sample(&self, sample: Sample, before: &mut Snapshot) -> Outcome {
        let request = Request { method: "POST", target: INVOCATIONS, credential: None, body: &sample.json };
        let status = &sample.expected.status;
        let status = status.as_str().map_or_else(|| status.to_string(), str::to_owned);
        let expected = (status, sample.expected.effect());
        self.call(sample.name, &request, status_of_invocation, expected, before).await
    }

    async fn check_webhook(&self, webhook: &Webhook, before: &mut Snapshot) -> Outcome {
        let target = format!("{}{}", webhook.path, webhook.query);
        let body = webhook.body(PERSON);
        // A provider sends one of the two.
        let credential = webhook.query.is_empty().then_some(CREDENTIALS);
        let request = Request { method: "POST", target: &target, credential, body: &body };
        let expected = ("200".to_owned(), webhook.effect(PERSON));
        self.call(format!("POST {}", webhook.path), &request, status_of_post, expected, before).await
    }

    /// Makes a call, reads what it wrote, and prints both.
    async fn call(
        &self,
        name: String,
        request: &Request<'_>,
        status: fn(&Result<Response, Error>) -> String,
        expected: (String, Effect),
        before: &mut Snapshot,
    ) -> Outcome {
        self.log.take().await;
        let answer = send(self.address, request, CALL_LIMIT).await;
        let (effect, after) = observe(&self.database, before).await;
        *before = after;
        let got = (status(&answer), effect);
        let answer = answer.map_or_else(|error| error.to_string(), |answer| answer.body);
        let outcome = Outcome { name, got, expected, answer };
        if !outcome.is_expected() {
            // The log of this call may arrive after its answer.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        outcome.print(&self.log.lines().await.log, self.details);
        outcome
    }
}

/// When the function was built; `None` while it is replaced.
fn build_time() -> Option<SystemTime> {
    let program = std::env::current_exe().ok()?.with_file_name("mail-feedback");
    std::fs::metadata(program).ok()?.modified().ok()
}

/// The result of an invocation: the HTTP status in its answer, `ok` without one, or what went wrong.
pub(super) fn status_of_invocation(answer: &Result<Response, Error>) -> String {
    let Ok(answer) = answer else { return "no answer".to_owned() };
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let text = |name| body.get(name).and_then(Value::as_str).unwrap_or("error");
    match (answer.status, body.get("statusCode")) {
        (200, Some(status)) => status.to_string(),
        (200, None) => "ok".to_owned(),
        _ => format!("{}: {}", text("errorType"), text("errorMessage")),
    }
}

/// The result of a post.
fn status_of_post(answer: &Result<Response, Error>) -> String {
    answer.as_ref().map_or_else(|_| "no answer".to_owned(), |answer| answer.status.to_string())
}

/// Whether an invocation returned the same body as a request over HTTP.
fn is_same_text(invoked: &Result<Response, Error>, got: &Result<Response, Error>) -> bool {
    let (Ok(invoked), Ok(got)) = (invoked, got) else { return false };
    let answer: Value = serde_json::from_str(&invoked.body).unwrap_or_default();
    answer.get("body").and_then(Value::as_str) == Some(got.body.as_str())
}
