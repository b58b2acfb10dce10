//! Handles an invocation: detect, authenticate, normalize, record, answer.

mod answer;
mod batch;
mod certificates;
mod clients;
mod deadline;
mod outcome_log;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use answer::{Answer, BatchItemFailure};
pub use clients::Clients;
pub use deadline::Deadline;
use outcome_log::OutcomeLog;

use crate::config::Config;
use crate::error::Error;
use crate::event::EmailEvent;
use crate::intake::event_bridge::{AllowList, EventBridgeEvent};
use crate::intake::sns::{Delivery, Post, Verified, VerifiedMessage, Verifier};
use crate::intake::webhook::{AuthenticRequest, CredentialStore, Route};
use crate::intake::{HttpRequest, Invocation};
use crate::provider::{SesSettings, normalize_event_bridge, normalize_sns, normalize_webhook};
use crate::store::{Recorded, Recorder};
use crate::telemetry::{MetricSink, Metrics, SubscriptionStep};
use crate::timestamp::Timestamp;

/// From how many events on those of a webhook body or of a batch are recorded before more are read; a multiple of the
/// DynamoDB batch size.
const EVENTS_AT_ONCE: usize = 1_000;

/// Everything an invocation needs, created at the cold start.
#[derive(Debug)]
pub struct Handler {
    verifier: Verifier,
    event_bridge: AllowList,
    /// Whether verified subscriptions are confirmed.
    auto_confirm: bool,
    ses: SesSettings,
    /// Whether a metric counts why messages did not arrive.
    count_causes: bool,
    credentials: CredentialStore,
    recorder: Recorder,
    clock: fn() -> Timestamp,
    metrics: MetricSink,
}

/// The time and the counters of one invocation.
struct Context {
    received_at: Timestamp,
    deadline: Deadline,
    metrics: Metrics,
}

impl Handler {
    /// Creates a handler from a configuration; makes no call before [`Self::warm_up`] or [`Self::handle`].
    #[must_use]
    pub fn new(config: Config, clients: Clients) -> Self {
        Self {
            verifier: Verifier::new(config.sns, clients.sns),
            event_bridge: config.event_bridge,
            auto_confirm: config.auto_confirm,
            ses: config.ses,
            count_causes: config.count_causes,
            credentials: CredentialStore::new(config.webhook, clients.secrets_manager),
            recorder: Recorder::new(
                clients.dynamodb,
                config.event_table,
                config.suppression_table,
                config.soft_bounces,
                config.policy,
                config.retention,
            ),
            clock: clients.clock,
            metrics: clients.metrics,
        }
    }

    /// Handles one invocation, given as the JSON that Lambda received, and answers before the remaining time runs out.
    ///
    /// # Errors
    /// Only for SNS and EventBridge events: a failed HTTP request is answered with a status, and a failed message of a
    /// queue is listed in the answer.
    pub async fn handle(
        self: Arc<Self>,
        payload: &str,
        request_id: &str,
        time_left: Duration,
    ) -> Result<Answer, Error> {
        let deadline = Deadline::after(time_left);
        let mut context = Context { received_at: (self.clock)(), deadline, metrics: Metrics::default() };
        let log = OutcomeLog { request_id, message_id: None, door: "unknown", started: Instant::now() };
        let answer = match Invocation::detect(payload) {
            Ok(Invocation::Sns(deliveries)) => {
                let outcome = deadline.enforce(Box::pin(self.sns_event(deliveries, &mut context))).await;
                log.through("sns").write(outcome, &mut context.metrics).map(Answer::event)
            }
            Ok(Invocation::EventBridge(event)) => {
                let outcome = deadline.enforce(Box::pin(self.event_bridge_event(event, &mut context))).await;
                log.through("event_bridge").write(outcome, &mut context.metrics).map(Answer::event)
            }
            Ok(Invocation::Queue(messages)) => {
                Ok(Box::pin(self.queue_batch(&messages, log.through("sqs"), &mut context)).await)
            }
            Ok(Invocation::Http(request)) => {
                let outcome = deadline.enforce(Box::pin(self.http_request(&request, &mut context))).await;
                Ok(Answer::http(request.format, log.through("http").write(outcome, &mut context.metrics)))
            }
            Err(error) => log.write(Err(error), &mut context.metrics).map(Answer::event),
        };
        self.metrics.write(&context.metrics, context.received_at);
        answer
    }

