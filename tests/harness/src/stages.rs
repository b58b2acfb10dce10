//! The steps of processing an event, one by one, and their baselines.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use mail_feedback::event::{EmailEvent, Provider};
use mail_feedback::handler::Handler;
use mail_feedback::intake::sns::{Delivery, Envelope, VerifiedMessage, Verifier};
use mail_feedback::intake::webhook::{AuthenticRequest, CredentialStore, ProviderRoute};
use mail_feedback::intake::{HttpRequest, Invocation};
use mail_feedback::policy::{Policy, decide};
use mail_feedback::provider::{SesSettings, normalize_sns, normalize_webhook};
use mail_feedback::store::{Retention, to_item};
use mail_feedback::suppression::effect_text;
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::fixture::{self, MAILJET, SES, TENCENT};
use crate::function::TIME_LEFT;
use support::samples;

/// A step that can be repeated.
pub struct Stage {
    /// `<provider>.<step>` or `floor.<what>`.
    pub name: &'static str,
    /// Does it once.
    pub run: Box<dyn Fn()>,
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"));

fn stage(name: &'static str, run: impl Fn() + 'static) -> Stage {
    Stage { name, run: Box::new(run) }
}

/// All stages of an event.
pub fn all() -> Vec<Stage> {
    let handler = fixture::handler();
    let mut stages = vec![floor()];
    stages.extend(ses(&handler));
    stages.extend(webhook(
        Provider::Mailjet,
        MAILJET,
        ["mailjet.parse", "mailjet.verify", "mailjet.normalize", "mailjet.decide", "mailjet.item", "mailjet.handler"],
        &handler,
    ));
    stages.extend(webhook(
        Provider::Tencent,
        TENCENT,
        ["tencent.parse", "tencent.verify", "tencent.normalize", "tencent.decide", "tencent.item", "tencent.handler"],
        &handler,
    ));
    stages
}

/// One `GetItem` through the SDK, and complete questions to the function `check`.
pub fn questions() -> [Stage; 3] {
    let (client, checker) = (fixture::empty_dynamo(), Arc::new(fixture::checker()));
    let get_item = move || {
        let key = AttributeValue::S("recipient-0@example.com".to_owned());
        let call = client.get_item().table_name("SUPPRESSION_TABLE").key("address", key).consistent_read(true);
        black_box(RUNTIME.block_on(call.send()).expect("an answer"));
    };
    let asked = |name, addresses| {
        let (checker, json) = (Arc::clone(&checker), leaked(fixture::question(addresses)));
        stage(name, move || {
            let answers = RUNTIME.block_on(checker.answer(black_box(json), "bench", TIME_LEFT)).expect("an answer");
            assert_eq!(answers.get().matches("\"allowed\":").count(), addresses);
            black_box(answers);
        })
    };
    [stage("floor.get_item", get_item), asked("check.one", 1), asked("check.thousand", 1_000)]
}

/// Requests for a one-click unsubscribe link: its page, which reads no table, and an unsubscribe.
pub fn links() -> [Stage; 2] {
    let function = Arc::new(fixture::unsubscriber());
    let served = |name, method| {
        let (function, json) = (Arc::clone(&function), leaked(fixture::link_request(method, 0)));
        stage(name, move || {
            let answer = RUNTIME.block_on(function.serve(black_box(json), "bench", TIME_LEFT)).expect("an answer");
            let answer = serde_json::to_string(&answer).expect("JSON");
            assert!(answer.contains("\"statusCode\":200"), "{answer}");
        })
    };
    [served("link.page", "GET"), served("link.unsubscribe", "POST")]
}

/// How many messages or events a batch of [`batches`] has.
pub const BATCH: usize = 100;

/// Whole batches: of SNS messages that report one delivery, of EventBridge deliveries, and of Mailjet deliveries.
///
/// The first has the whole cost of reading and verifying, the second that of recording.
pub fn batches() -> [Stage; 3] {
    let handler = fixture::handler();
    let batch = |name, json: String| {
        let (handler, json) = (Arc::clone(&handler), leaked(json));
        stage(name, move || {
            let answer = RUNTIME.block_on(Arc::clone(&handler).handle(black_box(json), "bench", TIME_LEFT));
            let answer = serde_json::to_string(&answer.expect("an answer")).expect("JSON");
            assert!(answer.contains("200") || answer == r#"{"batchItemFailures":[]}"#, "{name}: {answer}");
        })
    };
    [
        batch("batch.sns", fixture::queue_of_samples(BATCH)),
        batch("batch.event_bridge", fixture::queue_of_event_bridge(BATCH)),
        batch("batch.mailjet", fixture::group(BATCH)),
    ]
}

/// Text that lives as long as the program: the stages borrow from it.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// The envelope within an SNS event.
fn envelope_of(json: &str) -> &'static str {
    let event: Value = serde_json::from_str(json).expect("JSON");
    leaked(event["Records"][0]["Sns"].to_string())
}

/// The bare cryptography: RSA-2048 and SHA-256 over the bytes that the SES sample signs.
fn floor() -> Stage {
    let json = envelope_of(&fixture::sample(SES));
    let text = Envelope::parse(json).expect("an envelope").string_to_sign();
    let fields: Value = serde_json::from_str(json).expect("JSON");
    let signature = STANDARD.decode(fields["Signature"].as_str().expect("a signature")).expect("base64");
    let key = signing_key();
    stage("floor.rsa_sha256", move || key.verify_sig(black_box(text.as_bytes()), &signature).expect("genuine"))
}

fn signing_key() -> ParsedPublicKey {
    let paths = std::fs::read_dir(samples::folder().join("certificates")).expect("a folder");
    let leaf = paths.map(|path| path.expect("a file").path()).find(|path| path.to_string_lossy().contains("Simple"));
    let pem = std::fs::read_to_string(leaf.expect("a certificate")).expect("text");
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(base64).expect("base64").into();
    let leaf = webpki::EndEntityCert::try_from(&der).expect("a certificate");
    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, leaf.subject_public_key_info()).expect("an RSA key")
}

