//! `make ses-bounce TO=jane@example.com`: signs and sends a custom event, and shows its effect.

use std::process::ExitCode;

use support::database::Database;
use support::samples::{Snapshot, observe};
use tokio::net::TcpStream;

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
    let session = Session::read()?;
    let certificates = Certificates::of(&session::folder().join("certificates"));
    let event = invocation(kind, &address, Timestamp::now(), &certificates)?.to_string();
    if TcpStream::connect(session.database).await.is_err() {
        return Err(NOT_RUNNING.into());
    }
    let database = Database::at(session.database);
    let before = Snapshot::take(&database).await;
    let request = Request { method: "POST", target: INVOCATIONS, credential: None, body: &event };
    let answer = send(session.function, &request, CALL_LIMIT).await;
    let status = status_of_invocation(&answer);
    let (effect, _) = observe(&database, &before).await;
    println!("{kind} about {}: {status}", address.as_str());
    report::print_rows(&effect);
    println!("\n{} --local explain {}", report::program("mail-feedbackctl"), shell_quoted(address.as_str()));
    Ok(if status == "ok" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
