//! A folder of signing certificates in place of those that SNS publishes.

use std::path::PathBuf;

use mail_feedback::event::digest_hex;
use mail_feedback::intake::sns::TopicArn;
use support::authority::{AUTHORITY, CERTIFICATE_ID, Request};
use support::envelope::TOPIC;

/// A temporary folder of certificates, deleted on drop.
pub(crate) struct Certificates {
    /// The folder.
    pub(crate) folder: PathBuf,
}

impl Certificates {
    /// Creates a folder with the certificate of our own region.
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("mail-feedback-conformance-{}", std::process::id()));
        AUTHORITY.write_to(&folder);
        Self { folder }
    }

    /// The id of the signing certificate for a topic; a new one is issued if its region needs its own.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn id_for(&self, topic: &TopicArn) -> Result<String, String> {
        let names = topic.certificate_names();
        if TopicArn::parse(TOPIC).is_some_and(|ours| ours.certificate_names() == names) {
            return Ok(CERTIFICATE_ID.to_owned());
        }
        let id: String = digest_hex(names.join(",").as_bytes()).chars().take(32).collect();
        let certificate = AUTHORITY.certificate(&Request { names, ..Request::default() });
        let file = self.folder.join(format!("SimpleNotificationService-{id}.pem"));
        std::fs::write(file, certificate).map_err(|error| format!("no certificate can be written: {error}"))?;
        Ok(id)
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        // If this fails, only a public certificate remains in a temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
