//! PEM and certificates: no input panics, and only Amazon's certificates are accepted.
//!
//! An even first byte precedes a PEM text, an odd one the DER of a certificate.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_feedback::intake::sns::{TopicArn, TrustStore};

static TRUST: LazyLock<TrustStore> = LazyLock::new(|| TrustStore::new("", "").expect("the built-in store"));
static TOPIC: LazyLock<TopicArn> =
    LazyLock::new(|| TopicArn::parse("arn:aws:sns:us-east-1:123456789012:t").expect("a topic"));

/// Checks a text or DER as a signing certificate.
pub fn run(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else { return };
    let pem = if first % 2 == 0 {
        String::from_utf8_lossy(rest).into_owned()
    } else {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(rest))
    };
    assert!(TRUST.signing_key(&pem, &TOPIC).is_none(), "only Amazon has such a certificate");
    let _ = TrustStore::new(&pem, &pem);
}
