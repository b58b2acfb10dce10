//! What verifying an SNS message costs beside the bare cryptography: `cargo bench --bench verify`.
//!
//! Both are measured in turn in one run, so the ratio holds on a noisy machine; the times do not.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a program for people at a terminal"
)]
#![allow(clippy::arithmetic_side_effects, reason = "a program for people at a terminal")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_feedback::sns::{CertificateSource, Door, Envelope, Fetcher, TopicArn, TrustStore, Verifier};
use mail_feedback::timestamp::Timestamp;
use rcgen::PublicKeyData;
use support::authority::AUTHORITY;
use support::envelope::{TOPIC, notification, sign};
use support::samples;

/// Pairs of measurements; each takes so many verifications.
const ROUNDS: usize = 200;
const PER_ROUND: u32 = 20;

fn main() {
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/delivery").expect("the sample");
    let event: serde_json::Value = serde_json::from_str(&sample.json).expect("JSON");
    let message = event.pointer("/Records/0/Sns/Message").and_then(serde_json::Value::as_str).expect("a message");
    let now = Timestamp::now();
    let mut envelope = notification(message, "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", now);
    sign(&mut envelope, &AUTHORITY);
    let json = envelope.to_string();
    let (text, signature) = signed_bytes(&json);

    let folder = std::env::temp_dir().join(format!("mail-feedback-bench-{}", std::process::id()));
    AUTHORITY.write_to(&folder);
    let trust = TrustStore::new(&AUTHORITY.root, "").expect("a trust store");
    let verifier = Verifier {
        topics: vec![TopicArn::parse(TOPIC).expect("a topic")],
        allow_sha1: false,
        max_age_ms: 86_400_000,
        certificates: CertificateSource::new(trust, Some(folder.clone()), Fetcher::default()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let whole = || {
        let envelope = Envelope::parse(black_box(&json)).expect("an envelope");
        runtime.block_on(verifier.verify(envelope, Door::Lambda, now)).expect("a genuine message");
    };
    let key = public_key();
    let bare = || key.verify_sig(black_box(text.as_bytes()), &signature).expect("a genuine signature");

    let mut pairs: Vec<(Duration, Duration)> = (0..ROUNDS).map(|_| (time(whole), time(bare))).collect();
    pairs.drain(..ROUNDS / 10);
    let mut ratios: Vec<f64> = pairs.iter().map(|(whole, bare)| whole.as_secs_f64() / bare.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    println!("message of {} bytes, {} verifications each", text.len(), pairs.len() * PER_ROUND as usize);
    println!("bare RSA-2048 verify + SHA-256  {:8.1} us (median)", median(pairs.iter().map(|pair| pair.1)));
    println!("envelope to verified message    {:8.1} us (median)", median(pairs.iter().map(|pair| pair.0)));
    println!("ratio                           {:8.3} (median of pairs)", ratios[ratios.len() / 2]);
    std::fs::remove_dir_all(folder).expect("the folder can be removed");
}

fn time(work: impl Fn()) -> Duration {
    let started = Instant::now();
    (0..PER_ROUND).for_each(|_| work());
    started.elapsed()
}

/// The median of some rounds, in microseconds a verification.
fn median(rounds: impl Iterator<Item = Duration>) -> f64 {
    let mut rounds: Vec<Duration> = rounds.collect();
    rounds.sort();
    rounds[rounds.len() / 2].as_secs_f64() * 1e6 / f64::from(PER_ROUND)
}

fn signed_bytes(json: &str) -> (String, Vec<u8>) {
    let text = Envelope::parse(json).expect("an envelope").string_to_sign();
    let signature = STANDARD.decode(AUTHORITY.sign(&text)).expect("base64");
    (text, signature)
}

fn public_key() -> ParsedPublicKey {
    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, AUTHORITY.key.subject_public_key_info()).expect("an RSA key")
}
