//! The verification itself, in the order documented in [`crate::intake::sns`].

use std::borrow::Cow;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::certificate::Digest;
use super::envelope::confirmation_url;
use super::{
    CertificateSource, Delivery, Door, Envelope, Fetcher, MessageType, Post, ProvenCertificate, Sha1, SigningKey,
    TopicArn, TrustStore,
};
use crate::error::{Error, Outage, Refusal};
use crate::timestamp::Timestamp;

/// How old an HTTPS delivery may be: SNS retries for an hour at most; the rest is margin.
const HTTPS_MAX_AGE_MS: i64 = 75 * 60 * 1000;
/// How much older a queued message may be: SQS keeps one for 14 days at most.
const QUEUE_MS: i64 = 14 * 24 * 60 * 60 * 1000;
/// How far the time of a message may lie outside the validity of its certificate, in milliseconds.
const SKEW_MS: i64 = 5 * 60 * 1000;
/// How far in the future the time of a message may lie.
const MAX_AHEAD_MS: i64 = 5 * 60 * 1000;
/// The length of a signature by an RSA key of 2048 to 4096 bits, in bytes.
const SIGNATURE_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// What a verifier accepts.
#[derive(Debug)]
pub struct VerifierSettings {
    /// The topics whose messages are accepted.
    pub topics: Vec<TopicArn>,
    /// Where SHA-1 is accepted.
    pub sha1: Sha1,
    /// The oldest accepted message of a Lambda delivery, in seconds.
    pub max_age_seconds: u32,
    /// What certificates must chain to.
    pub trust: TrustStore,
    /// A folder of certificates that need not be fetched.
    pub certificates: Option<PathBuf>,
}

/// Verifies messages against the allow-list of topics.
#[derive(Debug)]
pub struct Verifier {
    topics: Vec<TopicArn>,
    sha1: Sha1,
    max_age_ms: i64,
    pub(super) certificates: CertificateSource,
}

/// A notification whose topic, age, certificate and signature have been verified.
///
/// Only [`Verifier`] creates one, and only this type can be normalized.
pub struct VerifiedMessage<'a> {
    text: Cow<'a, str>,
    message_id: Cow<'a, str>,
    topic_arn: Cow<'a, str>,
    published_at: Timestamp,
    digest: Digest,
}

/// A verified request to confirm a subscription, or the notice of its end.
pub struct Confirmation {
    url: String,
}

/// A verified message of the HTTPS endpoint, by its type.
pub enum Verified<'a> {
    /// A published message.
    Notification(VerifiedMessage<'a>),
    /// A subscription waits to be confirmed.
    Subscription(Confirmation),
    /// A subscription ended. Its URL would resubscribe, so it is dropped here.
    Unsubscription,
}

/// An envelope that has passed every check but those of its certificate and signature.
pub(super) struct Checked<'v, 'a> {
    envelope: Envelope<'a>,
    pub(super) door: Door,
    pub(super) topic: &'v TopicArn,
    digests: &'static [Digest],
    signature: Vec<u8>,
}

impl Checked<'_, '_> {
    /// The 32 hex digits of its certificate.
    pub(super) fn certificate_id(&self) -> &str {
        certificate_id(&self.envelope.signing_cert_url, self.topic).unwrap_or_default()
    }
}

impl<'a> Verified<'a> {
    /// The published message.
    ///
    /// SNS confirms subscriptions of Lambda and SQS on its own, and never sends a confirmation there.
    pub(super) fn notification(self) -> Result<VerifiedMessage<'a>, Error> {
        match self {
            Self::Notification(message) => Ok(message),
            Self::Subscription(_) | Self::Unsubscription => Err(Error::Unauthentic(Refusal::Grammar)),
        }
    }
}

