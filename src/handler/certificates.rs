//! Stores SNS signing certificates in the suppression table, where the next instance finds them.

use super::Handler;

impl Handler {
    /// Opens the connection to DynamoDB and reads the certificates that earlier instances have proven.
    pub async fn warm_up(&self) {
        let kept = self.recorder.suppressions().warm_up().await;
        self.verifier.remember(kept);
    }

    /// Stores certificates that have just verified their first message, for later instances.
    ///
    /// The write runs concurrently with the work on the message, and the answer does not wait for it. If Lambda freezes
    /// it or it fails, the next instance fetches the certificate from SNS.
    pub(super) fn store_proven_certificates(&self) {
        let proven = self.verifier.take_proven();
        if proven.is_empty() {
            return;
        }
        let table = self.recorder.suppressions().clone();
        tokio::spawn(async move {
            if table.keep_certificates(&proven).await.is_err() {
                tracing::debug!("a certificate could not be stored; the next instance fetches it from sns");
            }
        });
    }
}
