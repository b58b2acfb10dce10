//! `make run`: starts DynamoDB and the function, sends every sample, and shows what to do next.

use std::future::Future;
use std::path::Path;
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
    Box::pin(run_in(&session::folder(), Options::from_env()?)).await
}

async fn run_in(folder: &Path, options: Options) -> Result<ExitCode, Failure> {
    Session::refuse_second(folder)?;
    let (listener, view) = options.listeners()?;
    // Before there is anything to stop.
    let mut stops = Stops::new()?;
    let database = Database::start_on(listener).await;
    let check = check::start(&database).await?;
    let session = Session { function: options.function, check: check.address, database: database.address };
    // Removed when this function returns, however it does.
    let _written = session.write(folder)?;
    let certificates = Certificates::of(&folder.join("certificates"));
    certificates.write()?;
    let mut watch = Watch::start(&session, &certificates, !options.once)?;
    ViewServer::start_beside(view, database.client.clone(), view_config()?, Arc::clone(&watch.log))?;
    // These pages end with this program, so with ONCE nobody could read them.
    if !options.once {
        report::print_view(options.view);
    }
    report::print_places(&session);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::{SocketAddr, TcpListener};
    use std::path::{Path, PathBuf};

    use super::run_in;
    use crate::local::certificates::Certificates;
    use crate::local::options::Options;
    use crate::local::session::Session;

    fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    #[tokio::test]
    async fn a_second_run_is_refused_and_changes_nothing() {
        let folder = std::env::temp_dir().join(format!("mail-feedback-run-{}", std::process::id()));
        let certificates = Certificates::of(&folder.join("certificates"));
        certificates.write().unwrap();
        let before = files(certificates.folder());
        let [(_function, function), (_check, check), (_database, database)] = [listen(), listen(), listen()];
        let written = Session { function, check, database }.write(&folder).unwrap();
        let free = || listen().1;
        let expected = format!("`make run` is already running, at http://{function}; stop it first");
        for [function, database] in [[function, database], [free(), free()]] {
            let options = Options { once: true, details: false, function, database, view: free() };
            let refusal = run_in(&folder, options).await.unwrap_err().to_string();
            assert!(refusal.starts_with(&expected), "{refusal}");
        }
        assert!(files(certificates.folder()) == before, "the certificates were changed");
        drop(written);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
