//! What the function and cargo-lambda print, kept for later or shown at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::{Mutex, Notify};

/// Who prints a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Standard output: the function, and what cargo-lambda says about it.
    Function,
    /// Standard error: cargo, and panics.
    Cargo,
}

/// Whose lines the terminal shows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Show {
    /// Cargo's, which explain a failed build.
    #[default]
    Build,
    /// Nobody's.
    Nothing,
    /// Everybody's.
    Everything,
}

/// What was printed since the last call.
#[derive(Default)]
pub(super) struct Log {
    state: Mutex<State>,
    crashed: Notify,
}

#[derive(Default)]
struct State {
    show: Show,
    lines: Lines,
    /// How often each label of a failure was counted.
    rejected: BTreeMap<String, u64>,
}

/// Lines that were kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// The log.
    pub(super) log: Vec<String>,
    /// Metrics, as CloudWatch reads them.
    pub(super) metrics: Vec<String>,
}

impl Log {
    /// Shows other lines from now on.
    pub(super) async fn show(&self, show: Show) {
        self.state.lock().await.show = show;
    }

    /// Returns the lines kept so far, and forgets them.
    pub(super) async fn take(&self) -> Lines {
        std::mem::take(&mut self.state.lock().await.lines)
    }

    /// The lines kept so far.
    pub(super) async fn lines(&self) -> Lines {
        self.state.lock().await.lines.clone()
    }

    /// How often each label of a failure was counted.
    pub(super) async fn rejected(&self) -> BTreeMap<String, u64> {
        self.state.lock().await.rejected.clone()
    }

    /// Forgets as many failures, once they are counted; after a time, those that are.
    pub(super) async fn forget_rejected(&self, count: u64, limit: Duration) {
        let end = Instant::now().checked_add(limit);
        while self.rejected().await.values().sum::<u64>() < count && end.is_some_and(|end| Instant::now() < end) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.state.lock().await.rejected.clear();
    }

    /// Waits until the function has exited during its start.
    pub(super) async fn crashed(&self) {
        self.crashed.notified().await;
    }

    /// Reads a stream to its end, in the background.
    pub(super) fn relay(self: &Arc<Self>, source: Source, stream: impl AsyncRead + Unpin + Send + 'static) {
        let log = Arc::clone(self);
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                log.add(source, String::from_utf8_lossy(&line).into_owned()).await;
            }
        });
    }

    async fn add(&self, source: Source, line: String) {
        let mut state = self.state.lock().await;
        if line.starts_with("{\"_aws\"") {
            state.count(&line);
            match (state.show, without_directives(&line)) {
                (Show::Everything, Some(line)) => println!("{line}"),
                _ => state.lines.metrics.push(line),
            }
            return;
        }
        // cargo-lambda now waits for a change of the code, so calls would only time out.
        if state.show != Show::Everything && line.contains("command exited") {
            self.crashed.notify_one();
        }
        match state.show {
            Show::Build if source == Source::Cargo => eprintln!("{line}"),
            Show::Everything => println!("{line}"),
            Show::Build | Show::Nothing => state.lines.log.push(line),
        }
    }
}

impl State {
    fn count(&mut self, line: &str) {
        let fields: Map<String, Value> = serde_json::from_str(line).unwrap_or_default();
        for (name, count) in &fields {
            if let Some((label, count)) = name.strip_prefix("rejected.").zip(count.as_u64()) {
                let sum = self.rejected.entry(label.to_owned()).or_default();
                *sum = sum.saturating_add(count);
            }
        }
    }
}

/// A line of metrics without what only CloudWatch reads, which would hide the rest.
fn without_directives(line: &str) -> Option<String> {
    let mut fields: Map<String, Value> = serde_json::from_str(line).ok()?;
    fields.remove("_aws");
    Some(Value::Object(fields).to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::io::AsyncWriteExt;

    use super::{Log, Source};

    const REJECTED: &[u8] = b"{\"_aws\":{},\"rejected.not_found\":1}\n";

    #[tokio::test]
    async fn forgotten_failures_do_not_count_even_if_they_are_logged_late() {
        let log = Arc::new(Log::default());
        let (mut function, stream) = tokio::io::duplex(1024);
        log.relay(Source::Function, stream);
        function.write_all(REJECTED).await.unwrap();
        let late = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            function.write_all(REJECTED).await.unwrap();
        };
        tokio::join!(log.forget_rejected(2, Duration::from_secs(10)), late);
        assert!(log.rejected().await.is_empty());
    }
}
