//! The function under `cargo lambda watch`, as a child process whose lines are kept until somebody needs them.

use std::io::{Error, ErrorKind};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, Notify};

/// How long the child may take to stop by itself; it needs about 1.5 s.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A running `cargo lambda watch`.
pub struct Watch {
    child: Child,
    /// What it and the function print.
    pub log: Arc<Log>,
}

impl Watch {
    /// Starts it on a port, with the committed environment and an endpoint for DynamoDB.
    pub fn start(port: u16, endpoint: &str, reload: bool) -> Result<Self, Error> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = root.join(".venv/bin/cargo-lambda");
        let mut command = Command::new(&program);
        command
            .args(["lambda", "watch", "--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()])
            .args(["--env-file", "events/local.env"])
            .args((!reload).then_some("--ignore-changes"))
            .env("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
            // The caller's own AWS account must stay out of this.
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .current_dir(root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C reaches this program alone, which then stops the child in order.
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::new(error.kind(), "cargo-lambda is not installed: start this by `make run`"),
            _ => error,
        })?;
        let log = Arc::new(Log::default());
        if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
            relay(Arc::clone(&log), Source::Function, stdout);
            relay(Arc::clone(&log), Source::Cargo, stderr);
        }
        Ok(Self { child, log })
    }

    /// Waits until it, or the function during its start, has failed; says how.
    pub async fn failed(&mut self) -> String {
        let what = tokio::select! {
            status = self.child.wait() => match status {
                Ok(status) => format!("cargo lambda watch ended ({status})"),
                Err(error) => format!("cargo lambda watch is lost: {error}"),
            },
            () = self.log.crashed.notified() => "the function does not start".to_owned(),
        };
        // Its last words may still be in the pipe.
        tokio::time::sleep(Duration::from_millis(200)).await;
        format!("{what}\n{}", self.log.take().await.join("\n"))
    }

    /// Stops it and the function.
    pub async fn stop(mut self) {
        if let Some(id) = self.child.id() {
            // std can only kill outright, which would leave the function behind.
            let interrupt = Command::new("sh").args(["-c", "kill -INT $0", &id.to_string()]).status().await;
            if interrupt.is_ok_and(|status| status.success())
                && tokio::time::timeout(STOP_LIMIT, self.child.wait()).await.is_ok()
            {
                return;
            }
        }
        // Nothing is left to do when even this fails.
        drop(self.child.kill().await);
    }
}

/// Who prints a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Standard output: the function, and what cargo-lambda says about it.
    Function,
    /// Standard error: cargo, and panics.
    Cargo,
}

/// Whose lines the terminal shows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    /// Cargo's, which are the progress of the build.
    #[default]
    Build,
    /// Nobody's.
    Nothing,
    /// Everybody's.
    Everything,
}

/// What was printed since the last look.
#[derive(Default)]
pub struct Log {
    state: Mutex<(Show, Vec<String>)>,
    crashed: Notify,
}

impl Log {
    /// Shows other lines from now on.
    pub async fn show(&self, show: Show) {
        self.state.lock().await.0 = show;
    }

    /// The lines kept so far, which are then forgotten.
    pub async fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().await.1)
    }

    async fn add(&self, source: Source, line: String) {
        // Metrics are for CloudWatch.
        if line.starts_with("{\"_aws\"") {
            return;
        }
        let mut state = self.state.lock().await;
        // cargo-lambda waits for a change of the code then; without one, calls would wait until their limit.
        if state.0 == Show::Build && line.contains("command exited") {
            self.crashed.notify_one();
        }
        match state.0 {
            Show::Build if source == Source::Cargo => eprintln!("{line}"),
            Show::Everything => println!("{line}"),
            Show::Build | Show::Nothing => state.1.push(line),
        }
    }
}

/// Reads a stream to its end, in the background.
fn relay(log: Arc<Log>, source: Source, stream: impl AsyncRead + Unpin + Send + 'static) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            log.add(source, String::from_utf8_lossy(&line).into_owned()).await;
        }
    });
}
