//! A caller that forgets some failed messages of a batch, to show that the test would find it.

use mail_feedback::store::{Recorder, TimeLimits};
use mail_feedback::timestamp::Timestamp;

use super::schedule::Message;

/// Which failed messages are not reported, and so do not come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oversight {
    /// The first one of a batch.
    First,
    /// The last one of a batch.
    Last,
    /// All of them, if another message of the batch succeeded.
    Partial,
    /// Those whose first fact was recorded.
    LaterFacts,
}

impl Oversight {
    /// Records a batch of messages; returns the failed ones that are reported.
    pub async fn record(self, recorder: &Recorder, messages: Vec<Message>, now: Timestamp) -> Vec<Message> {
        let each_fact: Vec<Message> = messages.iter().flatten().map(|event| vec![event.clone()]).collect();
        let reports = if self == Self::LaterFacts { each_fact } else { messages.clone() };
        let mut outcomes = recorder.record(reports, now, TimeLimits::default()).await.reports.into_iter();
        let mut outcome_of = |message: &Message| {
            let count = if self == Self::LaterFacts { message.len() } else { 1 };
            let outcomes: Vec<_> = outcomes.by_ref().take(count).collect();
            outcomes[0]
        };
        let count = messages.len();
        let failed = messages.into_iter().filter(|message| outcome_of(message).is_err());
        let mut failed: Vec<Message> = failed.collect();
        match self {
            Self::First => drop(failed.drain(..failed.len().min(1))),
            Self::Last => drop(failed.pop()),
            Self::Partial if failed.len() < count => failed.clear(),
            Self::Partial | Self::LaterFacts => {}
        }
        failed
    }
}
