//! Decides which request meets which fault, from the seed and the number of the request.

use std::time::Duration;

use crate::seeded::Seeded;

/// The faults of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// DynamoDB throttles it.
    Throttle,
    /// DynamoDB fails and has done nothing.
    ServerError,
    /// DynamoDB fails although it has processed the request.
    ServerErrorAfter,
    /// The connection breaks before the request takes effect.
    DropBefore,
    /// The connection breaks after the request has taken effect.
    DropAfter,
    /// It takes effect slightly later.
    Delay,
    /// It takes effect after its sender has given up.
    Stall,
    /// DynamoDB leaves a part of a batch unprocessed and says so.
    Unprocessed,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Throttle,
        Self::ServerError,
        Self::ServerErrorAfter,
        Self::DropBefore,
        Self::DropAfter,
        Self::Delay,
        Self::Stall,
        Self::Unprocessed,
    ];
}

/// The frequency of faults.
///
/// They come in storms, as outages do, so that retries fail as well.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// The random seed.
    pub seed: u64,
    /// The percentage of faults outside a storm.
    pub calm: usize,
    /// The percentage of faults in a storm.
    pub storm: usize,
    /// The percentage of request stretches that are storms.
    pub storms: usize,
    /// The only class of faults; `None` for all.
    pub only: Option<Fault>,
    /// In addition, every nth request has that fault; 0 for none.
    pub every: usize,
    /// The duration of a stall.
    pub stall: Duration,
}

/// Longer than the function waits for one attempt, but shorter than for all.
pub const STALL: Duration = Duration::from_millis(2_300);

/// The number of requests in a stretch.
const STRETCH: usize = 40;

impl Schedule {
    /// No faults at all.
    pub const CALM: Self = Self { seed: 0, calm: 0, storm: 0, storms: 0, only: None, every: 0, stall: STALL };

    /// The fault of a request; only batches can be processed in part.
    pub fn fault(&self, number: usize, is_batch: bool) -> Option<Fault> {
        let of = |part: usize| Seeded::new(self.seed ^ u64::try_from(part).expect("a number") << 20);
        let is_storm = of(number / STRETCH).percent(self.storms);
        let mut random = of(usize::MAX - number);
        let regular = self.every > 0 && number % self.every == 1;
        if !regular && !random.percent(if is_storm { self.storm } else { self.calm }) {
            return None;
        }
        if self.only.is_some() {
            return self.only.filter(|fault| is_batch || *fault != Fault::Unprocessed);
        }
        Some(match random.below(100) {
            0..=21 => Fault::Throttle,
            22..=33 => Fault::ServerError,
            34..=45 => Fault::ServerErrorAfter,
            46..=57 => Fault::DropBefore,
            58..=69 => Fault::DropAfter,
            70..=74 => Fault::Stall,
            75..=80 => Fault::Delay,
            _ if is_batch => Fault::Unprocessed,
            _ => Fault::Delay,
        })
    }
}
