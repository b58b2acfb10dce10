//! The certificates that the local function trusts: the one of the samples, and one whose key is available.
//!
//! The key is stored in a file so that another program can sign. It is useless except against a function that trusts
//! this folder.

use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use support::authority::Authority;
use support::envelope::string_to_sign;
use support::samples;

use super::Failure;

/// The 32 hex digits in the name of the certificate.
const ID: &str = "000000000000000000000000000010ca";

/// A folder of certificates, and the key of one of them.
#[derive(Debug)]
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// The certificates in a folder.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Creates a new authority, and writes everything needed.
    pub fn write(&self) -> Result<(), Failure> {
        std::fs::create_dir_all(&self.folder)?;
        let of_the_samples = samples::folder().join("certificates");
        for entry in std::fs::read_dir(&of_the_samples)? {
            let path = entry?.path();
            if let Some(name) = path.file_name() {
                std::fs::copy(&path, self.folder.join(name))?;
            }
        }
        let authority = Authority::new();
        let roots = std::fs::read_to_string(of_the_samples.join("root.pem"))?;
        std::fs::write(self.roots(), format!("{}\n{}", roots.trim_end(), authority.root))?;
        std::fs::write(self.folder.join(format!("SimpleNotificationService-{ID}.pem")), &authority.leaf)?;
        std::fs::write(self.key(), authority.key.serialized_der())?;
        Ok(())
    }

    /// The folder, for `SNS_CERTIFICATES`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of the roots, for `SNS_TRUST_ANCHORS`.
    #[must_use]
    pub fn roots(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    /// Signs an envelope as SNS would.
    pub fn sign(&self, envelope: &mut Value) -> Result<(), Failure> {
        let der =
            std::fs::read(self.key()).map_err(|_| "`make run` has written no key; start it in another terminal")?;
        let key = KeyPair::from_pkcs8(&der).map_err(|_| "the key of `make run` cannot be used; restart it")?;
        set(
            envelope,
            "SigningCertURL",
            format!("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{ID}.pem"),
        );
        let mut signature = vec![0; key.public_modulus_len()];
        let text = string_to_sign(envelope);
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| "the key of `make run` does not sign; restart it")?;
        set(envelope, "Signature", STANDARD.encode(signature));
        Ok(())
    }

    fn key(&self) -> PathBuf {
        self.folder.join("key.der")
    }
}

fn set(envelope: &mut Value, name: &str, value: String) {
    if let Some(fields) = envelope.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
}
