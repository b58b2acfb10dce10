//! The function of a fuzzer: its whole handler, whose clock stands still.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use mail_feedback::error::Error;
use mail_feedback::event_bridge::Admission;
use mail_feedback::handler::Handler;
use mail_feedback::sns::{
    CertificateSource, Door, Envelope, Fetcher, Sha1, TopicArn, TrustStore, Verified, VerifiedMessage, Verifier,
};
use mail_feedback::store::{Recorder, Retention};
use mail_feedback::suppression::SoftBounceRules;
use mail_feedback::telemetry::FunctionVersion;
use mail_feedback::timestamp::Timestamp;
use mail_feedback::webhook::{CredentialStore, Credentials};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::nowhere::{CertificateHost, Dynamo};
use crate::support::authority::AUTHORITY;
use crate::support::envelope::TOPIC;
use crate::support::request::CREDENTIALS;

/// The present: after all samples were signed.
pub static NOW: LazyLock<Timestamp> = LazyLock::new(|| Timestamp::parse("2027-01-01T00:00:00.000Z").expect("a time"));
/// The account whose events EventBridge may bring.
pub const ACCOUNT: &str = "123456789012";
/// The queue out of which they may come, too.
pub const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:undelivered";
/// The root of the samples.
const ROOT_OF_SAMPLES: &str = include_str!("../../../events/certificates/root.pem");

thread_local! {
    static WORLD: World = World::new();
}

/// A function, and what stands around it.
pub struct World {
    runtime: Runtime,
    dynamo: Dynamo,
    client: Client,
    handler: Arc<Handler>,
}

impl World {
    /// Does something with the world of this thread.
    pub fn with<T>(act: impl FnOnce(&Self) -> T) -> T {
        WORLD.with(act)
    }

    fn new() -> Self {
        let dynamo = Dynamo::default();
        let client = dynamo.client();
        let trust = TrustStore::new(&format!("{}\n{ROOT_OF_SAMPLES}", AUTHORITY.root), "").expect("certificates");
        let (rules, retention) = (SoftBounceRules::default(), Retention::default());
        let (user, password) = CREDENTIALS.split_once(':').expect("user and password");
        let handler = Handler {
            function: FunctionVersion { name: "fuzzed".to_owned(), version: "1".to_owned() },
            verifier: Verifier {
                topics: vec![TopicArn::parse(TOPIC).expect("a topic")],
                sha1: Sha1::Iam,
                max_age_ms: i64::MAX / 2,
                certificates: CertificateSource::new(trust, None, Fetcher::over(CertificateHost)),
            },
            event_bridge: Admission { accounts: vec![ACCOUNT.to_owned()], queues: vec![QUEUE.to_owned()] },
            auto_confirm: false,
            accounts: Vec::new(),
            credentials: CredentialStore::Fixed(Credentials::new(user, password).into_iter().collect()),
            recorder: Recorder::new(client.clone(), "e".to_owned(), "s".to_owned(), rules, retention),
            clock: || *NOW,
            metrics: |line| assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object())),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        Self { runtime, dynamo, client, handler: Arc::new(handler) }
    }

    /// Waits for something.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A client of a DynamoDB that holds nothing yet.
    pub fn empty_dynamo(&self) -> Client {
        self.dynamo.take();
        self.client.clone()
    }

    /// The credentials.
    pub fn credentials(&self) -> &CredentialStore {
        &self.handler.credentials
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
        let envelope = Envelope::parse(envelope).expect("an envelope");
        match self.wait(self.handler.verifier.verify(envelope, Door::Lambda, *NOW)) {
            Ok(Verified::Notification(message)) => message,
            _ => panic!("a genuine notification"),
        }
    }
}
