//! Answers before Lambda's timeout, because work killed at the timeout is neither counted, logged nor answered.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Outage};

/// The most time reserved for the answer itself.
const MARGIN: Duration = Duration::from_secs(1);

/// When an invocation must have an outcome.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// The deadline: before the remaining time ends, by a tenth of it but at most [`MARGIN`].
    pub(super) fn after(time_left: Duration) -> Self {
        let margin = time_left.checked_div(10).unwrap_or_default().min(MARGIN);
        let now = Instant::now();
        Self(now.checked_add(time_left.saturating_sub(margin)).unwrap_or(now))
    }

    /// Half of the time until then.
    pub(super) fn half_remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now()).checked_div(2).unwrap_or_default()
    }

    /// The outcome of the work, or [`Outage::Deadline`] when the time runs out.
    ///
    /// A retry repeats abandoned work, which is safe because all of it is idempotent.
    pub(super) async fn enforce<T>(self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout_at(self.0, work).await.unwrap_or(Err(Error::Transient(Outage::Deadline)))
    }
}
