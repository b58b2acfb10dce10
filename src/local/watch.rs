//! The function under `cargo lambda watch`, as a child process.

use std::cell::RefCell;
use std::io::{Error, ErrorKind};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::certificates::Certificates;
use super::log::{Log, Source};
use super::session::Session;
use crate::config::Config;

/// How long the child may take to stop on its own; it needs about 1.5 s.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// The variable for which the caller's value wins over the committed one.
const LOG_FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";

/// A running `cargo lambda watch`.
pub(super) struct Watch {
    child: Child,
    /// What it and the function print.
    pub(super) log: Arc<Log>,
}

impl Watch {
    /// Starts it at the addresses of the session, with the committed environment.
    pub(super) fn start(session: &Session, certificates: &Certificates, reload: bool) -> Result<Self, Error> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let committed = std::fs::read_to_string(root.join("events/local.env"))?;
        let mut command = Command::new(root.join(".venv/bin/cargo-lambda"));
        // A shell may have the settings of a stack: `mail-feedbackctl env` exports them. The samples expect none.
        for setting in settings() {
            command.env_remove(setting);
        }
        command
            // The features of `make run`: with others, cargo would build everything anew.
            .args([
                "lambda",
                "watch",
                "--quiet",
                "--features",
                "local",
                "--bin",
                "mail-feedback",
                "--invoke-address",
                "127.0.0.1",
            ])
            .args(["--invoke-port", &session.function.port().to_string()])
            .args((!reload).then_some("--ignore-changes"))
            .envs(environment(&committed, std::env::var(LOG_FORMAT).is_ok()))
            .env("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", session.database))
            .env("SNS_TRUST_ANCHORS", certificates.roots())
            .env("SNS_CERTIFICATES", certificates.folder())
            // The caller's own AWS account must not be used.
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .current_dir(root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C reaches this program only, which then stops the child in order.
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::new(error.kind(), "cargo-lambda is not installed; start this by `make run`"),
            _ => error,
        })?;
        let log = Arc::new(Log::default());
        if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
            log.relay(Source::Function, stdout);
            log.relay(Source::Cargo, stderr);
        }
        Ok(Self { child, log })
    }

    /// Waits until it fails, or the function exits before its output is shown; returns how.
    pub(super) async fn failed(&mut self) -> String {
        let what = tokio::select! {
            status = self.child.wait() => match status {
                Ok(status) => format!("cargo lambda watch ended ({status})"),
                Err(error) => format!("cannot wait for cargo lambda watch: {error}"),
            },
            () = self.log.crashed() => "the function exited".to_owned(),
        };
        // Its last lines may still be in the pipe.
        tokio::time::sleep(Duration::from_millis(200)).await;
        format!("{what}\n{}", self.log.take().await.log.join("\n"))
    }

    /// Stops it and the function.
    pub(super) async fn stop(mut self) {
        if let Some(id) = self.child.id() {
            // std can only kill the process, which would leave the function running.
            let interrupt = Command::new("sh").args(["-c", "kill -INT $0", &id.to_string()]).status().await;
            if interrupt.is_ok_and(|status| status.success())
                && tokio::time::timeout(STOP_LIMIT, self.child.wait()).await.is_ok()
            {
                return;
            }
        }
        // Nothing can be done if even this fails.
        drop(self.child.kill().await);
    }
}

impl Drop for Watch {
    /// Stops both after a panic, too: killing cargo-lambda alone would leave the function running.
    fn drop(&mut self) {
        let Some(id) = self.child.id() else { return };
        let interrupt = std::process::Command::new("sh").args(["-c", "kill -INT $0", &id.to_string()]).status();
        let start = Instant::now();
        while interrupt.is_ok() && matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < STOP_LIMIT {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The names of the variables that the function reads.
fn settings() -> Vec<String> {
    let names = RefCell::new(vec!["_HANDLER".to_owned()]);
    // With both tables, which are required, it reads all others.
    let lookup = |name: &str| {
        names.borrow_mut().push(name.to_owned());
        name.ends_with("_TABLE").then(|| "-".to_owned())
    };
    drop(Config::from_lookup(lookup));
    names.into_inner()
}

/// The variables in a file of names and values, without the log format if the caller has set it.
fn environment(file: &str, has_log_format: bool) -> impl Iterator<Item = (&str, &str)> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).filter(move |(name, _)| !(has_log_format && *name == LOG_FORMAT))
}

#[cfg(test)]
mod tests {
    use super::{LOG_FORMAT, environment, settings};

    #[test]
    fn no_setting_of_a_stack_reaches_the_function() {
        let names = settings();
        for name in ["WEBHOOK_SECRET_ARN", "SES_ACCOUNT_IDS", "SOFT_BOUNCE_COOLDOWN_DAYS", "ENGAGEMENT_RETENTION_DAYS"]
        {
            assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
        }
    }

    #[test]
    fn the_callers_log_format_wins() {
        let file = include_str!("../../events/local.env");
        assert!(environment(file, false).any(|pair| pair == (LOG_FORMAT, "Text")));
        assert!(environment(file, false).any(|pair| pair == ("AWS_REGION", "us-east-1")));
        assert!(environment(file, true).all(|(name, _)| name != LOG_FORMAT));
    }
}
