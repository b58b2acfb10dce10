//! Good certificates of SNS on their way to and from the table, where they outlive an instance.

use super::Handler;

impl Handler {
    /// Opens the connection to DynamoDB, and takes the certificates that earlier instances have found good.
    pub async fn warm_up(&self) {
        let kept = self.recorder.suppressions().warm_up().await;
        self.verifier.remember(kept);
    }

    /// Keeps a certificate that has just verified its first message for later instances.
    ///
    /// That goes beside the work on the message and not before its answer: Lambda may halt it, and it may fail, and then the
    /// next instance asks SNS itself.
    pub(super) fn keep_proven(&self) {
        let proven = self.verifier.take_proven();
        if proven.is_empty() {
            return;
        }
        let table = self.recorder.suppressions().clone();
        tokio::spawn(async move {
            if table.keep_certificates(&proven).await.is_err() {
                tracing::debug!("a certificate could not be kept; the next instance asks sns for it");
            }
        });
    }
}
