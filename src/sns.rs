//! Amazon SNS messages: the only way in is a [`VerifiedMessage`], and the only way to one is [`Verifier::verify`].
//!
//! Checks run in this order, the cheap and local ones first; the first that fails ends it:
//!
//! 1. **Envelope**: strict JSON; no field twice, none of another type than text (`Envelope`).
//! 2. **Grammar**: no control character in any signed field but `Message`, which makes the signed text unambiguous;
//!    message id, timestamp and type of the exact form; no field of another message type.
//! 3. **Topic**: on the allow-list, byte for byte. All accounts of the classic regions share one signing key, so a
//!    valid signature alone proves no more than that somebody used SNS.
//! 4. **Age**: of the signed timestamp.
//! 5. **Signature version**: 2, or 1 where it is admitted.
//! 6. **Certificate URL**: exactly the prefix that follows from the allow-listed topic's region, then 32 hex digits and
//!    `.pem`. What is fetched is the text built here, never the text received.
//! 7. **Certificate**: one PEM block and nothing else; a chain to Amazon's roots; validity now and at the message's
//!    time; one of the exact names of SNS in the region.
//! 8. **Signature**: RSA PKCS #1 v1.5 over the raw strings of the envelope.
//!
//! What is not signed is not used: message attributes, unsubscribe URL, subscription ARN. Revocation is not checked.
//! Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>.

mod certificate;
mod envelope;
mod source;
mod topic;
mod verifier;

pub use certificate::{SigningKey, TrustStore};
pub use envelope::{Envelope, MessageType};
pub use source::{CertificateSource, Fetcher};
pub use topic::TopicArn;
pub use verifier::{Confirmation, Door, Verified, VerifiedMessage, Verifier};
