//! A function, its tables, and the host that it fetches certificates from.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use harness::function::{InProcess, custom_handler};
use mail_feedback::config::Config;
use mail_feedback::error::Error;
use mail_feedback::handler::Clients;
use mail_feedback::intake::sns::{Fetcher, TrustStore};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::database::{Database, EVENTS, SUPPRESSIONS};
use support::door::{self, QUEUE, queue_event};
use support::envelope::{lambda_event, notification, sign};
use support::environment::environment;
use support::request::post;

use crate::real_binary::invoke_both;

/// The id of the message that the tests send.
pub const ID: &str = "165545c9-2a5c-472c-8df2-7ff2be2b3b1b";
/// A hard bounce.
pub const MESSAGE: &str = r#"{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General",
    "bouncedRecipients":[{"emailAddress":"a@example.com","action":"failed","status":"5.1.1"}],
    "timestamp":"2026-11-20T09:00:01.000Z","feedbackId":"f"},"mail":{"timestamp":"2026-11-20T09:00:00.000Z",
    "messageId":"m","destination":["a@example.com"],"sendingAccountId":"123456789012"}}"#;

/// A host that counts the requests and answers each with one body, or not at all.
#[derive(Clone, Debug)]
pub struct Host {
    requests: Arc<AtomicUsize>,
    answer: Arc<Mutex<Option<(u16, String)>>>,
}

impl Host {
    /// A host that answers with this status and body.
    pub fn serving(status: u16, body: &str) -> Self {
        let host = Self::unreachable();
        host.answer_with(status, body);
        host
    }

    /// A host that serves the certificate that the tests sign with.
    pub fn genuine() -> Self {
        Self::serving(200, &AUTHORITY.leaf)
    }

    /// A host that cannot be reached.
    pub fn unreachable() -> Self {
        Self { requests: Arc::default(), answer: Arc::default() }
    }

    /// Changes the answer.
    pub fn answer_with(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap() = Some((status, body.to_owned()));
    }

    /// Makes the host unreachable.
    pub fn go_away(&self) {
        *self.answer.lock().unwrap() = None;
    }

    /// How often it was requested.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

impl HttpConnector for Host {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.requests.fetch_add(1, Ordering::Relaxed);
        assert!(request.uri().starts_with("https://sns.us-east-1.amazonaws.com/"), "{}", request.uri());
        let answer = match self.answer.lock().unwrap().clone() {
            None => Err(ConnectorError::io("unreachable".into())),
            Some((status, body)) => Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))),
        };
        HttpConnectorFuture::new(async move {
            // Lets other tasks run, as during a real request.
            tokio::task::yield_now().await;
            answer
        })
    }
}

/// A function that trusts the test authority.
pub struct World {
    /// The function.
    pub handler: InProcess,
    /// Its tables.
    pub database: Database,
}

impl World {
    /// Fetches certificates with `fetcher`; adds the settings to those of the local environment.
    pub async fn new(fetcher: Fetcher, settings: &[(&str, &str)]) -> Self {
        Self::set_up(Database::start().await, fetcher, settings, |_, _| {})
    }

    /// The same with a given database.
    pub fn over(database: Database, fetcher: Fetcher) -> Self {
        Self::set_up(database, fetcher, &[], |_, _| {})
    }

    /// Fetches certificates from a test host.
    pub async fn at(host: &Host) -> Self {
        Self::changed(host, |_, _| {}).await
    }

    /// The same with another clock.
    pub async fn with_clock(host: &Host, clock: fn() -> Timestamp) -> Self {
        Self::changed(host, |_, clients| clients.clock = clock).await
    }

    /// The same with other changes.
    pub async fn changed(host: &Host, change: impl FnOnce(&mut Config, &mut Clients)) -> Self {
        Self::set_up(Database::start().await, Fetcher::over(host.clone()), &[], change)
    }

