//! `make ses-bounce TO=jane@example.com`: signs and sends a custom event, and shows its effect.

use std::io::{Error, ErrorKind, Write};
use std::process::ExitCode;

use support::database::Database;
use support::samples::{Snapshot, observe};

use super::Failure;
use super::certificates::Certificates;
use super::event::invocation;
use super::feed::{CALL_LIMIT, INVOCATIONS, status_of_invocation};
use super::http::{Request, send};
use super::report;
use super::session::{self, NOT_RUNNING, Session};
use crate::address::Address;
use crate::text::shell_quoted;
use crate::timestamp::Timestamp;

/// Sends an event of a kind about an address to the function that `make run` has started.
pub(super) async fn run(kind: &str, to: &str) -> Result<ExitCode, Failure> {
    let address =
        Address::parse(to).ok_or("TO is not an e-mail address; give one: make ses-bounce TO=jane@example.com")?;
    let folder = session::folder();
    let session = Session::read(&folder)?;
    let certificates = Certificates::of(&folder.join("certificates"));
    let event = invocation(kind, &address, Timestamp::now(), &certificates)?.to_string();
    if !session.is_running() {
        return Err(NOT_RUNNING.into());
    }
    let database = Database::at(session.database);
    let before = Snapshot::take(&database).await;
    let request = Request { method: "POST", target: INVOCATIONS, credential: None, body: &event };
    let answer = send(session.function, &request, CALL_LIMIT).await;
    let status = status_of_invocation(&answer);
    let (effect, _) = observe(&database, &before).await;
    let written = report::indented(&effect, usize::MAX);
    let shown = format!("{kind} about {}: {status}\n{written}", address.as_str());
    if status != "ok" {
        print(&mut std::io::stdout(), &shown)?;
        return Ok(ExitCode::FAILURE);
    }
    let explain = format!("{} --local explain {}", report::program("mail-feedbackctl"), shell_quoted(address.as_str()));
    print(&mut std::io::stdout(), &format!("{shown}\n{explain}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a text to whoever still reads: after `| head -1`, nobody may.
fn print(output: &mut impl Write, text: &str) -> Result<(), Error> {
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind, Write};

    use super::print;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> Result<usize, Error> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> Result<(), Error> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_output_is_no_failure() {
        print(&mut Failing(ErrorKind::BrokenPipe), "bounce\n").unwrap();
        print(&mut Failing(ErrorKind::StorageFull), "bounce\n").unwrap_err();
    }
}
