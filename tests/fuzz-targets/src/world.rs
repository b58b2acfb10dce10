//! The function under test: a whole handler with a fixed clock.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use mail_feedback::config::Config;
use mail_feedback::error::Error;
use mail_feedback::handler::{Clients, Handler};
use mail_feedback::intake::sns::{Delivery, Fetcher, TrustStore, VerifiedMessage, Verifier};
use mail_feedback::intake::webhook::CredentialStore;
use mail_feedback::telemetry::{FunctionVersion, MetricSink};
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;
use support::authority::AUTHORITY;
use support::envelope::TOPIC;
use support::request::CREDENTIALS;
use tokio::runtime::Runtime;

use super::fake_aws::{CertificateHost, Dynamo};

/// The current time: after all samples were signed.
pub static NOW: LazyLock<Timestamp> = LazyLock::new(|| Timestamp::parse("2027-01-01T00:00:00.000Z").expect("a time"));
/// The account whose EventBridge events are accepted.
pub const ACCOUNT: &str = "123456789012";
/// The queue that they may also come from.
pub const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:undelivered";
/// The root of the samples.
const ROOT_OF_SAMPLES: &str = include_str!("../../../events/certificates/root.pem");

thread_local! {
    static WORLD: World = World::new();
}

/// A function and its surroundings.
pub struct World {
    runtime: Runtime,
    dynamo: Dynamo,
    client: Client,
    handler: Arc<Handler>,
    /// The handler's verifier, for inputs that are not recorded.
    verifier: Verifier,
    /// The handler's credential check.
    credentials: CredentialStore,
}

/// What the function accepts.
fn config() -> Config {
    let mut config = Config::from_lookup(|name| {
        let value = match name {
            "EVENT_TABLE" | "SUPPRESSION_TABLE" => name,
            "SNS_TOPIC_ARNS" => TOPIC,
            "SNS_MAX_AGE_SECONDS" => "4000000000",
            "EVENTBRIDGE_ACCOUNT_IDS" => ACCOUNT,
            "EVENTBRIDGE_QUEUE_ARNS" => QUEUE,
            "WEBHOOK_CREDENTIALS" => CREDENTIALS,
            _ => return None,
        };
        Some(value.to_owned())
    })
    .expect("a valid environment");
    config.sns.trust = TrustStore::new(&format!("{}\n{ROOT_OF_SAMPLES}", AUTHORITY.root), "").expect("certificates");
    config
}

impl World {
    /// Runs code with the world of this thread.
    pub fn with<T>(act: impl FnOnce(&Self) -> T) -> T {
        WORLD.with(act)
    }

    fn new() -> Self {
        let dynamo = Dynamo::default();
        let client = dynamo.client();
        let clients = Clients {
            dynamodb: client.clone(),
            secrets_manager: Box::new(|| panic!("the credential is in the configuration")),
            sns: Fetcher::over(CertificateHost),
            clock: || *NOW,
            metrics: MetricSink {
                function: FunctionVersion { name: "fuzzed".to_owned(), version: "1".to_owned() },
                write_line: |line| assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object())),
            },
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        Self {
            runtime,
            dynamo,
            client,
            handler: Arc::new(Handler::new(config(), clients)),
            verifier: Verifier::new(config().sns, Fetcher::over(CertificateHost)),
            credentials: CredentialStore::new(config().webhook, || panic!("the credential is in the configuration")),
        }
    }

    /// Runs a future to its end.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A client of an empty DynamoDB.
    pub fn empty_dynamo(&self) -> Client {
        self.dynamo.take();
        self.client.clone()
    }

    /// The credentials.
    pub fn credentials(&self) -> &CredentialStore {
        &self.credentials
    }

    /// The answer to an invocation, and how many items were written.
    pub fn invoke(&self, payload: &str) -> (Result<Value, Error>, usize) {
        self.dynamo.take();
        let handled = Arc::clone(&self.handler).handle(payload, "fuzzed", Duration::from_hours(1));
        let answer = self.wait(handled).map(|answer| serde_json::to_value(answer).expect("answers are JSON"));
        (answer, self.dynamo.take())
    }

    /// The message of an envelope that was signed here.
    pub fn verified<'a>(&self, envelope: &'a str) -> VerifiedMessage<'a> {
        let delivery = Delivery::queued(envelope).expect("an envelope");
        self.wait(self.verifier.verify(delivery, *NOW)).expect("a genuine notification")
    }
}
