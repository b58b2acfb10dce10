//! The whole function on this machine: `make run`.
//!
//! Starts an embedded DynamoDB with both tables and the function under `cargo lambda watch`, sends it every sample of
//! `events/`, prints what became of each, and stays up. `ONCE=1` makes it exit instead, with a failure when a sample did
//! not do what `events/expected.json` says. `PORT` moves the function away from port 9000.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]
#![allow(unreachable_pub, reason = "a module of a program has no one to export to")]

mod endpoint;
mod feed;
mod http;
mod report;
mod watch;
mod webhook;

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use endpoint::Endpoint;
use feed::Feed;
use support::database::Database;
use tokio::signal::unix::{Signal, SignalKind, signal};
use watch::{Show, Watch};

/// Anything that ends this program.
type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    Box::pin(run()).await.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

async fn run() -> Result<ExitCode, Failure> {
    let once = std::env::var("ONCE").is_ok_and(|value| !matches!(value.as_str(), "" | "0"));
    let address = free_address()?;
    // Before there is anything to stop.
    let mut stops = Stops::new()?;
    let database = Database::start().await;
    // Removed when this function is left, in whatever way.
    let _endpoint = Endpoint::write(&database.endpoint())?;
    println!("DynamoDB is up on {}; cargo lambda watch is starting the function …", database.endpoint());
    let mut watch = Watch::start(address.port(), &database.endpoint(), !once)?;
    let feed = Feed { address, database, log: Arc::clone(&watch.log) };
    let result = play(&feed, &mut watch, &mut stops, once).await;
    // Not a line more: the terminal may be gone.
    feed.log.show(Show::Nothing).await;
    watch.stop().await;
    result
}

async fn play(feed: &Feed, watch: &mut Watch, stops: &mut Stops, once: bool) -> Result<ExitCode, Failure> {
    let Some(all_expected) = unless_stopped(watch, stops, feed.check()).await? else {
        return Ok(ExitCode::FAILURE);
    };
    if once {
        return Ok(if all_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    report::print_help(feed);
    unless_stopped(watch, stops, feed.follow()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Does some work unless a signal comes first (`None`), or the function fails.
async fn unless_stopped<T>(
    watch: &mut Watch,
    stops: &mut Stops,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<Option<T>, Failure> {
    tokio::select! {
        result = work => result.map(Some),
        failure = watch.failed() => Err(failure.into()),
        () = stops.next() => Ok(None),
    }
}

/// The port must be free and known beforehand: cargo-lambda would bind a taken one next to its owner, or only log.
fn free_address() -> Result<SocketAddr, Failure> {
    let port = std::env::var("PORT").unwrap_or_else(|_| "9000".to_owned());
    let port = port.parse().map_err(|_| format!("PORT={port} is not a port"))?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address)
        .map_err(|error| format!("port {port} cannot be had ({error}); choose another, as in `PORT=9001 make run`"))?;
    Ok(address)
}

/// The signals that end this program: Ctrl-C, `kill`, and a terminal that is closed.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Stops {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
