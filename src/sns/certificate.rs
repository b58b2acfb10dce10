//! Signing certificates: from a PEM text to a key that may verify messages.

use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::TopicArn;
use crate::timestamp::Timestamp;

/// The largest body taken for a certificate, in bytes; real ones have about 2,100.
pub(super) const MAX_PEM_BYTES: usize = 16 * 1024;
/// How far the time of a message may lie outside the validity of the certificate, in milliseconds.
const SKEW_MS: i64 = 5 * 60 * 1000;
/// The size of an admitted key, in bits.
const KEY_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;
/// Seconds of the last moment that a certificate can name (RFC 5280, section 4.1.2.5).
const END_OF_TIME: u64 = 253_402_300_799;

/// The roots of Amazon Trust Services (<https://www.amazontrust.com/repository/>).
const ROOTS: [&str; 5] = [
    include_str!("roots/amazon-root-ca-1.pem"),
    include_str!("roots/amazon-root-ca-2.pem"),
    include_str!("roots/amazon-root-ca-3.pem"),
    include_str!("roots/amazon-root-ca-4.pem"),
    include_str!("roots/starfield-services-root-ca-g2.pem"),
];

/// The intermediates that SNS certificates are issued by; SNS serves the leaf alone.
const INTERMEDIATES: [&str; 4] = [
    include_str!("roots/amazon-rsa-2048-m01.pem"),
    include_str!("roots/amazon-rsa-2048-m02.pem"),
    include_str!("roots/amazon-rsa-2048-m03.pem"),
    include_str!("roots/amazon-rsa-2048-m04.pem"),
];

/// The roots and intermediates that a signing certificate must chain to.
#[derive(Debug)]
pub struct TrustStore {
    anchors: Vec<TrustAnchor<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
}

/// The digest of a signature; SHA-1 is verified for topics with `SignatureVersion` 1 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
}

/// The public key of a certificate that chains to a trusted root and is made out to SNS.
#[derive(Debug)]
pub struct SigningKey {
    /// Parsed once: parsing costs about as much as verifying.
    sha256: ParsedPublicKey,
    spki: Vec<u8>,
    not_before: u64,
    not_after: u64,
}

impl TrustStore {
    /// The built-in roots and intermediates, and the PEM blocks of further ones.
    ///
    /// `None` when a text holds anything but certificates.
    #[must_use]
    pub fn new(more_roots: &str, more_intermediates: &str) -> Option<Self> {
        let roots = ROOTS.into_iter().map(str::to_owned).chain(blocks(more_roots)?);
        let intermediates = INTERMEDIATES.into_iter().map(str::to_owned).chain(blocks(more_intermediates)?);
        Some(Self {
            anchors: roots.map(|pem| anchor(&pem)).collect::<Option<_>>()?,
            intermediates: intermediates.map(|pem| single_certificate(&pem)).collect::<Option<_>>()?,
        })
    }

    /// The key of a certificate, if it chains to a root, is valid at `now` and is made out to SNS in the topic's region.
    #[must_use]
    pub fn signing_key(&self, pem: &str, topic: &TopicArn, now: Timestamp) -> Option<SigningKey> {
        let der = single_certificate(pem)?;
        let leaf = EndEntityCert::try_from(&der).ok()?;
        self.verify_chain(&leaf, u64::try_from(now.seconds()).ok()?).ok()?;
        let names = topic.certificate_names();
        if !leaf.valid_dns_names().any(|name| names.iter().any(|known| known == name)) {
            return None;
        }
        let (not_before, not_after) = self.validity(&leaf)?;
        SigningKey::new(&leaf, not_before, not_after)
    }

