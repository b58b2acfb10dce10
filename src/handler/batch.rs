//! A batch of a queue: all messages are authenticated, then recorded as one, and each has its own outcome.

use std::time::Instant;

use super::outcome_log::{BatchCounts, OutcomeLog};
use super::{Answer, Context, EVENTS_AT_ONCE, Handler};
use crate::error::Error;
use crate::event::EmailEvent;
use crate::intake::event_bridge::AuthorizedEvent;
use crate::intake::sns::VerifiedMessage;
use crate::intake::{Queued, QueuedMessage};
use crate::provider::normalize_event_bridge;

/// The outcome of each message of a batch, in their order.
struct Outcomes(Vec<Result<(), Error>>);

/// Authenticated input from a message; the record of a failed invocation may hold several.
enum Authentic<'a> {
    Sns(VerifiedMessage<'a>),
    EventBridge(AuthorizedEvent<'a>),
}

/// The reports of some messages, which are recorded together.
#[derive(Default)]
struct Part {
    /// The places of the messages in the batch, ascending.
    places: Vec<usize>,
    reports: Vec<Vec<EmailEvent>>,
    events: usize,
}

impl Handler {
    /// Records a batch, and answers which messages failed: those with something of their own that was refused or not
    /// written. The others are deleted from the queue.
    ///
    /// All messages are authenticated before anything is written. What is not done when the time is over fails.
    pub(super) async fn queue_batch(
        &self,
        messages: &[QueuedMessage<'_>],
        log: OutcomeLog<'_>,
        context: &mut Context,
    ) -> Answer {
        let mut outcomes = Outcomes(vec![Ok(()); messages.len()]);
        let authentic = self.authenticate(messages, &mut outcomes, context).await;
        let (authentication, started) = (log.started.elapsed(), Instant::now());
        let events = self.record_batch(authentic, &mut outcomes, context).await;
        let recording = started.elapsed();
        let mut failed = Vec::new();
        for (message, outcome) in messages.iter().zip(outcomes.0) {
            if let Err(error) = outcome {
                OutcomeLog { message_id: Some(&message.id), ..log }.write_failure(error, &mut context.metrics);
                failed.push(message.id.to_string());
            }
        }
        let (messages, failures) = (messages.len(), failed.len());
        log.write_batch(&BatchCounts { messages, failed: failures, events, authentication, recording });
        Answer::queue(failed)
    }

    /// Reads and authenticates each message; returns the input of those that are authentic, with their places.
    async fn authenticate<'m>(
        &self,
        messages: &'m [QueuedMessage<'_>],
        outcomes: &mut Outcomes,
        context: &Context,
    ) -> Vec<(usize, Authentic<'m>)> {
        let mut authentic = Vec::with_capacity(messages.len());
        let (mut places, mut deliveries) = (Vec::new(), Vec::new());
        for (place, message) in messages.iter().enumerate() {
            let opened = match message.open() {
                Ok(Queued::Sns(delivery)) => Ok(vec![delivery]),
                Ok(Queued::Failed(of_invocation)) => of_invocation.into_iter().collect(),
                Ok(Queued::EventBridge(event)) => self.event_bridge.authorize(event).map(|event| {
                    authentic.push((place, Authentic::EventBridge(event)));
                    Vec::new()
                }),
                Err(error) => Err(error),
            };
            for delivery in outcomes.settle(place, opened).into_iter().flatten() {
                places.push(place);
                deliveries.push(delivery);
            }
        }
        let fetch_until = context.deadline.halfway();
        let verified = self.verifier.verify_all(deliveries, context.received_at, fetch_until).await;
        self.store_proven_certificates();
        for (place, verified) in places.into_iter().zip(verified) {
            authentic.extend(outcomes.settle(place, verified).map(|message| (place, Authentic::Sns(message))));
        }
        authentic.sort_by_key(|(place, _)| *place);
        authentic
    }

    /// Normalizes and records authentic input in parts, to bound the memory; returns how many events were recorded.
    async fn record_batch(
        &self,
        authentic: Vec<(usize, Authentic<'_>)>,
        outcomes: &mut Outcomes,
        context: &mut Context,
    ) -> usize {
        let (mut part, mut events) = (Part::default(), 0_usize);
        for (place, input) in authentic {
            if part.events >= EVENTS_AT_ONCE && part.places.last() != Some(&place) {
                events = events.saturating_add(self.record_part(std::mem::take(&mut part), outcomes, context).await);
            }
            let normalized = match &input {
                Authentic::Sns(message) => self.normalize(message, context),
                Authentic::EventBridge(event) => normalize_event_bridge(event, &self.ses, context.received_at),
            };
            match outcomes.settle(place, normalized) {
                Some(report) if outcomes.is_ok(place) => part.add(place, report),
                _ => part.remove(place),
            }
        }
        events.saturating_add(self.record_part(part, outcomes, context).await)
    }

    async fn record_part(&self, part: Part, outcomes: &mut Outcomes, context: &mut Context) -> usize {
        let recorded = self.record_reports(part.reports, context).await;
        for (place, outcome) in part.places.into_iter().zip(recorded.reports) {
            outcomes.settle(place, outcome);
        }
        recorded.events.len()
    }
}

impl Outcomes {
    /// The value of one step of a message; an error becomes the message's outcome, unless it has failed before.
    fn settle<T>(&mut self, place: usize, step: Result<T, Error>) -> Option<T> {
        let outcome = self.0.get_mut(place)?;
        if let Err(error) = step {
            *outcome = outcome.and(Err(error));
        }
        step.ok()
    }

    fn is_ok(&self, place: usize) -> bool {
        self.0.get(place) == Some(&Ok(()))
    }
}

impl Part {
    /// Adds a report of a message.
    fn add(&mut self, place: usize, report: Vec<EmailEvent>) {
        self.events = self.events.saturating_add(report.len());
        if let Some(of_message) = self.reports.last_mut().filter(|_| self.places.last() == Some(&place)) {
            of_message.extend(report);
        } else {
            self.places.push(place);
            self.reports.push(report);
        }
    }

    /// Removes the reports of a message that failed: it succeeds or fails as a whole.
    fn remove(&mut self, place: usize) {
        if self.places.pop_if(|last| *last == place).is_some() {
            self.reports.pop();
        }
    }
}