fn verified(verifier: &Verifier, envelope: &'static str) -> VerifiedMessage<'static> {
    open(verifier, Delivery::queued(envelope).expect("an envelope"))
}

/// Never waits, because the certificate is in memory.
fn open<'a>(verifier: &Verifier, delivery: Delivery<'a>) -> VerifiedMessage<'a> {
    let outcome = verifier.verify(delivery, Timestamp::now()).now_or_never();
    outcome.expect("nothing to wait for").expect("a genuine notification")
}

fn ses(handler: &Arc<Handler>) -> Vec<Stage> {
    let json = leaked(fixture::sample(SES));
    let envelope = envelope_of(json);
    let verifier: &'static Verifier = Box::leak(Box::new(fixture::verifier()));
    let message: &'static VerifiedMessage<'static> = Box::leak(Box::new(verified(verifier, envelope)));
    let events = normalize_sns(message, &SesSettings::default()).expect("events");
    let (settings, again) = (SesSettings::default(), SesSettings::default());
    let whole = move || {
        let Ok(Invocation::Sns(deliveries)) = Invocation::detect(black_box(json)) else { panic!("an SNS event") };
        for delivery in deliveries {
            let message = open(verifier, delivery.expect("a delivery"));
            for event in normalize_sns(&message, &settings).expect("events") {
                black_box(decide(&event, Policy::default(), Timestamp::MAX));
            }
        }
    };
    let mut stages = vec![
        stage("ses.parse", move || drop(black_box(Invocation::detect(black_box(json))))),
        stage("ses.envelope", move || drop(black_box(Envelope::parse(black_box(envelope))))),
        stage("ses.verify", move || drop(black_box(verified(verifier, envelope)))),
        stage("ses.normalize", move || drop(black_box(normalize_sns(black_box(message), &again)))),
    ];
    stages.extend(of_events(["ses.decide", "ses.item"], events));
    stages.push(stage("ses.own_cpu", whole));
    stages.push(handled("ses.handler", json, handler));
    stages
}

fn of_events([decided, made]: [&'static str; 2], events: Vec<EmailEvent>) -> [Stage; 2] {
    let again = events.clone();
    let decide_all = move || {
        for event in &events {
            black_box(decide(event, Policy::default(), Timestamp::MAX));
        }
    };
    let make_all = move || {
        for event in &again {
            let effect = effect_text(&decide(event, Policy::default(), Timestamp::MAX));
            black_box(to_item(event, effect.as_deref(), Retention::default(), Timestamp::MAX));
        }
    };
    [stage(decided, decide_all), stage(made, make_all)]
}

fn handled(name: &'static str, json: &'static str, handler: &Arc<Handler>) -> Stage {
    let handler = Arc::clone(handler);
    let answer = RUNTIME.block_on(Arc::clone(&handler).handle(json, "bench", TIME_LEFT)).expect("an answer");
    let answer = serde_json::to_value(answer).expect("answers are JSON");
    assert!(answer["events"] == 1 || answer["statusCode"] == 200, "{name} records its event: {answer}");
    stage(name, move || {
        let answer = RUNTIME.block_on(Arc::clone(&handler).handle(black_box(json), "bench", TIME_LEFT));
        black_box(answer).expect("an answer");
    })
}

fn request(json: &'static str) -> HttpRequest<'static> {
    match Invocation::detect(json) {
        Ok(Invocation::Http(request)) => request,
        _ => panic!("a request"),
    }
}

fn webhook(provider: Provider, sample: &str, names: [&'static str; 6], handler: &Arc<Handler>) -> Vec<Stage> {
    let [parsed, checked, normalized, decided, made, whole] = names;
    let json = leaked(fixture::sample(sample));
    let credentials: &'static CredentialStore = Box::leak(Box::new(fixture::credentials()));
    let request: &'static HttpRequest<'static> = Box::leak(Box::new(request(json)));
    let authenticate = move || {
        let route = ProviderRoute { provider, sender_domain: None, stream: None };
        let authentic = AuthenticRequest::authenticate(request, route, credentials, Timestamp::MAX);
        authentic.now_or_never().expect("nothing to wait for").expect("the right credential")
    };
    let authentic: &'static AuthenticRequest<'static> = Box::leak(Box::new(authenticate()));
    let events: Vec<EmailEvent> = normalize_webhook(authentic).expect("events").collect();
    let mut stages = vec![
        stage(parsed, move || drop(black_box(Invocation::detect(black_box(json))))),
        stage(checked, move || drop(black_box(authenticate()))),
        stage(normalized, move || {
            normalize_webhook(black_box(authentic)).expect("events").for_each(|event| drop(black_box(event)));
        }),
    ];
    stages.extend(of_events([decided, made], events));
    stages.push(handled(whole, json, handler));
    stages
}
