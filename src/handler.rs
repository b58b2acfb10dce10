//! The one handler: detect, authenticate, normalize, record, answer.

mod answer;
mod clients;
mod deadline;
mod keeping;
mod spoken;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use answer::{Answer, BatchItemFailure};
pub use clients::Clients;
use deadline::Deadline;
use futures_util::{StreamExt, stream};
use spoken::Spoken;

use crate::config::Config;
use crate::error::Error;
use crate::event::EmailEvent;
use crate::intake::event_bridge::{Admission, BridgedEvent};
use crate::intake::sns::{Delivery, Post, Verified, VerifiedMessage, Verifier};
use crate::intake::webhook::{AuthenticRequest, CredentialStore, Route};
use crate::intake::{HttpRequest, Invocation, Queued, QueuedMessage};
use crate::provider::{normalize_event_bridge, normalize_sns, normalize_webhook};
use crate::store::Recorder;
use crate::telemetry::{MetricSink, Metrics, SubscriptionStep};
use crate::timestamp::Timestamp;

/// How many events of a webhook body are in memory at once; a multiple of what DynamoDB takes in one request.
const EVENTS_AT_ONCE: usize = 1_000;
/// How many messages of a queue are worked on at once; Lambda brings ten by default.
const MESSAGES_AT_ONCE: usize = 10;

/// Everything an invocation needs, set up at the cold start.
#[derive(Debug)]
pub struct Handler {
    verifier: Verifier,
    event_bridge: Admission,
    /// Whether verified subscriptions are confirmed.
    auto_confirm: bool,
    /// The accepted SES accounts; empty: any.
    accounts: Vec<String>,
    credentials: CredentialStore,
    recorder: Recorder,
    clock: fn() -> Timestamp,
    metrics: MetricSink,
}

/// The time and the counters of one invocation.
struct Invoked {
    at: Timestamp,
    deadline: Deadline,
    metrics: Metrics,
}

impl Handler {
    /// A handler under a configuration; nothing is called before [`Self::warm_up`] or [`Self::handle`].
    #[must_use]
    pub fn new(config: Config, clients: Clients) -> Self {
        Self {
            verifier: Verifier::new(config.sns, clients.sns),
            event_bridge: config.event_bridge,
            auto_confirm: config.auto_confirm,
            accounts: config.accounts,
            credentials: CredentialStore::new(config.webhook, clients.secrets_manager),
            recorder: Recorder::new(
                clients.dynamodb,
                config.event_table,
                config.suppression_table,
                config.soft_bounces,
                config.retention,
            ),
            clock: clients.clock,
            metrics: clients.metrics,
        }
    }

    /// Handles one invocation, given as the JSON that Lambda received, and answers before the time left is over.
    ///
    /// # Errors
    /// For events of SNS and EventBridge; HTTP requests are answered with a status instead, and messages of a queue one by
    /// one.
    pub async fn handle(
        self: Arc<Self>,
        payload: &str,
        request_id: &str,
        time_left: Duration,
    ) -> Result<Answer, Error> {
        let deadline = Deadline::after(time_left);
        let mut invoked = Invoked { at: (self.clock)(), deadline, metrics: Metrics::default() };
        let spoken = Spoken { request_id, message_id: None, door: "unknown", started: Instant::now() };
        let answer = match Invocation::detect(payload) {
            Ok(Invocation::Sns(deliveries)) => {
                let outcome = deadline.holds(Box::pin(self.sns_event(deliveries, &mut invoked))).await;
                spoken.at("sns").conclude(outcome, &mut invoked.metrics).map(Answer::event)
            }
            Ok(Invocation::EventBridge(event)) => {
                let outcome = deadline.holds(Box::pin(self.bridged_event(event, &mut invoked))).await;
                spoken.at("event_bridge").conclude(outcome, &mut invoked.metrics).map(Answer::event)
            }
            Ok(Invocation::Queue(messages)) => {
                Ok(Box::pin(self.queue_batch(&messages, spoken.at("sqs"), &mut invoked)).await)
            }
            Ok(Invocation::Http(request)) => {
                let outcome = deadline.holds(Box::pin(self.http_request(&request, &mut invoked))).await;
                Ok(Answer::http(request.format, spoken.at("http").conclude(outcome, &mut invoked.metrics)))
            }
            Err(error) => spoken.conclude(Err(error), &mut invoked.metrics).map(Answer::event),
        };
        self.metrics.write(&invoked.metrics, invoked.at);
        answer
    }

