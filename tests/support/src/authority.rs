//! A test certificate authority, and a signing certificate for "SNS" issued by it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
};

/// The 32 hex digits in the name of the signing certificate.
pub const CERTIFICATE_ID: &str = "5f0c1a2b3d4e5f60718293a4b5c6d7e8";

/// One authority for the whole process, because generating RSA keys is slow.
pub static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);

/// The certificates of [`AUTHORITY`] in a folder of this process, for `SNS_TRUST_ANCHORS` and `SNS_CERTIFICATES`.
pub static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("mail-feedback-authority-{}", std::process::id()));
    AUTHORITY.write_to(&folder);
    folder
});

/// A root, and the certificate and key that sign messages.
pub struct Authority {
    /// The root in PEM, for `SNS_TRUST_ANCHORS`.
    pub root: String,
    /// The signing certificate in PEM, for `SNS_CERTIFICATES`.
    pub leaf: String,
    /// The issuer of certificates.
    pub issuer: Issuer<'static, KeyPair>,
    /// The key that signs messages.
    pub key: KeyPair,
    /// The same key, parsed, because parsing takes longer than signing.
    signing_key: rsa::KeyPair,
}

/// A certificate to issue; the default is valid.
pub struct Request {
    /// The DNS names.
    pub names: Vec<String>,
    /// The first and the last year.
    pub years: (i32, i32),
    /// The extended key usage.
    pub usage: ExtendedKeyUsagePurpose,
    /// Whether it may issue certificates itself.
    pub is_ca: bool,
}

impl Default for Request {
    fn default() -> Self {
        let usage = ExtendedKeyUsagePurpose::ServerAuth;
        Self { names: vec!["sns.amazonaws.com".to_owned()], years: (2020, 2090), usage, is_ca: false }
    }
}

impl Authority {
    /// Creates a root and a signing certificate; the keys exist in this process only.
    #[expect(clippy::new_without_default, reason = "two of them are never equal")]
    pub fn new() -> Self {
        let root_key = rsa_key();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "mail-feedback local test root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2090, 1, 1);
        let root = params.self_signed(&root_key).expect("a root can be made").pem();
        let issuer = Issuer::new(params, root_key);
        let key = rsa_key();
        let leaf = issue(&issuer, &key, &Request::default());
        let signing_key = rsa::KeyPair::from_pkcs8(key.serialized_der()).expect("the key is in PKCS #8");
        Self { root, leaf, issuer, key, signing_key }
    }

    /// Another certificate for the signing key.
    pub fn certificate(&self, request: &Request) -> String {
        issue(&self.issuer, &self.key, request)
    }

    /// A certificate for another key.
    pub fn certificate_for(&self, key: &KeyPair) -> String {
        issue(&self.issuer, key, &Request::default())
    }

    /// The base64 signature of version 2 over a text.
    pub fn sign(&self, text: &str) -> String {
        self.sign_with(&RSA_PKCS1_SHA256, text)
    }

    /// A signature with another padding or digest.
    pub fn sign_with(&self, encoding: &'static dyn RsaEncoding, text: &str) -> String {
        let mut signature = vec![0; self.signing_key.public_modulus_len()];
        self.signing_key.sign(encoding, &SystemRandom::new(), text.as_bytes(), &mut signature).expect("RSA signs");
        STANDARD.encode(signature)
    }

    /// Writes root and signing certificate into a folder, as the local environment expects them.
    pub fn write_to(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("the folder can be made");
        std::fs::write(folder.join("root.pem"), &self.root).expect("the root can be written");
        let leaf = folder.join(format!("SimpleNotificationService-{CERTIFICATE_ID}.pem"));
        std::fs::write(leaf, &self.leaf).expect("the certificate can be written");
    }
}

/// A new RSA key of 2048 bits.
pub fn rsa_key() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("RSA keys can be made")
}

/// A certificate that `issuer` signs for a key.
pub fn issue(issuer: &Issuer<'_, KeyPair>, key: &KeyPair, request: &Request) -> String {
    let mut params = CertificateParams::new(request.names.clone()).expect("the names are DNS names");
    params.distinguished_name.push(DnType::CommonName, "sns.amazonaws.com");
    params.extended_key_usages = vec![request.usage.clone()];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if request.is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params.not_before = date_time_ymd(request.years.0, 1, 1);
    params.not_after = date_time_ymd(request.years.1, 1, 1);
    params.signed_by(key, issuer).expect("the certificate can be issued").pem()
}