impl VerifiedMessage<'_> {
    /// The published text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The id that SNS gave the message, which is the same for a redelivery.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// The allow-listed topic it was published to.
    #[must_use]
    pub fn topic_arn(&self) -> &str {
        &self.topic_arn
    }

    /// When it was published.
    #[must_use]
    pub const fn published_at(&self) -> Timestamp {
        self.published_at
    }

    /// Whether its signature uses SHA-1, whatever its label says.
    #[must_use]
    pub const fn is_sha1(&self) -> bool {
        matches!(self.digest, Digest::Sha1)
    }
}

impl Verifier {
    /// Creates a verifier that fetches certificates it does not know.
    #[must_use]
    pub fn new(settings: VerifierSettings, fetcher: Fetcher) -> Self {
        let VerifierSettings { topics, sha1, max_age_seconds, trust, certificates } = settings;
        let max_age_ms = i64::from(max_age_seconds).saturating_mul(1000);
        Self { topics, sha1, max_age_ms, certificates: CertificateSource::new(trust, certificates, fetcher) }
    }

    /// Remembers certificates that earlier instances have proven; each is checked again when it is needed.
    pub fn remember(&self, good: Vec<ProvenCertificate>) {
        self.certificates.remember(good);
    }

    /// Takes the certificates from SNS that have verified their first message since the last call.
    #[must_use]
    pub fn take_proven(&self) -> Vec<ProvenCertificate> {
        self.certificates.take_proven()
    }

    /// Verifies a notification from a door that IAM guards.
    ///
    /// # Errors
    /// Permanently refused, or transient if the certificate is not available now.
    pub async fn verify<'a>(&self, delivery: Delivery<'a>, now: Timestamp) -> Result<VerifiedMessage<'a>, Error> {
        self.verify_envelope(delivery.envelope, delivery.door, now).await.and_then(Verified::notification)
    }

    /// Verifies a message that was posted to the HTTPS endpoint.
    ///
    /// # Errors
    /// Malformed if the body is not an envelope; permanently refused; or transient if the certificate is not available
    /// now.
    pub async fn verify_post<'a>(&self, post: &'a Post<'_>, now: Timestamp) -> Result<Verified<'a>, Error> {
        self.verify_envelope(post.envelope()?, Door::Https, now).await
    }

    /// Steps 3 to 10; nothing is fetched before the topic, the age and the certificate URL are verified.
    async fn verify_envelope<'a>(
        &self,
        envelope: Envelope<'a>,
        door: Door,
        now: Timestamp,
    ) -> Result<Verified<'a>, Error> {
        let checked = self.check(envelope, door, now)?;
        let (topic, id) = (checked.topic, checked.certificate_id().to_owned());
        let key = self.certificates.key(topic, &id, door, now).await?;
        let verified = self.verify_signature(checked, &key, now)?;
        self.certificates.mark_proven(topic, &id);
        Ok(verified)
    }

    /// Steps 3 to 7, which need no certificate.
    pub(super) fn check<'a>(
        &self,
        envelope: Envelope<'a>,
        door: Door,
        now: Timestamp,
    ) -> Result<Checked<'_, 'a>, Error> {
        let topic = self.allowed(&envelope.topic_arn).ok_or(Error::Unauthentic(Refusal::Topic))?;
        if !envelope.subscribe_url_fits(topic) {
            return Err(Error::Unauthentic(Refusal::SubscribeUrl));
        }
        if !self.is_fresh(envelope.sent_at, door, now) {
            return Err(Error::Unauthentic(Refusal::Age));
        }
        let digests = self.sha1.digests(&envelope.signature_version, door);
        if digests.is_empty() {
            return Err(Error::Unauthentic(Refusal::SignatureVersion));
        }
        let signature = decoded_signature(&envelope.signature).ok_or(Error::Unauthentic(Refusal::Signature))?;
        if certificate_id(&envelope.signing_cert_url, topic).is_none() {
            return Err(Error::Unauthentic(Refusal::CertificateUrl));
        }
        Ok(Checked { envelope, door, topic, digests, signature })
    }

    /// Steps 9 and 10, with the key of the message's certificate.
    pub(super) fn verify_signature<'a>(
        &self,
        checked: Checked<'_, 'a>,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<Verified<'a>, Error> {
        let Checked { envelope, door, topic, digests, signature } = checked;
        if !self.is_certificate_valid(key, envelope.sent_at, door, now) {
            return Err(Error::Unauthentic(Refusal::Certificate));
        }
        let text = envelope.string_to_sign();
        let digest = digests.iter().find(|digest| key.verifies(**digest, &text, &signature));
        let digest = digest.ok_or(Error::Unauthentic(Refusal::Signature))?;
        Ok(by_type(envelope, topic, *digest))
    }

    /// Confirms a subscription at SNS, with a URL built from the signed topic and token.
    ///
    /// # Errors
    /// Transient if SNS does not answer 200.
    pub async fn confirm(&self, confirmation: &Confirmation) -> Result<(), Error> {
        let is_confirmed = self.certificates.responds_with_200(&confirmation.url).await;
        is_confirmed.then_some(()).ok_or(Error::Transient(Outage::Confirmation))
    }

    fn allowed(&self, arn: &str) -> Option<&TopicArn> {
        self.topics.iter().find(|topic| topic.as_str() == arn)
    }

    /// Whether the certificate of a key was valid when the message was sent; over HTTPS, it must also be valid now.
    ///
    /// SNS replaces a certificate about 20 days before it expires, and a message may wait longer than that for the
    /// function. So if IAM guards the door, the certificate may have expired since. A forger with the key of an expired
    /// certificate must date the message before the expiry, and gains no more than the accepted age of messages there.
    fn is_certificate_valid(&self, key: &SigningKey, sent_at: Timestamp, door: Door, now: Timestamp) -> bool {
        let trust = self.certificates.trust();
        let when_sent = trust.was_valid(key, sent_at, SKEW_MS);
        match door {
            Door::Lambda | Door::Queue => when_sent,
            Door::Https => when_sent && trust.was_valid(key, now, 0),
        }
    }

    fn is_fresh(&self, sent_at: Timestamp, door: Door, now: Timestamp) -> bool {
        let max_age_ms = match door {
            Door::Lambda => self.max_age_ms,
            Door::Queue => self.max_age_ms.saturating_add(QUEUE_MS),
            Door::Https => HTTPS_MAX_AGE_MS,
        };
        (-MAX_AHEAD_MS..=max_age_ms).contains(&now.millis_since(sent_at))
    }
}