    /// Each message is handled for itself, and all at once: one that fails or waits holds nothing up, and one that
    /// succeeded does not come again.
    async fn queue_batch(&self, messages: &[QueuedMessage<'_>], spoken: Spoken<'_>, invoked: &mut Invoked) -> Answer {
        let Invoked { at, deadline, .. } = *invoked;
        let mut outcomes = stream::iter(messages)
            .map(|message| async move {
                let mut invoked = Invoked { at, deadline, metrics: Metrics::default() };
                let spoken = Spoken { message_id: Some(&message.id), ..spoken };
                let outcome = deadline.holds(self.queued_message(message, &mut invoked)).await;
                let failed = spoken.conclude(outcome, &mut invoked.metrics).is_err();
                (failed.then(|| message.id.to_string()), invoked.metrics)
            })
            .buffered(MESSAGES_AT_ONCE);
        let mut failed = Vec::new();
        while let Some((id, metrics)) = outcomes.next().await {
            failed.extend(id);
            invoked.metrics.absorb(metrics);
        }
        Answer::queue(failed)
    }

    async fn queued_message(&self, message: &QueuedMessage<'_>, invoked: &mut Invoked) -> Result<usize, Error> {
        match message.open()? {
            Queued::Failed(deliveries) => self.sns_event(deliveries, invoked).await,
            Queued::Sns(delivery) => {
                let events = self.sns_notification(delivery, invoked).await?;
                self.record(events, invoked).await
            }
            Queued::Bridged(event) => self.bridged_event(event, invoked).await,
        }
    }

    async fn bridged_event(&self, event: BridgedEvent<'_>, invoked: &mut Invoked) -> Result<usize, Error> {
        let admitted = self.event_bridge.admit(event)?;
        self.record(normalize_event_bridge(&admitted, &self.accounts, invoked.at)?, invoked).await
    }

    /// All records are verified before any has an effect.
    async fn sns_event(
        &self,
        deliveries: Vec<Result<Delivery<'_>, Error>>,
        invoked: &mut Invoked,
    ) -> Result<usize, Error> {
        let mut events = Vec::new();
        for delivery in deliveries {
            events.extend(self.sns_notification(delivery?, invoked).await?);
        }
        self.record(events, invoked).await
    }

    async fn sns_notification(&self, delivery: Delivery<'_>, invoked: &mut Invoked) -> Result<Vec<EmailEvent>, Error> {
        let message = self.verifier.verify(delivery, invoked.at).await?;
        self.keep_proven();
        self.normalize(&message, invoked)
    }

    async fn http_request(&self, request: &HttpRequest<'_>, invoked: &mut Invoked) -> Result<usize, Error> {
        match Route::of(request)? {
            Route::Sns => self.sns_post(request, invoked).await,
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
    async fn sns_post(&self, request: &HttpRequest<'_>, invoked: &mut Invoked) -> Result<usize, Error> {
        let post = Post::read(request)?;
        let verified = self.verifier.verify_post(&post, invoked.at).await?;
        self.keep_proven();
        match verified {
            Verified::Notification(message) => {
                let events = self.normalize(&message, invoked)?;
                self.record(events, invoked).await
            }
            Verified::Subscription(confirmation) if self.auto_confirm => {
                self.verifier.confirm(&confirmation).await?;
                invoked.metrics.subscription(SubscriptionStep::Confirmed);
                Ok(0)
            }
            Verified::Subscription(_) => {
                invoked.metrics.subscription(SubscriptionStep::Pending);
                tracing::warn!("a subscription waits to be confirmed; set SNS_AUTO_CONFIRM and subscribe again");
                Ok(0)
            }
            Verified::Unsubscription => {
                invoked.metrics.subscription(SubscriptionStep::Ended);
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

    /// The evidence of several events may take half of the time that is left: what does not hang on it needs the rest.
    async fn record(&self, events: Vec<EmailEvent>, invoked: &mut Invoked) -> Result<usize, Error> {
        let patience = if events.len() > 1 { invoked.deadline.half() } else { Duration::MAX };
        let recorded = self.recorder.record(events, invoked.at, patience).await?;
        invoked.metrics.events(&recorded.events, invoked.at);
        invoked.metrics.suppressed(&recorded.suppressed);
        Ok(recorded.events.len())
    }
}
