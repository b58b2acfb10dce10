//! The input of the stages: one sample per provider, and a function without a network.

use std::sync::Arc;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use mail_feedback::config::{Config, UnsubscribeConfig};
use mail_feedback::functions::check::Checker;
use mail_feedback::functions::unsubscribe::Unsubscriber;
use mail_feedback::handler::{Clients, Handler};
use mail_feedback::intake::sns::{Fetcher, TrustStore, Verifier};
use mail_feedback::intake::webhook::CredentialStore;
use mail_feedback::store::Suppressions;
use mail_feedback::suppression::SoftBounceRules;
use mail_feedback::timestamp::Timestamp;
use mail_feedback::unsubscribe::{KeyStore, Keys, Link, LinkScope, ONE_CLICK, PATH};
use serde_json::{Value, json};

use crate::function::{ACCOUNT, CREDENTIALS, authorization, clients};
use support::authority::{AUTHORITY, FOLDER};
use support::door::{Door, QUEUE, queue_event};
use support::envelope::{TOPIC, lambda_event, notification, sign};
use support::request::post;
use support::samples;

/// A delivery as each provider reports it, in one invocation each.
pub const SES: &str = "ses/delivery";
/// One object.
pub const MAILJET: &str = "mailjet/sent";
/// One object.
pub const TENCENT: &str = "tencent/delivered";

/// The invocation of a sample.
pub fn sample(name: &str) -> String {
    samples::all().into_iter().find(|sample| sample.name == name).expect("a sample of this name").json
}

/// A Mailjet request with an array of this many deliveries, each to a different address.
pub fn group(events: usize) -> String {
    let event: Value = serde_json::from_str(&sample(MAILJET)).expect("JSON");
    let body: Value = serde_json::from_str(event["body"].as_str().expect("a body")).expect("JSON");
    let delivery = |place: usize| {
        let mut delivery = body.clone();
        delivery["email"] = format!("recipient-{place}@example.com").into();
        delivery["MessageID"] = (70_650_219_325_536_063_u64 + place as u64).into();
        delivery
    };
    let body: Vec<Value> = (0..events).map(delivery).collect();
    let mut event = event;
    event["headers"] = authorization();
    event["body"] = Value::Array(body).to_string().into();
    event.to_string()
}

/// A batch of a queue with this many SNS messages, each a delivery to a different address, signed by the test authority.
pub fn queue(messages: usize) -> String {
    let bodies: Vec<String> = deliveries(messages).iter().map(Value::to_string).collect();
    queue_event(QUEUE, &bodies).to_string()
}

/// One of these deliveries, with which SNS invokes the function.
pub fn direct() -> String {
    lambda_event(&deliveries(1)[0]).to_string()
}

/// A batch of a queue with the SES sample this many times. Unlike those of [`queue`], its signatures are the same in
/// every process.
pub fn queue_of_samples(messages: usize) -> String {
    let event: Value = serde_json::from_str(&sample(SES)).expect("JSON");
    queue_event(QUEUE, &vec![event["Records"][0]["Sns"].to_string(); messages]).to_string()
}

/// A batch of a queue with this many deliveries by EventBridge, each to a different address.
pub fn queue_of_event_bridge(messages: usize) -> String {
    let bridged = |envelope: &Value| Door::EventBridge.invocation(envelope).expect("a delivery");
    queue_event(QUEUE, &unsigned(messages).iter().map(bridged).collect::<Vec<_>>()).to_string()
}

/// SNS messages about deliveries to different addresses, signed by the test authority.
fn deliveries(count: usize) -> Vec<Value> {
    let mut envelopes = unsigned(count);
    for envelope in &mut envelopes {
        sign(envelope, &AUTHORITY);
    }
    envelopes
}

/// The same without signatures.
fn unsigned(count: usize) -> Vec<Value> {
    let event: Value = serde_json::from_str(&sample(SES)).expect("JSON");
    let message = event["Records"][0]["Sns"]["Message"].as_str().expect("a message");
    let message: Value = serde_json::from_str(message).expect("JSON");
    let delivery = |place: usize| {
        let address = format!("recipient-{place}@example.com");
        let mut message = message.clone();
        message["mail"]["messageId"] = format!("0100019a6f3b2c41-{place:08x}-000000").into();
        message["mail"]["destination"] = json!([address]);
        message["delivery"]["recipients"] = json!([address]);
        let id = format!("165545c9-2a5c-472c-8df2-{place:012x}");
        notification(&message.to_string(), &id, "2026-11-20T12:39:27.000Z")
    };
    (0..count).map(delivery).collect()
}

/// The configuration that accepts the samples.
pub fn config() -> Config {
    let certificates = samples::folder().join("certificates");
    Config::from_lookup(|name| {
        let value = match name {
            "EVENT_TABLE" | "SUPPRESSION_TABLE" => name.to_owned(),
            "SNS_TOPIC_ARNS" => TOPIC.to_owned(),
            "SNS_MAX_AGE_SECONDS" => "4000000000".to_owned(),
            "SNS_TRUST_ANCHORS" => certificates.join("root.pem").to_string_lossy().into_owned(),
            "SNS_CERTIFICATES" => certificates.to_string_lossy().into_owned(),
            "EVENTBRIDGE_ACCOUNT_IDS" => ACCOUNT.to_owned(),
            "EVENTBRIDGE_QUEUE_ARNS" => QUEUE.to_owned(),
            "WEBHOOK_CREDENTIALS" => CREDENTIALS.to_owned(),
            _ => return None,
        };
        Some(value)
    })
    .expect("a valid environment")
}

