//! The signals that ask a program to end.

use std::io::Error;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};

/// Receives Ctrl-C, `kill` and the closing of the terminal, none of which ends the process any more.
pub(super) fn listen() -> Result<Receiver<()>, Error> {
    let (sender, wishes) = channel(8);
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let (mut signals, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move { while signals.recv().await.is_some() && sender.send(()).await.is_ok() {} });
    }
    Ok(wishes)
}
