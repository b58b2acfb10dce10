use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::event::digest_hex;
use crate::intake::sns::Envelope;

fn topic(region: &str) -> TopicArn {
    TopicArn::parse(&format!("arn:aws:sns:{region}:123456789012:t")).expect("a topic")
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

/// The folder of published vectors, which are not part of the repository.
fn vectors() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/sns-vectors");
    let found = folder.is_dir();
    if !found {
        // Written past the test runner's capture, so that nobody mistakes this for a pass.
        let _ = writeln!(std::io::stderr(), "NOT RUN: no published SNS messages in {}", folder.display());
    }
    found.then_some(folder)
}

#[test]
fn the_built_in_certificates_are_those_that_amazon_publishes() {
    let expected = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
        "5338ebec8fb2ac60996126d3e76aa34fd0f3318ac78ebb7ac8f6f1361f484b33",
        "b0f330a31a0c50987e1c3a7bb02c2dda682991d3165b517bd44fba4a6020bd94",
        "bf8a69027bcc8d2d42a6e6d25bdd4873f6a34b8f90edf07e86c5d6916da0b933",
        "138bdf6e23ac971eb4e626b279dd6a26f057510f1de394293a5eea2860de019b",
    ];
    let built_in = ROOTS.iter().chain(&INTERMEDIATES).map(|pem| single_certificate(pem).expect("one certificate"));
    let fingerprints: Vec<_> = built_in.map(|der| digest_hex(&der)).collect();
    assert_eq!(fingerprints, expected);
}

#[test]
fn a_pem_text_must_be_exactly_one_block() {
    let [good, other, ..] = ROOTS;
    assert!(single_certificate(good).is_some());
    assert!(single_certificate(good.trim_end()).is_some());
    assert!(single_certificate(&good.replace('\n', "\r\n")).is_some());
    for bad in [
        String::new(),
        format!("{good}{other}"),
        format!("hello\n{good}"),
        format!("{good}hello\n"),
        format!("{good}\n"),
        format!("\n{good}"),
        format!("<xml>\n{good}</xml>\n"),
        good.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
        good.replace("CERTIFICATE", "PRIVATE KEY"),
        good.replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n\n", 1),
        good.replacen("MII", "M II", 1),
        good.replacen("MII", "MII\u{e9}", 1),
        good[..good.len() / 2].to_owned(),
        format!("{BEGIN}\n{END}\n").repeat(2),
        format!("{BEGIN}\n{}{END}\n", "AAAA\n".repeat(MAX_PEM_BYTES)),
    ] {
        assert!(single_certificate(&bad).is_none(), "{bad:.60}");
    }
}

#[test]
fn a_trust_store_takes_several_certificates_and_nothing_between() {
    let [one, two, ..] = ROOTS;
    assert!(TrustStore::new("", "").is_some());
    assert!(TrustStore::new(&format!("{one}\n{two}"), one).is_some());
    for bad in ["hello", &format!("{one}hello"), &format!("hello\n{one}")] {
        assert!(TrustStore::new(bad, "").is_none() && TrustStore::new("", bad).is_none(), "{bad:.40}");
    }
}

#[test]
fn a_published_regional_certificate_chains_to_the_built_in_roots() {
    let Some(vectors) = vectors() else { return };
    let pem = std::fs::read_to_string(vectors.join("chain/sns-af-south-1-2026-leaf.pem")).expect("a certificate");
    let trust = TrustStore::new("", "").expect("the built-in store");
    let key = trust.signing_key(&pem, &topic("af-south-1")).expect("a key");
    for (at, skew_ms, expected) in [
        ("2026-09-01T00:00:00Z", 0, true),
        ("2026-07-24T23:55:00Z", 300_000, true),
        ("2026-07-24T23:54:59Z", 300_000, false),
        ("2026-07-24T23:59:59Z", 0, false),
        ("2027-02-08T00:00:00Z", 0, false),
    ] {
        assert_eq!(trust.was_valid(&key, time(at), skew_ms), expected, "{at}");
    }
    assert!(trust.signing_key(&pem, &topic("us-east-1")).is_none(), "it is issued for another region");
}

/// The issuers of most certificates of the published messages are gone, so this test verifies only text and signature;
/// those with a chain run through the whole verifier in the integration tests.
#[test]
fn the_signatures_of_published_messages_verify() {
    let Some(vectors) = vectors() else { return };
    let mut verified = 0;
    for folder in ["java-v2-2026", "php-2022", "java-v1-2015", "lambda-rust-runtime-fixture-2015"] {
        let files = std::fs::read_dir(vectors.join(folder)).expect("a folder");
        let files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        let (pems, messages): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|path| path.extension().is_some_and(|extension| extension == "pem"));
        let pem = std::fs::read_to_string(pems.first().expect("a certificate")).expect("readable");
        let der = single_certificate(&pem).expect("one certificate");
        let key = SigningKey::new(der, Validity::ALWAYS, Validity::ALWAYS).expect("an RSA key");
        for path in messages {
            let json: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("readable")).expect("JSON");
            let envelope = json.pointer("/Records/0/Sns").unwrap_or(&json).to_string();
            let envelope = Envelope::parse(&envelope).expect("an envelope");
            let text = envelope.string_to_sign();
            let signature = STANDARD.decode(envelope.signature.as_bytes()).expect("base64");
            let valid = |text: &str| {
                key.verifies(Digest::Sha256, text, &signature) || key.verifies(Digest::Sha1, text, &signature)
            };
            assert!(valid(&text), "{}", path.display());
            assert!(!valid(&format!("{text}\n")), "{}", path.display());
            verified += 1;
        }
    }
    assert_eq!(verified, 17, "a published message is missing or new");
}
