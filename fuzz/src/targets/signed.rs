//! Messages that are signed for real, with a key of this process.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_feedback::intake::sns::Envelope;
use serde_json::Value;

use super::world::NOW;
use crate::support::authority::AUTHORITY;
use crate::support::envelope::notification;

/// The certificate of this process; the samples have one of another name.
pub const CERTIFICATE_URL: &str =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ffffffffffffffffffffffffffffffff.pem";
/// The id of every message.
const MESSAGE_ID: &str = "165545c9-2a5c-472c-8df2-7ff2be2b3b1b";

/// Read once: that takes longer than a signature.
static KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::from_pkcs8(AUTHORITY.key.serialized_der()).expect("the key is in PKCS #8"));

/// The envelope of a message, in the spelling of HTTPS deliveries.
pub fn envelope(message: &str) -> Value {
    let mut envelope = notification(message, MESSAGE_ID, *NOW);
    envelope["SigningCertURL"] = CERTIFICATE_URL.into();
    let json = envelope.to_string();
    let text = Envelope::parse(&json).expect("the envelope is well-formed").string_to_sign();
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).expect("RSA signs");
    envelope["Signature"] = STANDARD.encode(signature).into();
    envelope
}