    fn verify_chain(&self, leaf: &EndEntityCert<'_>, at_seconds: u64) -> Result<(), webpki::Error> {
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(at_seconds));
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        let usage = KeyUsage::server_auth();
        leaf.verify_for_usage(algorithms, &self.anchors, &self.intermediates, at, usage, None, None).map(|_| ())
    }

    /// The validity of the leaf, in Unix seconds.
    ///
    /// webpki does not show it, but names it when it refuses a moment outside. Asking it, rather than reading the
    /// certificate a second time, leaves one parser and one opinion.
    fn validity(&self, leaf: &EndEntityCert<'_>) -> Option<(u64, u64)> {
        let not_before = match self.verify_chain(leaf, 0) {
            Err(webpki::Error::CertNotValidYet { not_before, .. }) => not_before.as_secs(),
            _ => return None,
        };
        let not_after = match self.verify_chain(leaf, END_OF_TIME) {
            Err(webpki::Error::CertExpired { not_after, .. }) => not_after.as_secs(),
            _ => return None,
        };
        Some((not_before, not_after))
    }
}

impl SigningKey {
    /// `None` unless the key is an RSA key of 2048 to 4096 bits.
    fn new(leaf: &EndEntityCert<'_>, not_before: u64, not_after: u64) -> Option<Self> {
        let spki = leaf.subject_public_key_info().to_vec();
        let bits = PublicEncryptingKey::from_der(&spki).ok()?.key_size_bits();
        if !KEY_BITS.contains(&bits) {
            return None;
        }
        let sha256 = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &spki).ok()?;
        Some(Self { sha256, spki, not_before, not_after })
    }

    /// Whether the certificate is valid now and was, give or take five minutes, when the message was sent.
    #[must_use]
    pub fn is_valid_for(&self, sent_at: Timestamp, now: Timestamp) -> bool {
        let within = |at: Timestamp, skew: i64| {
            let (start, end) = (self.not_before.saturating_mul(1000), self.not_after.saturating_mul(1000));
            let start = i64::try_from(start).unwrap_or(i64::MAX).saturating_sub(skew);
            let end = i64::try_from(end).unwrap_or(i64::MAX).saturating_add(skew);
            (start..=end).contains(&at.millis())
        };
        within(now, 0) && within(sent_at, SKEW_MS)
    }

    /// Whether the signature over the text is this key's.
    pub(super) fn verifies(&self, digest: Digest, text: &str, signature: &[u8]) -> bool {
        let text = text.as_bytes();
        match digest {
            Digest::Sha256 => self.sha256.verify_sig(text, signature).is_ok(),
            Digest::Sha1 => {
                let algorithm = &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY;
                UnparsedPublicKey::new(algorithm, &self.spki).verify(text, signature).is_ok()
            }
        }
    }
}

fn anchor(pem: &str) -> Option<TrustAnchor<'static>> {
    let der = single_certificate(pem)?;
    anchor_from_trusted_cert(&der).ok().map(|anchor| anchor.to_owned())
}

/// The PEM blocks of a text; `None` when text remains after the last block.
fn blocks(text: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = text.split_inclusive(END).map(|block| block.trim().to_owned()).collect();
    if found.last().is_some_and(String::is_empty) {
        found.pop();
    }
    found.iter().all(|block| block.ends_with(END)).then_some(found)
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificate of a text that is one PEM block and nothing else.
///
/// Common PEM readers dig a certificate out of any surrounding text, also out of an XML answer that quotes one. AWS
/// closed that hole in its own verifiers in the same way.
fn single_certificate(pem: &str) -> Option<CertificateDer<'static>> {
    if pem.len() > MAX_PEM_BYTES {
        return None;
    }
    let mut lines = pem.lines();
    if lines.next() != Some(BEGIN) || lines.next_back() != Some(END) {
        return None;
    }
    let mut encoded = String::with_capacity(pem.len());
    for line in lines {
        let plain = line.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
        if line.is_empty() || !plain {
            return None;
        }
        encoded.push_str(line);
    }
    STANDARD.decode(encoded).ok().map(CertificateDer::from)
}

#[cfg(test)]
mod tests;
