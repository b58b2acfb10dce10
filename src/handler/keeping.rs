//! Good certificates of SNS on their way to and from the table, where they outlive an instance.

use super::Handler;
use crate::error::Error;
use crate::intake::sns::{Door, Envelope, Verified};
use crate::timestamp::Timestamp;

impl Handler {
    /// Opens the connection to DynamoDB, and takes the certificates that earlier instances have found good.
    pub async fn warm_up(&self) {
        let kept = self.recorder.suppressions().warm_up().await;
        self.verifier.certificates().remember(kept);
    }

    /// Verifies a message.
    ///
    /// A certificate that has just verified its first message is kept for later instances, beside the work on the message
    /// and not before its answer: Lambda may halt it, and it may fail, and then the next instance asks SNS itself.
    pub(super) async fn verify<'a>(
        &self,
        envelope: Envelope<'a>,
        door: Door,
        now: Timestamp,
    ) -> Result<Verified<'a>, Error> {
        let verified = self.verifier.verify(envelope, door, now).await?;
        let proven = self.verifier.certificates().take_proven();
        if !proven.is_empty() {
            let table = self.recorder.suppressions().clone();
            tokio::spawn(async move {
                if table.keep_certificates(&proven).await.is_err() {
                    tracing::debug!("a certificate could not be kept; the next instance asks sns for it");
                }
            });
        }
        Ok(verified)
    }
}