    async fn event_bridge_event(&self, event: EventBridgeEvent<'_>, context: &mut Context) -> Result<usize, Error> {
        let authorized = self.event_bridge.authorize(event)?;
        self.record(normalize_event_bridge(&authorized, &self.ses, context.received_at)?, context).await
    }

    /// All records are verified before any has an effect.
    async fn sns_event(
        &self,
        deliveries: Vec<Result<Delivery<'_>, Error>>,
        context: &mut Context,
    ) -> Result<usize, Error> {
        let mut events = Vec::new();
        for delivery in deliveries {
            events.extend(self.sns_notification(delivery?, context).await?);
        }
        self.record(events, context).await
    }

    async fn sns_notification(&self, delivery: Delivery<'_>, context: &mut Context) -> Result<Vec<EmailEvent>, Error> {
        let message = self.verifier.verify(delivery, context.received_at).await?;
        self.store_proven_certificates();
        self.normalize(&message, context)
    }

    async fn http_request(&self, request: &HttpRequest<'_>, context: &mut Context) -> Result<usize, Error> {
        match Route::of(request)? {
            Route::Sns => self.sns_post(request, context).await,
            Route::Provider(route) => {
                let authentic = AuthenticRequest::authenticate(request, route, &self.credentials, context.received_at);
                self.webhook(&authentic.await?, context).await
            }
        }
    }

    /// Records the body in parts to bound the memory; if a part fails, the request fails after the last one.
    async fn webhook(&self, request: &AuthenticRequest<'_>, context: &mut Context) -> Result<usize, Error> {
        let mut events = normalize_webhook(request)?.peekable();
        let mut outcome = Ok(0_usize);
        while events.peek().is_some() {
            let part = events.by_ref().take(EVENTS_AT_ONCE).collect();
            outcome = match (outcome, self.record(part, context).await) {
                (Ok(before), Ok(recorded)) => Ok(before.saturating_add(recorded)),
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
        }
        outcome
    }

    /// Handles a request from SNS; the signature is the credential.
    async fn sns_post(&self, request: &HttpRequest<'_>, context: &mut Context) -> Result<usize, Error> {
        let post = Post::read(request)?;
        let verified = self.verifier.verify_post(&post, context.received_at).await?;
        self.store_proven_certificates();
        match verified {
            Verified::Notification(message) => {
                let events = self.normalize(&message, context)?;
                self.record(events, context).await
            }
            Verified::Subscription(confirmation) if self.auto_confirm => {
                self.verifier.confirm(&confirmation).await?;
                context.metrics.subscription(SubscriptionStep::Confirmed);
                Ok(0)
            }
            Verified::Subscription(_) => {
                context.metrics.subscription(SubscriptionStep::Pending);
                tracing::warn!("a subscription is waiting to be confirmed; set SNS_AUTO_CONFIRM and subscribe again");
                Ok(0)
            }
            Verified::Unsubscription => {
                context.metrics.subscription(SubscriptionStep::Ended);
                tracing::warn!("a subscription of the topic to this endpoint has ended");
                Ok(0)
            }
        }
    }

    fn normalize(&self, message: &VerifiedMessage<'_>, context: &mut Context) -> Result<Vec<EmailEvent>, Error> {
        if message.is_sha1() {
            context.metrics.sha1(message.topic_arn());
        }
        normalize_sns(message, &self.ses)
    }

    /// Records events that succeed or fail as a whole.
    async fn record(&self, events: Vec<EmailEvent>, context: &mut Context) -> Result<usize, Error> {
        let recorded = self.record_reports(vec![events], context).await;
        recorded.whole().map(|()| recorded.events.len())
    }

    /// Records reports that succeed or fail one by one, and counts what succeeded.
    async fn record_reports(&self, reports: Vec<Vec<EmailEvent>>, context: &mut Context) -> Recorded {
        let limits = context.deadline.limits(reports.iter().map(Vec::len).sum());
        let recorded = self.recorder.record(reports, context.received_at, limits).await;
        context.metrics.events(&recorded.events, context.received_at);
        if self.count_causes {
            context.metrics.causes(&recorded.events);
        }
        context.metrics.suppressed(&recorded.suppressed);
        recorded
    }
}
