//! Amazon SNS messages: only a [`VerifiedMessage`] is processed, and only [`Verifier::verify`] creates one.
//!
//! # What is checked, in this order
//!
//! The cheap, local checks come first, and the first failure ends the verification. Before step 8, no request leaves
//! the function.
//!
//! 1. **Envelope.** Strict JSON: no field is repeated, missing, or of a type other than text. Both spellings of a key
//!    (`SigningCertURL`, `SigningCertUrl`) count as a repeated field.
//! 2. **Grammar.** No control character in any signed field but `Message`. SNS signs `key\nvalue\n` lines; with line
//!    breaks in a value, the same signed bytes could be split into other fields. Message id, timestamp, type and token have
//!    one exact form; a notification has no token; the subject is shorter than 100 characters.
//! 3. **Topic.** On the allow-list, byte for byte. All accounts of the classic regions share one signing key, so a
//!    valid signature proves only that somebody used SNS: this check is the authorization.
//! 4. **Subscribe URL** of a confirmation: exactly the one of the signed topic and token.
//! 5. **Age.** HTTPS: 75 minutes, since SNS retries for an hour at most. Lambda: 23 days and 6 hours by default, the
//!    retry span there. A queue: 14 days more, the longest that SQS keeps a message. Timestamps may be 5 minutes in the
//!    future.
//! 6. **Signature version.** 1 means SHA-1, 2 means SHA-256. Over HTTPS the label must match the digest, and 1 is
//!    refused unless `SNS_ALLOW_SHA1` is `all`. SNS labels the events that it delivers to Lambda 1 even if it signs them
//!    with SHA-256. So there, and in a queue that may hold such an event, label 1 also admits SHA-256, and admits SHA-1
//!    unless `SNS_ALLOW_SHA1` is `none`. The padding of an RSA signature names its digest, so trying both is safe.
//! 7. **Certificate URL.** Exactly `https://sns.<region>.<suffix>/SimpleNotificationService-`, with the region and
//!    partition of the allow-listed topic, then 32 lower-case hex digits and `.pem`. No URL parser sees the input, and the
//!    fetched URL is the one built here. The sender of a message controls 128 bits of a path on Amazon's own host and
//!    nothing else.
//! 8. **Certificate source.** In this order: the memory (8 good keys, and failures for a minute); what earlier
//!    instances have proven ([`ProvenCertificate`], checked like any other); a folder; one HTTPS request of at most 5
//!    seconds and 16 KiB without redirects. A certificate that has verified a message may always be requested. Of others,
//!    each door may request 6 a minute, plus 6 that were requested before: made-up ids are not repeated. What the SNS host
//!    denies (403, 404) may not be on every server yet: that is an outage, and becomes a refusal if it is denied again a
//!    minute later. Over HTTPS a good certificate is requested again once a day, and lasts another day if that fails.
//! 9. **Certificate.** The whole body is one PEM block. It chains to the roots of Amazon Trust Services, whose
//!    intermediates are built in because SNS serves only the leaf; it is a server certificate with an RSA key of 2048 to
//!    4096 bits, issued to exactly one of the names that SNS has in the region. The whole chain was valid, within five
//!    minutes, at the message's time; over HTTPS it is also valid now. That is checked at each use.
//! 10. **Signature.** RSA PKCS #1 v1.5 over the raw strings of the envelope, without any normalization.
//!
//! Between the second step and the third, depending on how a message arrived ([`Delivery`] and [`Post`]): over HTTPS,
//! raw delivery is refused and the `x-amz-sns-*` headers must agree with the fields that they repeat; in a Lambda
//! event, the subscription must belong to the topic. A queued message is verified like any other, even if it is the
//! record of a failed invocation. Only the HTTPS endpoint accepts confirmations: SNS sends them nowhere else. The
//! handler verifies all records of an event before any has an effect.
//!
//! # Three outcomes
//!
//! Valid; permanently refused ([`crate::error::Refusal`], 403); or undecided for now ([`crate::error::Outage`], 503 or
//! a failed invocation, which SNS retries). SNS does not retry after a 4xx, so a certificate that cannot be fetched
//! must not give one.
//!
//! # What is not checked, and the remaining risks
//!
//! - Unsigned data is not used: message attributes, unsubscribe URL, subscription ARN, headers.
//! - Replay: anybody who saw a message can resend it within its accepted age. Nothing prevents that, but it changes
//!   nothing: event ids and the merge of suppressions are idempotent.
//! - Audience: a message does not say for which subscriber it was signed.
//! - Certificate revocation is not checked. Over HTTPS a certificate is requested again once a day.
//! - If IAM guards the door, the key of an expired certificate verifies messages dated before the expiry, as long as
//!   their age is accepted (5). SNS replaces a certificate about 20 days before it expires, but retries for 23 days, so
//!   some genuine messages would be refused otherwise. A forger would need such a key and `lambda:InvokeFunction` or
//!   `sqs:SendMessage`.
//! - Amazon's key is trusted to sign only what SNS published. The topic policy decides who may publish to the topic.
//! - SHA-1 is broken for collisions: a publisher of a topic could have SNS sign one text, and then present another with
//!   the same signature. The forged text needs a way in that bypasses SNS, which never delivers it itself. With
//!   `SNS_ALLOW_SHA1=iam`, IAM guards every such way: the forger would need `lambda:InvokeFunction`, or
//!   `sqs:SendMessage` to a queue, in addition to `sns:Publish` and a chosen-prefix collision in text that AWS signs,
//!   with a message id and time that SNS chooses. With `all`, anybody who may publish and finds such a collision can
//!   post it to the HTTPS door.
//!
//! # Comparison with AWS's own validators
//!
//! Based on their sources in 2026; "label" means that the message's own label chooses the digest.
//!
//! | | here | PHP | JavaScript | Ruby | Java 1 | Java 2 |
//! |---|---|---|---|---|---|---|
//! | exact host | yes | pattern | pattern | pattern | one region | one region |
//! | exact path, no query | yes | no | no | no | no | no |
//! | one PEM block only | yes | no | no | yes | no | yes |
//! | certificate's validity | at each use | no | no | no | yes | when fetched |
//! | certificate's name | exact | no | no | no | yes | yes |
//! | chain to Amazon's roots | yes | no | no | no | no | no |
//! | fields are text | yes | no | no | no | no | yes |
//! | fields without line breaks | yes | no | no | no | no | no |
//! | allow-list of topics | yes | no | no | no | no | no |
//! | age | yes | no | no | no | no | no |
//! | SHA-1 | where IAM guards the door | label | label | label | label | label |
//! | bounded memory of certificates | yes | none | no | no | yes | yes |
//! | events of Lambda topics with version 2 | yes | no | no | no | no | no |
//!
//! Sources: <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>,
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>.

mod batch;
mod certificate;
mod delivery;
mod envelope;
mod proven;
mod sha1;
mod source;
mod topic;
mod verifier;

pub use certificate::{SigningKey, TrustStore};
use delivery::Door;
pub use delivery::{Delivery, Post};
pub(crate) use envelope::Fields;
pub use envelope::{Envelope, MessageType};
pub use proven::{MAX_PROVEN, ProvenCertificate};
pub use sha1::Sha1;
use source::CertificateSource;
pub use source::Fetcher;
pub use topic::TopicArn;
pub use verifier::{Confirmation, Verified, VerifiedMessage, Verifier, VerifierSettings};
