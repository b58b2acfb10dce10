//! Ctrl-C, a closed terminal, or the end of the machine: a redrive is switched off first.

use tokio::sync::mpsc::Receiver;

use super::super::failure::Failure;

/// Wishes to end, as they come through a channel.
pub struct Interrupt(pub Receiver<()>);

impl Interrupt {
    /// Waits for one.
    async fn came(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Does something that may be ended at any point.
    pub async fn or<T>(&mut self, work: impl Future<Output = Result<T, Failure>>, ended: &str) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.came() => Err(Failure::new(ended)),
            done = work => done,
        }
    }
}
