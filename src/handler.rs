//! The one handler: detect, authenticate, normalize, record, answer.

mod answer;

use std::sync::Arc;
use std::time::Instant;

pub use answer::Answer;

use crate::error::{Disposition, Error, Refusal};
use crate::event::EmailEvent;
use crate::invocation::{HttpRequest, Invocation, SnsRecord};
use crate::provider::{normalize_sns, normalize_webhook};
use crate::sns::{Door, Envelope, Verified, VerifiedMessage, Verifier};
use crate::store::Recorder;
use crate::telemetry::Metrics;
use crate::timestamp::Timestamp;
use crate::webhook::{AuthenticRequest, CredentialStore, Route};

/// How many events of a webhook body are in memory at once; a multiple of what DynamoDB takes in one request.
const EVENTS_AT_ONCE: usize = 1_000;
/// The headers of an SNS delivery that repeat signed fields.
const REPEATED_HEADERS: [&str; 3] = ["x-amz-sns-message-type", "x-amz-sns-topic-arn", "x-amz-sns-message-id"];

/// Everything an invocation needs, set up at the cold start.
#[derive(Debug)]
pub struct Handler {
    /// The name of the function, for metrics.
    pub function: String,
    /// Verifies SNS messages.
    pub verifier: Verifier,
    /// Whether verified subscriptions are confirmed.
    pub auto_confirm: bool,
    /// The accepted SES accounts; empty: any.
    pub accounts: Vec<String>,
    /// The credentials of the webhooks.
    pub credentials: CredentialStore,
    /// Writes to DynamoDB.
    pub recorder: Recorder,
    /// The present.
    pub clock: fn() -> Timestamp,
    /// Where the line of metrics goes.
    pub metrics: fn(&str),
}

/// The time and the counters of one invocation.
struct Invoked {
    at: Timestamp,
    metrics: Metrics,
}

impl Handler {
    /// Handles one invocation, given as the JSON that Lambda received.
    ///
    /// # Errors
    /// For SNS events; HTTP requests are answered with a status instead.
    pub async fn handle(self: Arc<Self>, payload: &str, request_id: &str) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut invoked = Invoked { at: (self.clock)(), metrics: Metrics::default() };
        let (door, outcome, format) = match Invocation::detect(payload) {
            Ok(Invocation::Sns(records)) => ("sns", self.sns_event(&records, &mut invoked).await, None),
            Ok(Invocation::Http(request)) => {
                ("http", self.http_request(&request, &mut invoked).await, Some(request.format))
            }
            Err(error) => ("unknown", Err(error), None),
        };
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(events) => tracing::info!(request_id, door, events, duration_ms, "recorded"),
            Err(error) => {
                invoked.metrics.rejected(error);
                let (class, label, status) = (error.class(), error.label(), error.status());
                let retry = error.disposition() == Disposition::Retry;
                tracing::warn!(request_id, door, class, label, status, retry, duration_ms, "{}", error.advice());
            }
        }
        (self.metrics)(&invoked.metrics.line(&self.function, invoked.at));
        match (format, outcome) {
            (Some(format), outcome) => Ok(Answer::http(format, outcome)),
            (None, outcome) => outcome.map(Answer::sns),
        }
    }

    /// All records are verified before any has an effect.
    async fn sns_event(&self, records: &[SnsRecord<'_>], invoked: &mut Invoked) -> Result<usize, Error> {
        let mut events = Vec::new();
        for record in records {
            let envelope = Envelope::parse(record.envelope)?;
            if !envelope.is_of_subscription(&record.subscription_arn) {
                return Err(Error::Unauthentic(Refusal::Subscription));
            }
            match self.verifier.verify(envelope, Door::Lambda, invoked.at).await? {
                Verified::Notification(message) => events.extend(self.normalize(&message, invoked)?),
                // SNS confirms Lambda subscriptions by itself; such a message here is somebody's invention.
                Verified::Subscription(_) | Verified::Unsubscription => {
                    return Err(Error::Unauthentic(Refusal::Grammar));
                }
            }
        }
        self.record(events, invoked).await
    }

    async fn http_request(&self, request: &HttpRequest<'_>, invoked: &mut Invoked) -> Result<usize, Error> {
        match Route::of(request)? {
            Route::Sns => self.sns_delivery(request, invoked).await,
            Route::Provider { provider, sender_domain } => {
                let authentic =
                    AuthenticRequest::authenticate(request, provider, sender_domain, &self.credentials, invoked.at);
                self.webhook(&authentic.await?, invoked).await
            }
        }
    }

    /// Records a body in parts, each of which needs a bounded memory; what failed in one part fails the request at its end.
    async fn webhook(&self, request: &AuthenticRequest<'_>, invoked: &mut Invoked) -> Result<usize, Error> {
        let mut events = normalize_webhook(request)?.peekable();
        let mut outcome = Ok(0_usize);
        while events.peek().is_some() {
            let part = events.by_ref().take(EVENTS_AT_ONCE).collect();
            outcome = match (outcome, self.record(part, invoked).await) {
                (Ok(before), Ok(recorded)) => Ok(before.saturating_add(recorded)),
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
        }
        outcome
    }

    /// SNS over HTTPS; the signature is the credential.
    async fn sns_delivery(&self, request: &HttpRequest<'_>, invoked: &mut Invoked) -> Result<usize, Error> {
        if request.header("x-amz-sns-rawdelivery").is_some_and(|raw| raw.eq_ignore_ascii_case("true")) {
            return Err(Error::Unauthentic(Refusal::RawDelivery));
        }
        let body = request.body()?;
        let envelope = Envelope::parse(&body)?;
        let repeated = REPEATED_HEADERS.map(|name| request.header(name));
        if !envelope.agrees_with(repeated) {
            return Err(Error::Unauthentic(Refusal::Headers));
        }
        match self.verifier.verify(envelope, Door::Https, invoked.at).await? {
            Verified::Notification(message) => {
                let events = self.normalize(&message, invoked)?;
                self.record(events, invoked).await
            }
            Verified::Subscription(confirmation) if self.auto_confirm => {
                self.verifier.confirm(&confirmation).await?;
                invoked.metrics.count("sns.subscription_confirmed");
                Ok(0)
            }
            Verified::Subscription(_) => {
                invoked.metrics.count("sns.subscription_pending");
                tracing::warn!("a subscription waits to be confirmed; set SNS_AUTO_CONFIRM and subscribe again");
                Ok(0)
            }
            Verified::Unsubscription => {
                invoked.metrics.count("sns.unsubscribed");
                tracing::warn!("a subscription of the topic to this endpoint has ended");
                Ok(0)
            }
        }
    }

    fn normalize(&self, message: &VerifiedMessage<'_>, invoked: &mut Invoked) -> Result<Vec<EmailEvent>, Error> {
        if message.is_sha1() {
            invoked.metrics.sha1(message.topic_arn());
        }
        normalize_sns(message, &self.accounts)
    }

    async fn record(&self, events: Vec<EmailEvent>, invoked: &mut Invoked) -> Result<usize, Error> {
        let recorded = self.recorder.record(events, invoked.at).await?;
        invoked.metrics.events(&recorded.events, invoked.at);
        invoked.metrics.suppressed(&recorded.suppressed);
        Ok(recorded.events.len())
    }
}
