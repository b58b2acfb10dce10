//! `make run`: starts DynamoDB and the function, sends every sample, and shows what to do next.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use support::database::{Database, EVENTS, SUPPRESSIONS};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;
use super::certificates::Certificates;
use super::check;
use super::feed::Feed;
use super::log::Show;
use super::options::Options;
use super::report;
use super::session::{self, Session};
use super::view::ViewServer;
use super::watch::Watch;
use crate::config::RecordingConfig;

/// Runs until a signal arrives, or with `ONCE` until everything was sent.
pub(super) async fn run() -> Result<ExitCode, Failure> {
    let options = Options::from_env()?;
    options.check_function_port()?;
    let (listener, view) = (options.database_listener()?, options.view_listener()?);
    report::print_view(options.view);
    // Before there is anything to stop.
    let mut stops = Stops::new()?;
    let database = Database::start_on(listener).await;
    let certificates = Certificates::of(&session::folder().join("certificates"));
    certificates.write()?;
    let check = check::start(&database).await?;
    let session = Session { function: options.function, check: check.address, database: database.address };
    // Removed when this function returns, however it does.
    let _written = session.write()?;
    report::print_places(&session);
    let mut watch = Watch::start(&session, &certificates, !options.once)?;
    ViewServer::start_beside(view, database.client.clone(), view_config()?, Arc::clone(&watch.log))?;
    let feed = Feed { address: session.function, database, log: Arc::clone(&watch.log), details: options.details };
    let result = Box::pin(play(&feed, &session, &mut watch, &mut stops, options.once)).await;
    // No more output: the terminal may be gone.
    feed.log.show(Show::Nothing).await;
    watch.stop().await;
    result
}

/// The settings of the pages: those of the function, which has the defaults but for its tables.
fn view_config() -> Result<RecordingConfig, Failure> {
    let lookup = |name: &str| match name {
        "EVENT_TABLE" => Some(EVENTS.to_owned()),
        "SUPPRESSION_TABLE" => Some(SUPPRESSIONS.to_owned()),
        _ => None,
    };
    Ok(RecordingConfig::from_lookup(lookup).map_err(|error| error.to_string())?)
}

async fn play(
    feed: &Feed,
    session: &Session,
    watch: &mut Watch,
    stops: &mut Stops,
    once: bool,
) -> Result<ExitCode, Failure> {
    let Some(all_expected) = Box::pin(unless_stopped(watch, stops, feed.check())).await? else {
        return Ok(ExitCode::FAILURE);
    };
    if once {
        return Ok(if all_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    report::print_next(session, feed.message().await.as_deref());
    unless_stopped(watch, stops, feed.follow()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Does some work unless a signal arrives first (`None`), or the function fails.
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

/// The signals that end this program: Ctrl-C, `kill`, and a closed terminal.
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
