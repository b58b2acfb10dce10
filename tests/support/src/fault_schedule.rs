//! When which fault strikes: a function of the seed and the number of the request.

use std::time::Duration;

use crate::seeded::Seeded;

/// What may happen to a request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// DynamoDB refuses it since too many come.
    Throttle,
    /// DynamoDB fails and has done nothing.
    ServerError,
    /// DynamoDB fails although it has done what was asked.
    ServerErrorAfter,
    /// The connection breaks before the request takes effect.
    DropBefore,
    /// The connection breaks after the request has taken effect.
    DropAfter,
    /// It takes effect a little later.
    Delay,
    /// It takes effect when its sender has given it up.
    Stall,
    /// DynamoDB leaves a part of a batch undone and says so.
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

/// How often faults strike. They come in storms, as outages do, so that retries fail as well.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// What fixes it.
    pub seed: u64,
    /// Faults in a hundred requests out of a storm.
    pub calm: usize,
    /// Faults in a hundred requests in a storm.
    pub storm: usize,
    /// Storms in a hundred stretches of requests.
    pub storms: usize,
    /// The only class of faults that strikes; `None`: all do.
    pub only: Option<Fault>,
    /// Besides, every so manieth request meets that class; 0: none does.
    pub every: usize,
    /// How long a stall takes.
    pub stall: Duration,
}

/// Longer than the function waits for one attempt, and shorter than for all.
pub const STALL: Duration = Duration::from_millis(2_300);

/// The requests of a storm.
const STRETCH: usize = 40;

impl Schedule {
    /// No faults at all.
    pub const CALM: Self = Self { seed: 0, calm: 0, storm: 0, storms: 0, only: None, every: 0, stall: STALL };

    /// What happens to a request; only batches can be left undone in part.
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
