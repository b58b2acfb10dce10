//! Ends a long command at a point from which it can be repeated.

use std::io::Error;

use tokio::sync::mpsc::Receiver;

use super::signals;

/// What ends a command.
#[derive(Debug)]
pub enum Stop {
    /// Ctrl-C, `kill` and a closed terminal, once the command listens; before that, they end the process.
    Signals,
    /// A message on a channel.
    Message(Receiver<()>),
}

impl Stop {
    /// Listens from now on.
    pub(super) fn listen(self) -> Result<Receiver<()>, Error> {
        match self {
            Self::Signals => signals::listen(),
            Self::Message(receiver) => Ok(receiver),
        }
    }
}
