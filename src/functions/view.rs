//! `view`: the pages for support, as a custom widget in CloudWatch; a program of its own, `mail-feedback-view`.
//!
//! **Given**: a request for a custom widget, only through `Invoke` ([`request::WidgetRequest`]):
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html>.
//!
//! **Answers**: HTML as a JSON string; Markdown if it is asked what it does. The page reports any failure.
//!
//! **Needs**: DynamoDB, whose connection is opened during the cold start; CloudWatch, for the overview and the failures.
//!
//! Who may look and decide is up to IAM: whoever may invoke the function.

mod request;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub use self::request::WidgetRequest;
use super::StartError;
use super::environment::{sdk_config, time_left};
use crate::api::{ApiError, MAX_ANSWER_BYTES};
use crate::config::{Limits, ViewConfig};
use crate::error::{Error, Malformed, Outage};
use crate::handler::Deadline;
use crate::telemetry::redact_panic;
use crate::timestamp::Timestamp;
use crate::view::{Ask, MetricsSource, Page, Responder, View, ViewError, description, failures_page, overview_page};

/// The values of `Handler` that start it.
const NAMES: [&str; 3] = ["view", "bootstrap", ""];

/// Everything an invocation needs, set up at the cold start.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Both tables.
    pub responder: Responder,
    /// The metrics.
    pub metrics: MetricsSource,
    /// What the rates are compared with.
    pub limits: Limits,
    /// The current time.
    pub clock: fn() -> Timestamp,
}

/// Runs the cold start (configuration, clients, one warm connection), then serves invocations.
///
/// # Errors
/// `Handler` names another function, a setting is missing or wrong, or Lambda's Runtime API does not answer.
pub async fn run() -> Result<(), StartError> {
    let handler = std::env::var("_HANDLER").unwrap_or_default();
    if !NAMES.contains(&handler.as_str()) {
        return Err(StartError::OtherFunction { known: "view" });
    }
    let config = ViewConfig::from_env().map_err(StartError::Config)?;
    let sdk = sdk_config().await;
    let clients = (aws_sdk_dynamodb::Client::new(&sdk), aws_sdk_cloudwatch::Client::new(&sdk));
    let viewer = Viewer::new(clients.0, clients.1, config, Timestamp::now);
    viewer.responder.open_connection().await;
    let viewer = Arc::new(viewer);
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let viewer = Arc::clone(&viewer);
        async move {
            let context = &event.context;
            let arn = &context.invoked_function_arn;
            redact_panic(viewer.serve(event.payload.get(), arn, &context.request_id, time_left(context))).await
        }
    }));
    served.await.map_err(|_| StartError::RuntimeApi)
}

impl Viewer {
    /// Creates a function with this configuration.
    #[must_use]
    pub fn new(
        dynamodb: aws_sdk_dynamodb::Client,
        cloudwatch: aws_sdk_cloudwatch::Client,
        config: ViewConfig,
        clock: fn() -> Timestamp,
    ) -> Self {
        let ViewConfig { recording, may_decide, functions, queues, limits } = config;
        let metrics = MetricsSource { client: cloudwatch, functions, queues };
        Self { responder: Responder::new(dynamodb, recording, may_decide), metrics, limits, clock }
    }

    /// Serves one invocation, given as the JSON that Lambda received and the ARN that was invoked, before the remaining
    /// time ends.
    ///
    /// # Errors
    /// Only if it is not a request of a widget.
    pub async fn serve(
        &self,
        payload: &str,
        function_arn: &str,
        request_id: &str,
        time_left: Duration,
    ) -> Result<Value, ApiError> {
        let (started, now) = (Instant::now(), (self.clock)());
        let request = WidgetRequest::parse(payload).ok_or(ApiError::Store(Error::Malformed(Malformed::Invocation)));
        let request = request.inspect_err(|error| super::log_failure(*error, request_id, millis_since(started)))?;
        let WidgetRequest::Ask { ask, view } = request else {
            return Ok(json!({"markdown": description()}));
        };
        let ask = *ask;
        let view = view.view(function_arn);
        let work = Box::pin(self.page(&ask, &view, now));
        let outcome = Deadline::after(time_left).enforce(work).await;
        write_log(&ask, outcome.as_ref().err(), request_id, started);
        let page = outcome.unwrap_or_else(|error| Page::failed(&ask, error, &view));
        Ok(Value::String(limited(page.html(&view, now), &ask, &view, now)))
    }

    async fn page(&self, ask: &Ask, view: &View, now: Timestamp) -> Result<Page, ViewError> {
        if let Some(page) = Box::pin(self.responder.answer(ask, view, now)).await? {
            return Ok(page);
        }
        match ask {
            Ask::Failures => Ok(failures_page(&Box::pin(self.metrics.failures(now)).await?, view)),
            Ask::Overview(period) => {
                Ok(overview_page(&Box::pin(self.metrics.overview(*period, now)).await?, &self.limits, view, now))
            }
            Ask::Address(_) | Ask::Message(_) | Ask::Decide(_) | Ask::Live(_) => {
                Ok(Page::refused(404, "There is no such page here."))
            }
        }
    }
}

/// A page that Lambda can return. JSON writes some characters as up to six.
fn limited(html: String, ask: &Ask, view: &View, now: Timestamp) -> String {
    let is_short = serde_json::to_string(&html).is_ok_and(|json| json.len() <= MAX_ANSWER_BYTES);
    if is_short { html } else { Page::failed(ask, ViewError::Store(Error::TooLarge), view).html(view, now) }
}

fn millis_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Writes one log line, without what was asked.
fn write_log(ask: &Ask, error: Option<&ViewError>, request_id: &str, started: Instant) {
    let (page, duration_ms) = (ask.page().as_str(), millis_since(started));
    match error {
        None => tracing::info!(request_id, page, duration_ms, "shown"),
        Some(error) => {
            let label = error.label();
            let retry = matches!(error, ViewError::Store(Error::Transient(Outage::Unreachable | Outage::Throttled)));
            tracing::warn!(request_id, page, label, retry, duration_ms, "not shown");
        }
    }
}
