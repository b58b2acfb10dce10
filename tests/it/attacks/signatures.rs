//! Cases 65 to 72: the signature.

use std::cell::RefCell;
use std::path::Path;

use aws_lc_rs::signature::{RSA_PKCS1_SHA512, RSA_PSS_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::function::custom_handler;
use mail_feedback::intake::sns::Envelope;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::{AUTHORITY, Authority};
use support::database::Database;
use support::envelope::lambda_event;
use support::environment::environment;

use super::subscriptions::confirmation;
use super::world::{Host, World, failure_record, signed, tampered};
use crate::real_binary::invoke_both;

async fn world() -> World {
    World::at(&Host::genuine()).await
}

/// The genuine notification with another signature.
fn with_signature(signature: impl Into<Value>) -> Value {
    tampered(|envelope| envelope["Signature"] = signature.into())
}

fn text() -> String {
    Envelope::parse(&signed(|_| {}).to_string()).unwrap().string_to_sign()
}

#[tokio::test]
async fn case_65_a_changed_field() {
    let world = world().await;
    let earlier = Timestamp::from_millis(Timestamp::now().millis() - 60_000).unwrap().to_string();
    for (field, value) in [
        ("Message", json!("{}")),
        ("Message", json!("")),
        ("MessageId", json!("265545c9-2a5c-472c-8df2-7ff2be2b3b1b")),
        ("Timestamp", json!(earlier)),
    ] {
        world.refuses(&tampered(|envelope| envelope[field] = value), "signature").await;
    }
    let mut subscription = confirmation("SubscriptionConfirmation");
    subscription["Message"] = "x".into();
    assert_eq!(world.https(&subscription).await, 403);
}

#[tokio::test]
async fn case_66_the_type_flipped_between_confirmations() {
    let world = world().await;
    for (from, to) in [
        ("SubscriptionConfirmation", "UnsubscribeConfirmation"),
        ("UnsubscribeConfirmation", "SubscriptionConfirmation"),
    ] {
        let mut envelope = confirmation(from);
        envelope["Type"] = to.into();
        assert_eq!(world.https(&envelope).await, 403);
        assert_eq!(world.lambda(&envelope).await, "signature");
    }
}

#[tokio::test]
async fn case_67_the_subject_added_removed_or_renamed() {
    let world = world().await;
    world.refuses(&tampered(|envelope| envelope["Subject"] = "s".into()), "signature").await;
    world.refuses(&tampered(|envelope| envelope["Subject"] = "null".into()), "signature").await;
    for value in [Value::Null, json!("S")] {
        let mut envelope = signed(|envelope| envelope["Subject"] = "s".into());
        envelope["Subject"] = value;
        world.refuses(&envelope, "signature").await;
    }
}

#[tokio::test]
async fn case_68_labels_that_do_not_exist() {
    let world = world().await;
    for label in ["3", "", " 2", "2 ", "02", "v2"] {
        world.refuses(&tampered(|envelope| envelope["SignatureVersion"] = label.into()), "signature_version").await;
    }
    world.cannot_read(&tampered(|envelope| envelope["SignatureVersion"] = json!(1)).to_string()).await;
}

thread_local! {
    /// The metrics lines of the functions of this test, which has a thread of its own.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The results of the committed version 1 message over HTTPS, as a Lambda event and from a queue.
async fn version_one(allowed: &str, label: &str) -> (i64, &'static str, usize) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sha1");
    let text = std::fs::read_to_string(fixtures.join("notification.json")).unwrap();
    let mut envelope: Value = serde_json::from_str(&text).unwrap();
    envelope["SignatureVersion"] = label.into();
    let database = Database::start().await;
    let mut settings = environment(&database);
    for (name, value) in [("SNS_CERTIFICATES", ""), ("SNS_TRUST_ANCHORS", "root.pem")] {
        settings.push((name.to_owned(), fixtures.join(value).to_string_lossy().into_owned()));
    }
    settings.push(("SNS_ALLOW_SHA1".to_owned(), allowed.to_owned()));
    let handler = custom_handler(&database, &settings, |_, clients| {
        clients.clock = || Timestamp::parse("2026-11-20T09:30:00.000Z").unwrap();
        clients.metrics.write_line = |line| LINES.with_borrow_mut(|lines| lines.push(line.to_owned()));
    });
    let world = World { handler, database };
    let https = world.https(&envelope).await;
    let failed = world.queue(&[envelope.to_string(), failure_record(&envelope)]).await;
    (https, world.lambda(&envelope).await, failed.len())
}

#[tokio::test]
async fn case_69_a_label_of_another_digest_over_https() {
    for all in ["all", "true"] {
        assert_eq!(version_one(all, "1").await, (200, "ok", 0), "admitted, and rightly labelled");
    }
    let counted =
        |line: &String| line.contains("\"sns.signature_version_1\":1") && line.contains("mail-feedback-local");
    assert!(LINES.take().iter().any(counted), "an operator sees which topic still signs so");
    assert_eq!(version_one("all", "2").await, (403, "signature", 2));
    let settings = [("SNS_ALLOW_SHA1", "all")];
    let fetcher = mail_feedback::intake::sns::Fetcher::over(Host::genuine());
    let world = World::new(fetcher, &settings).await;
    assert_eq!(world.https(&signed(|envelope| envelope["SignatureVersion"] = "1".into())).await, 403);
}

#[tokio::test]
async fn case_70_the_label_of_lambda_understates_and_no_downgrade_follows() {
    let world = world().await;
    let understated = signed(|envelope| envelope["SignatureVersion"] = "1".into());
    assert_eq!(world.lambda(&understated).await, "ok");
    for none in ["none", "false"] {
        assert_eq!(version_one(none, "1").await, (403, "signature", 2));
    }
}

/// No documentation says with which digest SNS signs what it delivers to Lambda. By default both are accepted there,
/// and elsewhere a label that contradicts its digest is refused as usual.
#[tokio::test]
async fn case_70_if_iam_guards_the_door_either_digest_is_accepted() {
    for default in ["", "iam"] {
        assert_eq!(version_one(default, "1").await, (403, "ok", 0));
        let counted = |line: &String| line.contains("\"sns.signature_version_1\":1");
        assert!(LINES.take().iter().any(counted));
        assert_eq!(version_one(default, "2").await, (403, "signature", 2));
    }
}

#[tokio::test]
async fn case_71_signatures_of_another_kind() {
    let world = world().await;
    let genuine = signed(|_| {})["Signature"].as_str().unwrap().to_owned();
    let bytes = STANDARD.decode(&genuine).unwrap();
    let bad = [
        AUTHORITY.sign_with(&RSA_PKCS1_SHA512, &text()),
        AUTHORITY.sign_with(&RSA_PSS_SHA256, &text()),
        Authority::new().sign(&text()),
        STANDARD.encode([0; 256]),
        String::new(),
        STANDARD.encode(&bytes[..255]),
        STANDARD.encode([&bytes[..], &[0]].concat()),
        STANDARD.encode([0; 4096]),
        format!("{}-_==", &genuine[..genuine.len() - 4]),
        genuine.trim_end_matches('=').to_owned(),
        format!("{}\n{}", &genuine[..76], &genuine[76..]),
        format!(" {genuine}"),
        "!!!!".to_owned(),
    ];
    for signature in bad {
        world.refuses(&with_signature(signature), "signature").await;
    }
}

#[tokio::test]
async fn case_72_unsigned_fields_change_nothing() {
    let world = world().await;
    let changed = tampered(|envelope| {
        envelope["UnsubscribeURL"] = "https://evil.example/".into();
        envelope["MessageAttributes"] = json!({"kind": {"Type": "String", "Value": "complaint"}});
        envelope["SequenceNumber"] = "1".into();
    });
    assert_eq!(world.https(&changed).await, 200);
    let event = lambda_event(&changed);
    assert!(invoke_both(&world.handler, &event.to_string()).await.is_ok());
    let tables = support::samples::Snapshot::take(&world.database).await;
    assert_eq!((tables.events.len(), tables.suppressions.len()), (1, 1));
}