    fn set_up(
        database: Database,
        fetcher: Fetcher,
        settings: &[(&str, &str)],
        change: impl FnOnce(&mut Config, &mut Clients),
    ) -> Self {
        let mut all = environment(&database);
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let handler = custom_handler(&database, &all, |config, clients| {
            config.sns.trust = TrustStore::new(&AUTHORITY.root, "").unwrap();
            config.sns.certificates = None;
            clients.sns = fetcher;
            change(config, clients);
        });
        Self { handler, database }
    }

    /// The status of a delivery over HTTPS.
    pub async fn https(&self, envelope: &Value) -> i64 {
        self.posted(&json!({"content-type": "text/plain; charset=UTF-8"}), &envelope.to_string()).await
    }

    /// The status of a POST to the SNS route; a refusal has no explanation.
    pub async fn posted(&self, headers: &Value, body: &str) -> i64 {
        let answer = invoke_both(&self.handler, &post("/webhooks/sns", headers, body).to_string()).await.unwrap();
        let status = answer["statusCode"].as_i64().unwrap();
        assert_eq!(answer["body"] == "", !matches!(status, 200 | 400 | 404 | 405 | 413), "{answer}");
        status
    }

    /// The label of the failure of a Lambda event, or `ok`.
    pub async fn lambda(&self, envelope: &Value) -> &'static str {
        invoke_both(&self.handler, &lambda_event(envelope).to_string()).await.map_or_else(Error::label, |_| "ok")
    }

    /// The ids of the failed messages of a batch, in which each message is `m-<place>`.
    pub async fn queue(&self, bodies: &[String]) -> Vec<String> {
        let answer = invoke_both(&self.handler, &queue_event(QUEUE, bodies).to_string()).await.unwrap();
        let failures = answer["batchItemFailures"].as_array().unwrap();
        failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
    }

    /// All doors refuse it, a Lambda event with this label, and nothing is written.
    pub async fn refuses(&self, envelope: &Value, label: &str) {
        assert_eq!(self.lambda(envelope).await, label, "{envelope:.300}");
        let failed = self.queue(&[envelope.to_string(), failure_record(envelope)]).await;
        assert_eq!(failed, ["m-0", "m-1"], "{envelope:.300}");
        assert_eq!(self.https(envelope).await, 403, "{envelope:.300}");
        self.is_untouched().await;
    }

    /// All doors call it malformed, and nothing is written.
    pub async fn cannot_read(&self, envelope: &str) {
        assert_eq!(self.posted(&json!({}), envelope).await, 400, "{envelope:.300}");
        let event =
            format!(r#"{{"Records":[{{"EventSource":"aws:sns","EventSubscriptionArn":"a:1","Sns":{envelope}}}]}}"#);
        let error = invoke_both(&self.handler, &event).await.unwrap_err();
        assert_eq!(error.class(), "Malformed", "{envelope:.300}");
        assert_eq!(self.queue(&[envelope.to_owned()]).await, ["m-0"], "{envelope:.300}");
        self.is_untouched().await;
    }

    /// Both tables are empty.
    pub async fn is_untouched(&self) {
        assert_eq!(self.database.scan(EVENTS).await.len(), 0);
        assert_eq!(self.database.scan(SUPPRESSIONS).await.len(), 0);
    }
}

/// Lambda's record of a failed invocation by SNS.
pub fn failure_record(envelope: &Value) -> String {
    door::failure_record(&lambda_event(envelope))
}

/// A bounce notification, changed and then signed.
pub fn signed(change: impl FnOnce(&mut Value)) -> Value {
    let mut envelope = notification(MESSAGE, ID, Timestamp::now());
    change(&mut envelope);
    sign(&mut envelope, &AUTHORITY);
    envelope
}

/// A bounce notification, signed and then changed.
pub fn tampered(change: impl FnOnce(&mut Value)) -> Value {
    let mut envelope = signed(|_| {});
    change(&mut envelope);
    envelope
}
