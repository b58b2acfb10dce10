//! The program: a command line, the clients that its command needs, and the terminal.

use std::io::{BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use super::cli::{Cli, Command};
use super::failure::Failure;
#[cfg(feature = "operator")]
use super::redrive::{self, Interrupt};
use super::sanitize::{Audience, Sanitizer, sanitize_lines};
use super::stop::Stop;
use super::{Console, Outcome, connect, unsubscribe_link};
#[cfg(feature = "operator")]
use super::{env, signals};
use crate::timestamp::Timestamp;

/// Runs the command line of this process, and returns its exit code.
pub async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap exits with 2 after a usage error, but 2 means `blocked` here.
            let code = if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
            drop(error.print());
            return code;
        }
    };
    match Box::pin(run(&cli)).await {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(Failure::Closed) => ExitCode::FAILURE,
        Err(failure) => {
            // Nothing can be done if even this fails.
            drop(writeln!(std::io::stderr(), "error: {}", sanitize_lines(&failure.to_string())));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<Outcome, Failure> {
    let stdout = std::io::stdout().lock();
    // An export to a terminal is also for a person.
    let reader = if stdout.is_terminal() { Audience::Person } else { Audience::File };
    let mut buffered = BufWriter::new(stdout);
    let mut out = Sanitizer::new(&mut buffered, reader);
    let mut console =
        Console { out: &mut out, err: &mut std::io::stderr(), json: cli.json, progress: true, now: Timestamp::now() };
    let outcome = match &cli.command {
        Command::Tables(command) => {
            let tables = connect::tables(cli).await?;
            super::run(command, &tables, Stop::Signals, &mut console).await
        }
        #[cfg(not(feature = "operator"))]
        Command::Env(_) | Command::Redrive(_) => Err(Failure::new(super::WITHOUT_AWS)),
        #[cfg(feature = "operator")]
        Command::Env(args) => env::run(args, &connect::cloud(cli).await?, &mut console).await,
        Command::UnsubscribeLink(args) => unsubscribe_link::run(args, &mut console),
        #[cfg(feature = "operator")]
        Command::Redrive(args) => {
            let cloud = connect::cloud(cli).await?;
            let mut interrupt = Interrupt(signals::listen()?);
            Box::pin(redrive::run(args, &cloud, &mut interrupt, &mut console)).await
        }
    };
    out.flush()?;
    outcome
}