/// The verifier of that configuration.
pub fn verifier() -> Verifier {
    Verifier::new(config().sns, Fetcher::default())
}

/// The credentials of that configuration.
pub fn credentials() -> CredentialStore {
    CredentialStore::new(config().webhook, || panic!("the local credential"))
}

/// The whole handler with a DynamoDB that answers at once and remembers nothing.
pub fn handler() -> Arc<Handler> {
    custom_handler(|_, _| {})
}

/// The same with a changed configuration or changed clients.
pub fn custom_handler(change: impl FnOnce(&mut Config, &mut Clients)) -> Arc<Handler> {
    let (mut config, mut clients) = (config(), clients("bench", empty_dynamo()));
    change(&mut config, &mut clients);
    Arc::new(Handler::new(config, clients))
}

/// The same, and it accepts messages signed by the test authority.
pub fn trusting_handler() -> Arc<Handler> {
    custom_handler(|config, _| {
        config.sns.trust = TrustStore::new(&AUTHORITY.root, "").expect("certificates");
        config.sns.certificates = Some(FOLDER.clone());
    })
}

/// The function that answers senders, with the same DynamoDB.
pub fn checker() -> Checker {
    let Clients { dynamodb, clock, metrics, .. } = clients("bench", empty_dynamo());
    let suppressions = Suppressions::new(dynamodb, "SUPPRESSION_TABLE".to_owned(), SoftBounceRules::default());
    Checker { suppressions, clock, metrics }
}

/// The settings of the function that serves links, besides its tables.
pub const LINK_SETTINGS: [(&str, &str); 2] =
    [("UNSUBSCRIBE_KEYS", r#"{"k1":"0123456789abcdef0123456789abcdef"}"#), ("SENDER_NAME", "Example Shop")];

/// What the pages for support need besides the tables.
pub const VIEW_SETTINGS: [(&str, &str); 1] = [("FEEDBACK_FUNCTION", "mail-feedback")];

/// A request of the widget for the page of an address.
pub fn view_request(recipient: usize) -> String {
    let context = json!({"locale": "en", "theme": "light", "timezone": {"offsetISO": "+00:00"}, "forms": {"all": {}}});
    json!({"page": "address", "address": format!("recipient-{recipient}@example.com"), "widgetContext": context})
        .to_string()
}

/// The function that serves links, with the same DynamoDB.
pub fn unsubscriber() -> Unsubscriber {
    let Clients { dynamodb, clock, metrics, .. } = clients("bench", empty_dynamo());
    let tables = ["EVENT_TABLE", "SUPPRESSION_TABLE"].map(|name| (name, name));
    let settings: Vec<_> = tables.into_iter().chain(LINK_SETTINGS).collect();
    let lookup = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let config = UnsubscribeConfig::from_lookup(lookup).expect("valid settings");
    Unsubscriber::new(dynamodb, config, KeyStore::Fixed(link_keys()), clock, metrics)
}

fn link_keys() -> Keys {
    Keys::parse(LINK_SETTINGS[0].1).expect("keys")
}

/// A request for the link of a numbered recipient; a POST unsubscribes.
pub fn link_request(method: &str, recipient: usize) -> String {
    let (keys, scope) = (link_keys(), LinkScope::parse("list:own:weekly").expect("a scope"));
    let (id, key) = keys.only().expect("one key");
    let made_at = Timestamp::parse("2026-11-20T12:00:00Z").expect("a time");
    let link = Link::new(&format!("recipient-{recipient}@example.com"), scope, made_at).expect("a link");
    let headers = json!({"content-type": "application/x-www-form-urlencoded", "accept-language": "de-AT,de;q=0.9"});
    let body = if method == "POST" { ONE_CLICK } else { "" };
    let mut request = post(&format!("{PATH}{}", link.token(id, key)), &headers, body);
    request["requestContext"]["http"]["method"] = method.into();
    request.to_string()
}

/// A client of a DynamoDB that answers at once and remembers nothing.
pub fn empty_dynamo() -> aws_sdk_dynamodb::Client {
    let sdk = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .http_client(EmptyDynamo)
        .build();
    aws_sdk_dynamodb::Client::from_conf(sdk)
}

/// A question about this number of addresses.
pub fn question(addresses: usize) -> String {
    let addresses: Vec<String> = (0..addresses).map(|n| format!("recipient-{n}@example.com")).collect();
    json!({"addresses": addresses, "provider": "ses", "sender_domain": "example.com", "lists": ["News/Offers"],
        "stream": "marketing"})
    .to_string()
}

/// A DynamoDB without a network: every request succeeds, nothing is ever found.
#[derive(Clone, Debug)]
struct EmptyDynamo;

impl HttpConnector for EmptyDynamo {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().expect("a status"), SdkBody::from("{}"))))
    }
}

impl HttpClient for EmptyDynamo {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
