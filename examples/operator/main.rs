//! The operators' commands: `cargo run --example operator -- --help`.
//!
//! An example and no binary, so that what is deployed has nothing of it.

#![allow(clippy::print_stderr, reason = "a program for people at a terminal")]
#![allow(unreachable_pub, reason = "a module of a program has no one to export to")]

mod commands;
mod connect;
mod signals;

use std::io::{BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use commands::cli::{Cli, Command};
use commands::failure::Failure;
use commands::redrive::{self, Interrupt};
use commands::safe::{Reader, Safe, clean_lines};
use commands::{Console, Outcome};
use mail_feedback::timestamp::Timestamp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own code for a wrong call is 2, which is `blocked` here.
            let code = if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
            drop(error.print());
            return code;
        }
    };
    match Box::pin(run(&cli)).await {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(Failure::Closed) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {}", clean_lines(&failure.to_string()));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<Outcome, Failure> {
    let stdout = std::io::stdout().lock();
    // An export to a terminal is for a person, too.
    let reader = if stdout.is_terminal() { Reader::Person } else { Reader::File };
    let mut buffered = BufWriter::new(stdout);
    let mut out = Safe::new(&mut buffered, reader);
    let mut console =
        Console { out: &mut out, err: &mut std::io::stderr(), json: cli.json, progress: true, now: Timestamp::now() };
    let outcome = match &cli.command {
        Command::Tables(command) => commands::run(command, &connect::tables(cli).await?, &mut console).await,
        Command::Redrive(args) => {
            let cloud = connect::cloud(cli).await?;
            let mut interrupt = Interrupt(signals::listen()?);
            Box::pin(redrive::run(args, &cloud, &mut interrupt, &mut console)).await
        }
    };
    out.flush()?;
    outcome
}
