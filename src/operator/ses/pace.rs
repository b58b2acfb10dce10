//! Keeps requests to SES's rate.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The longest pause after a throttled request.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// The most requests in a second.
const MAX_RATE: f64 = 1_000.0;

/// Lets one request through per interval.
#[derive(Debug)]
pub(in crate::operator) struct Pace {
    interval: Duration,
    next: Instant,
}

impl Pace {
    /// SES's own rate, which nobody can raise (<https://docs.aws.amazon.com/ses/latest/dg/quotas.html>).
    pub(in crate::operator) const SES: Duration = Duration::from_secs(1);

    /// Starts now.
    pub(in crate::operator) fn new(interval: Duration) -> Self {
        Self { interval, next: Instant::now() }
    }

    /// Waits for the turn of the next request.
    pub(super) async fn turn(&mut self) {
        sleep_until(self.next).await;
        self.wait_from_now(self.interval);
    }

    /// Pauses the longer, the more attempts of a request have failed.
    pub(super) fn back_off(&mut self, failed: u32) {
        let factor = 1_u32.checked_shl(failed).unwrap_or(u32::MAX);
        self.wait_from_now(self.interval.saturating_mul(factor).min(MAX_PAUSE));
    }

    fn wait_from_now(&mut self, pause: Duration) {
        let now = Instant::now();
        self.next = now.checked_add(pause).unwrap_or(now);
    }
}

/// The pause between two requests at a rate per second.
pub(in crate::operator) fn interval(rate: &str) -> Result<Duration, String> {
    let rate: Option<f64> = rate.parse().ok().filter(|rate| *rate > 0.0 && *rate <= MAX_RATE);
    let interval = rate.and_then(|rate| Duration::try_from_secs_f64(rate.recip()).ok());
    interval.ok_or_else(|| format!("not a rate; give requests per second, above 0 and at most {MAX_RATE}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Pace, interval};

    #[tokio::test(start_paused = true)]
    async fn requests_keep_their_distance_and_pauses_grow() {
        let mut pace = Pace::new(Pace::SES);
        let start = Instant::now();
        for second in 0..3 {
            pace.turn().await;
            assert_eq!(start.elapsed().as_secs(), second);
        }
        for (failed, pause) in [(1, 2), (3, 8), (5, 30), (99, 30)] {
            pace.back_off(failed);
            let before = Instant::now();
            pace.turn().await;
            assert_eq!(before.elapsed().as_secs(), pause, "after {failed}");
        }
    }

    #[test]
    fn a_rate_is_a_positive_number() {
        assert_eq!(interval("1"), Ok(Pace::SES));
        assert_eq!(interval("0.5"), Ok(Duration::from_secs(2)));
        for wrong in ["", "0", "-1", "NaN", "inf", "1e-300", "1001", "a"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
