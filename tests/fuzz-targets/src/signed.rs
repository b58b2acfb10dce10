//! Genuinely signed messages, with a key of this process.

use serde_json::Value;
use support::authority::AUTHORITY;
use support::envelope::{notification, sign};

use super::world::NOW;

/// The certificate of this process; the samples' one has another name.
pub const CERTIFICATE_URL: &str =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ffffffffffffffffffffffffffffffff.pem";
/// The id of every message.
const MESSAGE_ID: &str = "165545c9-2a5c-472c-8df2-7ff2be2b3b1b";

/// The envelope of a message, in the spelling of HTTPS deliveries.
pub fn envelope(message: &str) -> Value {
    let mut envelope = notification(message, MESSAGE_ID, *NOW);
    envelope["SigningCertURL"] = CERTIFICATE_URL.into();
    sign(&mut envelope, &AUTHORITY);
    envelope
}
