//! Amazon SNS messages: the only way in is a [`VerifiedMessage`], and the only way to one is [`Verifier::verify`].
//!
//! # What is checked, in this order
//!
//! The cheap and local checks come first; the first that fails ends it. Until the seventh, nothing leaves the function.
//!
//! 1. **Envelope.** Strict JSON: no field twice, none of another type than text, none missing. Both spellings of a key
//!    (`SigningCertURL`, `SigningCertUrl`) at once are a field twice.
//! 2. **Grammar.** No control character in any signed field but `Message`. SNS signs `key\nvalue\n` lines; with line
//!    breaks in a value, the same signed bytes could be split into other fields. Message id, timestamp, type and token have
//!    one exact form; a notification has no token; the subject is shorter than 100 characters.
//! 3. **Topic.** On the allow-list, byte for byte. All accounts of the classic regions share one signing key, so a valid
//!    signature alone proves no more than that somebody used SNS: this check is the authorization.
//! 4. **Subscribe URL** of a confirmation: to the letter the one of the signed topic and token.
//! 5. **Age.** HTTPS: 75 minutes, since SNS retries for an hour at most. Lambda: 23 days and 6 hours by default, its retry
//!    span there. A queue: 14 days more, the longest that SQS keeps a message. From the future: 5 minutes.
//! 6. **Signature version.** 1 means SHA-1, 2 means SHA-256. Over HTTPS the label must be that of the digest, and 1 is refused
//!    unless `SNS_ALLOW_SHA1` is `all`. SNS labels the events that it brings to Lambda 1 even where it signs with SHA-256. So
//!    there, and in a queue that may hold such an event, the label 1 admits SHA-256, too, and SHA-1 unless `SNS_ALLOW_SHA1` is
//!    `none`. The padding of an RSA signature names its digest, so trying two is safe.
//! 7. **Certificate URL.** Exactly `https://sns.<region>.<suffix>/SimpleNotificationService-`, from the allow-listed topic's
//!    region and partition, then 32 lower-case hex digits and `.pem`. No URL parser sees input, and what is fetched is the
//!    text built here. Whoever writes the message chooses 128 bits of a path on Amazon's own host, nothing else.
//! 8. **Certificate source.** The memory (8 good keys, failures for a minute), then what earlier instances have found good
//!    ([`ProvenCertificate`], checked like any other), then a folder, then one HTTPS request of at
//!    most 5 seconds and 16 KiB without redirects. A certificate that has verified a message may always be asked for. Of
//!    others, 6 a minute and door, and 6 more that came before: made-up ids do not come again. What SNS's host denies (403,
//!    404) may not be everywhere yet: that is an outage, and a refusal once it is denied again a minute later. Over HTTPS a
//!    good certificate is asked for again once a day, and lasts for another day if that fails.
//! 9. **Certificate.** The whole body is one PEM block. It chains to the roots of Amazon Trust Services, whose
//!    intermediates are built in because SNS serves the leaf alone; it is for servers, has an RSA key of 2048 to 4096 bits,
//!    and is made out to exactly one of the names that SNS has in the region. The whole chain was valid, give or take five
//!    minutes, at the message's time; over HTTPS it is valid now, too. That is checked at each use.
//! 10. **Signature.** RSA PKCS #1 v1.5 over the raw strings of the envelope, nothing normalized.
//!
//! Between the second step and the third, by the way a message came ([`Delivery`] and [`Post`]): over HTTPS, raw delivery is
//! refused and the `x-amz-sns-*` headers must agree with the fields that they repeat; in a Lambda event, the subscription
//! must belong to the topic. A message of a queue is verified like one that comes at once, also where it is the record of a
//! failed invocation. Only the HTTPS endpoint takes confirmations: SNS sends them nowhere else. The handler adds that all
//! records of an event are verified before any has an effect.
//!
//! # Three outcomes
//!
//! Valid; refused for good ([`crate::error::Refusal`], 403); or cannot tell now ([`crate::error::Outage`], 503 or a failed
//! invocation, which SNS repeats). SNS does not repeat a 4xx, so a certificate that cannot be fetched must not be one.
//!
//! # What is not checked, and what remains
//!
//! - What is not signed is not used: message attributes, unsubscribe URL, subscription ARN, headers.
//! - Replay: a message can be sent again by whoever saw it, within its age. Nothing stops that; it changes nothing, since the
//!   ids of events and the merge of suppressions are idempotent.
//! - Audience: a message does not say for which subscriber it was signed.
//! - Revocation of certificates is not checked. Over HTTPS a certificate is asked for again once a day.
//! - Where IAM guards the door, the key of an expired certificate is good for messages dated before it expired, as long as
//!   their age is accepted (5). SNS replaces a certificate about 20 days before it expires, and tries for 23 days, so the
//!   messages would be refused otherwise. A forger would need such a key and `lambda:InvokeFunction` or `sqs:SendMessage`.
//! - Amazon's key is trusted to sign only what SNS published. Who may publish to the topic is the topic policy's matter.
//! - SHA-1 is broken for collisions: a publisher of a topic could have SNS sign one text, and then show another under the
//!   same signature. That takes a way in past SNS, which never shows it itself. With `SNS_ALLOW_SHA1=iam`, IAM guards every
//!   such way: the forger would need `lambda:InvokeFunction`, or `sqs:SendMessage` to a queue, besides `sns:Publish` and a
//!   chosen-prefix collision in text that AWS signs, with a message id and time that SNS chooses. With `all`, anybody who may
//!   publish and finds such a collision can post it to the HTTPS door.
//!
//! # Beside AWS's own validators
//!
//! As their sources stood in 2026; "label" means that the digest is chosen by the message's own label.
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
