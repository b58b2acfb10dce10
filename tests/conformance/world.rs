//! A separate handler for each case, with fresh tables, the test authority and a recorded internet.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use harness::function;
use mail_feedback::intake::sns::{Fetcher, TrustStore};
use serde_json::Value;
use support::authority::AUTHORITY;
use support::database::Database;
use support::envelope::TOPIC;

use super::certificates::Certificates;

/// The latest metrics line: it names the cause of a refusal, which no answer does.
static METRICS: Mutex<String> = Mutex::new(String::new());

/// How the handler of a case differs from the local environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    /// A topic that is allowed in addition to ours.
    pub(crate) topic: Option<String>,
    /// Whether no webhook credential is configured.
    pub(crate) without_credential: bool,
    /// The number of soft bounces that suppress.
    pub(crate) threshold: Option<u32>,
}

/// The answer to one invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The HTTP status; for an SNS event, the one that the same message would have over HTTPS.
    pub(crate) status: u16,
    /// The cause of a refusal, as metrics name it.
    pub(crate) cause: Option<String>,
}

/// A handler with its tables.
pub(crate) struct World {
    /// The tables.
    pub(crate) database: Database,
    handler: function::InProcess,
    internet: Internet,
}

impl World {
    /// Creates a handler with new tables.
    ///
    /// # Errors
    /// The root certificate is not accepted.
    pub(crate) async fn start(setup: &Setup, certificates: &Certificates) -> Result<Self, String> {
        let database = Database::start().await;
        let mut environment = function::environment(&database);
        let mut set = |name: &str, value: &str| environment.push((name.to_owned(), value.to_owned()));
        // The riskier setting: what must not be confirmed has to be refused for its own sake.
        set("SNS_AUTO_CONFIRM", "true");
        if let Some(topic) = &setup.topic {
            set("SNS_TOPIC_ARNS", &format!("{TOPIC},{topic}"));
        }
        if setup.without_credential {
            set("WEBHOOK_CREDENTIALS", "");
        }
        if let Some(threshold) = setup.threshold {
            set("SOFT_BOUNCE_THRESHOLD", &threshold.to_string());
        }
        let internet = Internet::default();
        let trust = TrustStore::new(&AUTHORITY.root, "").ok_or("the test root is no certificate")?;
        let handler = function::custom_handler(&database, &environment, |config, clients| {
            config.sns.trust = trust;
            config.sns.certificates = Some(certificates.folder.clone());
            clients.sns = Fetcher::over(internet.clone());
            clients.metrics.write_line =
                |line| line.clone_into(&mut METRICS.lock().unwrap_or_else(PoisonError::into_inner));
        });
        Ok(Self { database, handler, internet })
    }

    /// Invokes the handler.
    ///
    /// # Errors
    /// The answer to an HTTP request has no status.
    pub(crate) async fn invoke(&self, invocation: &Value) -> Result<Reply, String> {
        let is_http = invocation.get("version").is_some();
        let answer = function::invoke(&self.handler, &invocation.to_string()).await;
        let status = match answer {
            Err(error) => error.status(),
            Ok(_) if !is_http => 200,
            Ok(answer) => {
                let status = answer.get("statusCode").and_then(Value::as_u64);
                status.and_then(|status| u16::try_from(status).ok()).ok_or("an answer without a status")?
            }
        };
        Ok(Reply { status, cause: rejected() })
    }

    /// The URLs that were requested from the internet.
    pub(crate) fn fetched(&self) -> Vec<String> {
        self.internet.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The cause of the rejection in the latest metrics line.
fn rejected() -> Option<String> {
    let line = METRICS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let metrics: Value = serde_json::from_str(&line).ok()?;
    metrics.as_object()?.keys().find_map(|name| name.strip_prefix("rejected.")).map(str::to_owned)
}

/// An internet with nothing but the confirmation of our own topic.
#[derive(Clone, Debug, Default)]
struct Internet {
    asked: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for Internet {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = request.uri().to_owned();
        let ours = url.starts_with("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription")
            && url.contains(&format!("&TopicArn={TOPIC}&Token="));
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(url);
        HttpConnectorFuture::ready(match 200.try_into() {
            Ok(status) if ours => Ok(HttpResponse::new(status, SdkBody::empty())),
            _ => Err(ConnectorError::io("out of reach".into())),
        })
    }
}