fn by_type<'a>(envelope: Envelope<'a>, topic: &TopicArn, digest: Digest) -> Verified<'a> {
    match (envelope.message_type, envelope.subscription) {
        (MessageType::SubscriptionConfirmation, Some((token, _))) => {
            Verified::Subscription(Confirmation { url: confirmation_url(topic, &token) })
        }
        (MessageType::SubscriptionConfirmation | MessageType::UnsubscribeConfirmation, _) => Verified::Unsubscription,
        (MessageType::Notification, _) => Verified::Notification(VerifiedMessage {
            text: envelope.message,
            message_id: envelope.message_id,
            topic_arn: envelope.topic_arn,
            published_at: envelope.sent_at,
            digest,
        }),
    }
}

/// Decodes standard base64 with padding, with the length of an accepted key's signature.
fn decoded_signature(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().filter(|bytes| SIGNATURE_BYTES.contains(&bytes.len()))
}

/// The 32 hex digits of a certificate URL that has exactly the form of the topic's region.
///
/// No URL parser sees the input: the sender controls 128 bits of a path on Amazon's own host and nothing else.
fn certificate_id<'a>(url: &'a str, topic: &TopicArn) -> Option<&'a str> {
    let id = url.strip_prefix(topic.certificate_prefix())?.strip_suffix(".pem")?;
    let hex = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (id.len() == 32 && hex).then_some(id)
}
