//! Signing certificates: turns a PEM text into a key that may verify messages.

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

/// The largest accepted certificate body, in bytes; real ones have about 2,100.
pub(super) const MAX_PEM_BYTES: usize = 16 * 1024;
/// The accepted key sizes, in bits.
const KEY_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;
/// The line length of a PEM text (RFC 7468, section 2).
const PEM_COLUMNS: usize = 64;
/// The last moment that a certificate can name, in seconds (RFC 5280, section 4.1.2.5).
const END_OF_TIME: u64 = 253_402_300_799;

/// The roots of Amazon Trust Services (<https://www.amazontrust.com/repository/>).
const ROOTS: [&str; 5] = [
    include_str!("roots/amazon-root-ca-1.pem"),
    include_str!("roots/amazon-root-ca-2.pem"),
    include_str!("roots/amazon-root-ca-3.pem"),
    include_str!("roots/amazon-root-ca-4.pem"),
    include_str!("roots/starfield-services-root-ca-g2.pem"),
];

/// The intermediates that issue SNS certificates; SNS serves only the leaf.
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

/// The public key of a certificate that is issued to SNS and chains to a trusted root, now or at another time.
#[derive(Debug)]
pub struct SigningKey {
    /// Parsed once: parsing costs about as much as verifying.
    sha256: ParsedPublicKey,
    spki: Vec<u8>,
    der: CertificateDer<'static>,
    /// When the certificate itself is valid.
    own: Validity,
    /// When it and all issuers in the chain that was found are valid.
    chain: Validity,
}

impl TrustStore {
    /// The built-in roots and intermediates, plus the given PEM blocks.
    ///
    /// `None` if a text contains anything but certificates.
    #[must_use]
    pub fn new(more_roots: &str, more_intermediates: &str) -> Option<Self> {
        let roots = ROOTS.into_iter().map(str::to_owned).chain(blocks(more_roots)?);
        let intermediates = INTERMEDIATES.into_iter().map(str::to_owned).chain(blocks(more_intermediates)?);
        Some(Self {
            anchors: roots.map(|pem| anchor(&pem)).collect::<Option<_>>()?,
            intermediates: intermediates.map(|pem| single_certificate(&pem)).collect::<Option<_>>()?,
        })
    }

    /// The key of a certificate that chains to a root at the beginning or the end of its validity and is issued to SNS
    /// in the topic's region.
    ///
    /// [`Self::was_valid`] says whether it may be used for a message.
    #[must_use]
    pub fn signing_key(&self, pem: &str, topic: &TopicArn) -> Option<SigningKey> {
        let der = single_certificate(pem)?;
        let leaf = EndEntityCert::try_from(&der).ok()?;
        let names = topic.certificate_names();
        if !leaf.valid_dns_names().any(|name| names.iter().any(|known| known == name)) {
            return None;
        }
        let own = self.validity(&leaf)?;
        let chain = [own.not_before, own.not_after].into_iter().find_map(|at| self.chain(&leaf, own, at).ok())?;
        SigningKey::new(der.clone(), own, chain)
    }

    /// Whether the certificate and its issuers were valid at a moment, within a tolerance in milliseconds.
    ///
    /// A root's own validity is ignored: the trust store vouches for it (RFC 5280, section 6.1.1).
    #[must_use]
    pub fn was_valid(&self, key: &SigningKey, at: Timestamp, skew_ms: i64) -> bool {
        key.chain.contains(at, skew_ms) || key.own.contains(at, skew_ms) && self.has_other_chain(key, at)
    }

    /// Whether another chain than the one found first is valid at a moment, for example through a renewed issuer.
    fn has_other_chain(&self, key: &SigningKey, at: Timestamp) -> bool {
        let Ok(leaf) = EndEntityCert::try_from(&key.der) else { return false };
        let at = u64::try_from(at.seconds()).unwrap_or_default().clamp(key.own.not_before, key.own.not_after);
        self.chain(&leaf, key.own, at).is_ok()
    }

