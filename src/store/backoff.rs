//! Waiting between attempts.

use std::time::Duration;

/// Half of the longest wait after the first attempt, in milliseconds; it doubles with each further one.
const FIRST_MS: u64 = 25;
/// The longest wait, in milliseconds.
const LONGEST_MS: u64 = 1000;

/// Waits a random time after attempt number `attempt` (from 1), so that those who conflict drift apart.
pub(crate) async fn wait(attempt: u32) {
    let limit = FIRST_MS.saturating_mul(1_u64.checked_shl(attempt).unwrap_or(u64::MAX)).min(LONGEST_MS);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..=limit))).await;
}
