//! Answers before Lambda's timeout, because work killed at the timeout is neither counted, logged nor answered.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Outage};
use crate::store::TimeLimits;

/// The most time reserved for the answer itself.
const MARGIN: Duration = Duration::from_secs(1);

/// When an invocation must have an outcome.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline: before the remaining time ends, by a tenth of it but at most a second.
    #[must_use]
    pub fn after(time_left: Duration) -> Self {
        let margin = time_left.checked_div(10).unwrap_or_default().min(MARGIN);
        let now = Instant::now();
        Self(now.checked_add(time_left.saturating_sub(margin)).unwrap_or(now))
    }

    /// The limits of recording this many events: the evidence of several may take half of the remaining time, and
    /// independent events are written in the other half.
    pub(super) fn limits(self, events: usize) -> TimeLimits {
        let evidence = if events > 1 { self.halfway() } else { self.0 };
        TimeLimits { evidence: Some(evidence), all: Some(self.0) }
    }

    /// When half of the time until then is over.
    pub(super) fn halfway(self) -> Instant {
        let now = Instant::now();
        let half = self.0.saturating_duration_since(now).checked_div(2).unwrap_or_default();
        now.checked_add(half).unwrap_or(now)
    }

    /// The outcome of the work, or [`Outage::Deadline`] when the time runs out.
    ///
    /// A retry repeats abandoned work, which is safe because all of it is idempotent.
    ///
    /// # Errors
    /// Those of the work, and [`Outage::Deadline`].
    pub async fn enforce<T, E: From<Error>>(self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        timeout_at(self.0, work).await.unwrap_or_else(|_| Err(Error::Transient(Outage::Deadline).into()))
    }
}