    /// When a certificate and its issuers are all valid, using the chain that is valid at a moment.
    fn chain(&self, leaf: &EndEntityCert<'_>, own: Validity, at_seconds: u64) -> Result<Validity, webpki::Error> {
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(at_seconds));
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        let usage = KeyUsage::server_auth();
        let path = leaf.verify_for_usage(algorithms, &self.anchors, &self.intermediates, at, usage, None, None)?;
        path.intermediate_certificates().try_fold(own, |narrowed, issuer| {
            let der = issuer.der();
            let issuer = self.validity(&EndEntityCert::try_from(&der)?).ok_or(webpki::Error::InvalidCertValidity)?;
            Ok(narrowed.and(issuer))
        })
    }

    /// The validity of a certificate.
    ///
    /// webpki does not expose it, but its error names it for a moment outside, before any other check. Using that,
    /// instead of a second parser, avoids two parsers that disagree.
    fn validity(&self, certificate: &EndEntityCert<'_>) -> Option<Validity> {
        let at = |at_seconds| self.chain(certificate, Validity::ALWAYS, at_seconds).err();
        let not_before = match at(0)? {
            webpki::Error::CertNotValidYet { not_before, .. } => not_before.as_secs(),
            _ => return None,
        };
        let not_after = match at(END_OF_TIME)? {
            webpki::Error::CertExpired { not_after, .. } => not_after.as_secs(),
            _ => return None,
        };
        Some(Validity { not_before, not_after })
    }
}

/// From when until when a certificate is valid, in Unix seconds.
#[derive(Clone, Copy, Debug)]
struct Validity {
    not_before: u64,
    not_after: u64,
}

impl Validity {
    const ALWAYS: Self = Self { not_before: 0, not_after: END_OF_TIME };

    fn and(self, other: Self) -> Self {
        Self { not_before: self.not_before.max(other.not_before), not_after: self.not_after.min(other.not_after) }
    }

    fn contains(self, at: Timestamp, skew_ms: i64) -> bool {
        let millis = |seconds: u64| i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        let (start, end) = (millis(self.not_before), millis(self.not_after));
        (start.saturating_sub(skew_ms)..=end.saturating_add(skew_ms)).contains(&at.millis())
    }
}

impl SigningKey {
    /// `None` unless the key is an RSA key of 2048 to 4096 bits.
    fn new(der: CertificateDer<'static>, own: Validity, chain: Validity) -> Option<Self> {
        let spki = EndEntityCert::try_from(&der).ok()?.subject_public_key_info().to_vec();
        let bits = PublicEncryptingKey::from_der(&spki).ok()?.key_size_bits();
        if !KEY_BITS.contains(&bits) {
            return None;
        }
        let sha256 = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &spki).ok()?;
        Some(Self { sha256, spki, der, own, chain })
    }

    /// The certificate, for storage.
    pub(super) fn pem(&self) -> String {
        let encoded = STANDARD.encode(&self.der);
        let lines = encoded.as_bytes().chunks(PEM_COLUMNS).map(String::from_utf8_lossy);
        let body: Vec<_> = lines.collect();
        format!("{BEGIN}\n{}\n{END}\n", body.join("\n"))
    }

    /// When the certificate expires.
    pub(super) fn expires_at(&self) -> Timestamp {
        let millis = i64::try_from(self.own.not_after.saturating_mul(1000)).ok();
        millis.and_then(Timestamp::from_millis).unwrap_or(Timestamp::MAX)
    }

    /// Whether this key signed the text.
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

/// The PEM blocks of a text; `None` if text remains after the last block.
fn blocks(text: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = text.split_inclusive(END).map(|block| block.trim().to_owned()).collect();
    if found.last().is_some_and(String::is_empty) {
        found.pop();
    }
    found.iter().all(|block| block.ends_with(END)).then_some(found)
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificate of a text that consists of exactly one PEM block.
///
/// Common PEM readers extract a certificate from any surrounding text, even from an XML answer that quotes one. AWS
/// closed that hole in its own verifiers the same way.
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
