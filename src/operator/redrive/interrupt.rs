//! Ctrl-C, a closed terminal or a shutdown: the redrive is turned off before the program ends.

use tokio::sync::mpsc::Receiver;

use super::super::failure::Failure;

/// Requests to end the program, received through a channel.
pub struct Interrupt(pub Receiver<()>);

impl Interrupt {
    /// Waits for a request.
    async fn came(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Does some work that may be interrupted at any point.
    pub async fn or<T>(&mut self, work: impl Future<Output = Result<T, Failure>>, ended: &str) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.came() => Err(Failure::new(ended)),
            done = work => done,
        }
    }
}
