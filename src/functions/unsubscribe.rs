//! `unsubscribe`: lets recipients unsubscribe through one-click links ([`crate::unsubscribe`]).
//!
//! **Given**: a request for `/u/<token>` from API Gateway. Nobody else needs this function, and no credential but the
//! token.
//!
//! **Answers**: a page. Only a POST changes anything. A token that is not valid gets the same 404 page whatever is wrong
//! with it.
//!
//! **Needs**: DynamoDB, whose connection is opened during the cold start, and Secrets Manager, at the first link.

mod post;
mod response;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;

use self::response::Response;
use super::StartError;
use super::environment::{sdk_config, time_left};
use crate::api::ApiError;
use crate::config::{ConfigError, KeySource, UnsubscribeConfig};
use crate::error::{Error, Malformed};
use crate::handler::{Answer, Deadline};
use crate::intake::{HttpRequest, Invocation};
use crate::store::Recorder;
use crate::telemetry::{LinkOutcome, MetricSink, Metrics, redact_panic};
use crate::timestamp::Timestamp;
use crate::unsubscribe::{Key, KeyStore, Keys, Language, Link, PATH, Page, Sender, UnverifiedToken};

/// The largest accepted body, in bytes; a genuine one has 26, or some hundred as multipart.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Everything an invocation needs, set up at the cold start.
#[derive(Debug)]
pub struct Unsubscriber {
    /// Both tables: each unsubscribe is also an event.
    pub recorder: Recorder,
    /// The keys of links.
    pub keys: KeyStore,
    /// How many days a link works; 0: without end.
    pub max_age_days: u32,
    /// Who sends the mail, for its recipients.
    pub sender: Sender,
    /// The current time.
    pub clock: fn() -> Timestamp,
    /// Where the metrics line goes.
    pub metrics: MetricSink,
}

/// Runs the cold start (configuration, clients, one warm connection), then serves invocations.
///
/// # Errors
/// A setting is missing or wrong, or Lambda's Runtime API does not answer.
pub async fn run() -> Result<(), StartError> {
    let config = UnsubscribeConfig::from_env().map_err(StartError::Config)?;
    let sdk = sdk_config().await;
    let keys = key_store(&config.keys, || aws_sdk_secretsmanager::Client::new(&sdk)).map_err(StartError::Config)?;
    let unsubscriber = Unsubscriber::new(Client::new(&sdk), config, keys, Timestamp::now, MetricSink::from_env());
    unsubscriber.recorder.suppressions().open_connection().await;
    let unsubscriber = Arc::new(unsubscriber);
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let unsubscriber = Arc::clone(&unsubscriber);
        async move {
            let work = unsubscriber.serve(event.payload.get(), &event.context.request_id, time_left(&event.context));
            redact_panic(work).await
        }
    }));
    served.await.map_err(|_| StartError::RuntimeApi)
}

/// The keys of a source; only a secret needs the Secrets Manager client.
fn key_store(
    source: &KeySource,
    secrets_manager: impl FnOnce() -> aws_sdk_secretsmanager::Client,
) -> Result<KeyStore, ConfigError> {
    match source {
        KeySource::Secret(arn) => Ok(KeyStore::secrets_manager(secrets_manager(), arn.clone())),
        KeySource::Fixed(json) => {
            let demand = "must be a JSON object from ids to keys of at least 32 bytes";
            let keys = Keys::parse(json).ok_or(ConfigError { variable: "UNSUBSCRIBE_KEYS", demand });
            keys.map(KeyStore::Fixed)
        }
    }
}

impl Unsubscriber {
    /// Creates a function with this configuration.
    #[must_use]
    pub fn new(
        client: Client,
        config: UnsubscribeConfig,
        keys: KeyStore,
        clock: fn() -> Timestamp,
        metrics: MetricSink,
    ) -> Self {
        let recorder = super::recorder(client, config.recording);
        let sender = Sender { name: config.sender_name, url: config.sender_url };
        Self { recorder, keys, max_age_days: config.max_age_days, sender, clock, metrics }
    }

    /// Serves one invocation, given as the JSON that Lambda received, before the remaining time ends.
    ///
    /// # Errors
    /// Only if it is not an HTTP request; anything else is answered with a status.
    pub async fn serve(&self, payload: &str, request_id: &str, time_left: Duration) -> Result<Answer, Error> {
        let (started, now, mut metrics) = (Instant::now(), (self.clock)(), Metrics::default());
        let answer = if let Ok(Invocation::Http(request)) = Invocation::detect(payload) {
            let language = Language::preferred(request.header("accept-language"));
            let work = Box::pin(self.respond(&request, language, now, &mut metrics));
            let outcome = Deadline::after(time_left).enforce(work).await;
            write_log(outcome.as_ref(), request_id, started);
            let response = outcome.unwrap_or_else(|error| {
                metrics.rejected(error);
                self.failed(error, language)
            });
            Ok(response.answer(&request, language))
        } else {
            let error = Error::Malformed(Malformed::Invocation);
            metrics.rejected(error);
            write_log(Err(&error), request_id, started);
            Err(error)
        };
        self.metrics.write(&metrics, now);
        answer
    }

    /// Checks in this order: method, size, token, body.
    async fn respond(
        &self,
        request: &HttpRequest<'_>,
        language: Language,
        now: Timestamp,
        metrics: &mut Metrics,
    ) -> Result<Response, Error> {
        let is_post = request.method == "POST";
        let response = if !is_post && !matches!(request.method.as_ref(), "GET" | "HEAD") {
            Response::empty(405, LinkOutcome::Malformed)
        } else if request.body_bytes() > MAX_BODY_BYTES {
            Response::empty(413, LinkOutcome::Malformed)
        } else {
            let (status, outcome, html) = match self.verify(request, now).await? {
                None => self.refused(language),
                Some((link, _)) if !is_post => (200, LinkOutcome::Shown, Page::Ask(&link).html(language, &self.sender)),
                Some((link, key)) => self.post(request, (&link, &key), language, (now, &mut *metrics)).await?,
            };
            Response { status, outcome, html: Some(html) }
        };
        metrics.link(response.outcome);
        Ok(response)
    }

    /// The link of a request and the key that signed it; `None` if there is anything wrong with it.
    async fn verify(&self, request: &HttpRequest<'_>, now: Timestamp) -> Result<Option<(Link, Key)>, Error> {
        let Some(token) = request.path.strip_prefix(PATH).and_then(UnverifiedToken::parse) else { return Ok(None) };
        let Some(key) = self.keys.get(token.key_id(), now).await? else { return Ok(None) };
        let link = token.verify(&key).filter(|link| !self.is_expired(link, now));
        Ok(link.map(|link| (link, key)))
    }

    fn is_expired(&self, link: &Link, now: Timestamp) -> bool {
        self.max_age_days > 0 && link.made_at().plus_days(self.max_age_days) <= now
    }
}

/// Writes one log line, without the link.
fn write_log(outcome: Result<&Response, &Error>, request_id: &str, started: Instant) {
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(Response { status, outcome, .. }) => {
            let outcome = outcome.as_str();
            tracing::info!(request_id, outcome, status, duration_ms, "served");
        }
        Err(error) => super::log_failure(ApiError::Store(*error), request_id, duration_ms),
    }
}
