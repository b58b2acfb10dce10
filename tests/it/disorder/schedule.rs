//! One run of a set of facts through a recorder: out of order, repeated, concurrent, with crashes and losses.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use mail_feedback::event::EmailEvent;
use mail_feedback::store::{Recorder, TimeLimits};
use mail_feedback::timestamp::Timestamp;
use support::seeded::Seeded;

use super::facts::Fact;
use super::oversight::Oversight;
use super::simple_recorder::SimpleRecorder;
use super::wire::{Gate, HANDLER, Waiting, Wire, lost};

/// The most crashes or losses of one batch; after that it gets through.
const MAX_FAULTS: u32 = 3;

/// The most facts of one message.
const MAX_FACTS: usize = 3;

/// The facts of one message of a queue, which succeeds or fails as a whole.
pub type Message = Vec<EmailEvent>;

/// What records the messages.
#[derive(Clone)]
pub enum Subject {
    /// The recorder of this project.
    Real(Recorder),
    /// The same, but some failed messages are not reported.
    Careless(Recorder, Oversight),
    /// The simple recorder of the tests.
    Simple(SimpleRecorder),
}

impl Subject {
    /// Records a batch of messages; returns those that failed, which come again.
    async fn record(self, messages: Vec<Message>, now: Timestamp) -> Vec<Message> {
        match self {
            Self::Real(recorder) => {
                let outcomes = recorder.record(messages.clone(), now, TimeLimits::default()).await.reports;
                assert_eq!(outcomes.len(), messages.len());
                let failed = messages.into_iter().zip(outcomes).filter(|(_, outcome)| outcome.is_err());
                failed.map(|(message, _)| message).collect()
            }
            Self::Careless(recorder, oversight) => oversight.record(&recorder, messages, now).await,
            Self::Simple(recorder) => match recorder.record(messages.concat(), now).await {
                Ok(()) => Vec::new(),
                Err(_) => messages,
            },
        }
    }
}

/// What happened in a schedule.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Events given to the recorder, including repetitions.
    pub events: usize,
    /// Messages that brought them.
    pub messages: usize,
    /// Requests that took effect.
    pub requests: usize,
    /// Handlers that ended between two requests, before or after the latter took effect.
    pub crashes: usize,
    /// Requests that failed, before or after they took effect, while the handler continued.
    pub losses: usize,
    /// Requests of handlers that were gone, which took effect later.
    pub late: usize,
}

/// The messages of one invocation.
#[derive(Clone)]
struct Batch {
    messages: Vec<Message>,
    faults: u32,
}

/// A running handler.
struct RunningHandler {
    number: usize,
    batch: Batch,
    work: Pin<Box<dyn Future<Output = Vec<Message>>>>,
}

/// Runs the facts through the recorder until each has been answered with success; `trace` receives each step.
pub async fn run(
    wire: &Wire,
    subject: &Subject,
    facts: &[Fact],
    random: &mut Seeded,
    trace: &mut Vec<String>,
) -> Tally {
    let mut tally = Tally::default();
    let mut waiting_batches = batches(facts, random);
    let width = 1 + random.below(5);
    let fault_percent = random.pick(&[0, 5, 15, 30]);
    let gate = Gate::default();
    let mut running: Vec<RunningHandler> = Vec::new();
    let mut handlers = 0;
    loop {
        while running.len() < width
            && let Some(batch) = waiting_batches.pop()
        {
            tally.events += batch.messages.iter().map(Vec::len).sum::<usize>();
            tally.messages += batch.messages.len();
            let now = Timestamp::from_millis(1_900_000_000_000).unwrap();
            let work = HANDLER.scope((gate.clone(), handlers), subject.clone().record(batch.messages.clone(), now));
            trace.push(format!("handler {handlers} takes {:?}", ids(&batch.messages)));
            running.push(RunningHandler { number: handlers, batch, work: Box::pin(work) });
            handlers += 1;
        }
        for batch in settle(&mut running, &gate).await {
            if !batch.messages.is_empty() {
                let place = random.below(waiting_batches.len() + 1);
                waiting_batches.insert(place, batch);
            }
        }
        let waiting = gate.waiting().len();
        if waiting == 0 && running.is_empty() && waiting_batches.is_empty() {
            return tally;
        }
        if waiting == 0 || (running.len() < width && !waiting_batches.is_empty()) {
            continue;
        }
        let Waiting { handler, request, answer } = gate.waiting().remove(random.below(waiting));
        let owner = running.iter().position(|running| running.number == handler);
        let is_faulty = owner.is_some_and(|at| running[at].batch.faults < MAX_FAULTS) && random.percent(fault_percent);
        let takes_effect = !is_faulty || random.percent(50);
        let crash = is_faulty && random.percent(60);
        let operation = &request.operation;
        trace.push(format!("{handler} {operation} effect={takes_effect} unlucky={is_faulty} crash={crash}"));
        tally.late += usize::from(owner.is_none());
        tally.requests += usize::from(takes_effect);
        let served = takes_effect.then(|| wire.serve(&request));
        match owner.filter(|_| is_faulty) {
            None => drop(answer.send(served.ok_or_else(lost))),
            Some(at) if crash => {
                tally.crashes += 1;
                let mut batch = running.remove(at).batch;
                batch.faults += 1;
                // The handler's other requests may still arrive, even after its batch has been sent again.
                gate.waiting().retain(|other| other.handler != handler || random.percent(50));
                let place = random.below(waiting_batches.len() + 1);
                waiting_batches.insert(place, batch);
                if !takes_effect && random.percent(50) {
                    gate.waiting().push(Waiting { handler, request, answer });
                }
            }
            Some(at) => {
                tally.losses += 1;
                running[at].batch.faults += 1;
                drop(answer.send(Err(lost())));
            }
        }
    }
}

/// Facts in batches of messages, some of them repeated, in any order.
fn batches(facts: &[Fact], random: &mut Seeded) -> Vec<Batch> {
    let mut events: Vec<EmailEvent> = facts.iter().map(Fact::event).collect();
    for fact in facts {
        if random.percent(30) {
            events.push(fact.event());
        }
    }
    random.shuffle(&mut events);
    let most = random.pick(&[1, 2, 4, 30]);
    // Many facts about one address in some twenty batches are enough disorder.
    let most = if facts.len() > 80 { most.max(16) } else { most };
    let mut batches = Vec::new();
    while !events.is_empty() {
        let size = (1 + random.below(most)).min(events.len());
        batches.push(Batch { messages: messages(events.split_off(events.len() - size), random), faults: 0 });
    }
    batches
}

/// Facts in messages of one or several, some of them in two messages of the batch.
fn messages(events: Vec<EmailEvent>, random: &mut Seeded) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for event in events {
        let again = random.percent(5).then(|| vec![event.clone()]);
        match messages.last_mut() {
            Some(message) if message.len() < MAX_FACTS && random.percent(30) => message.push(event),
            _ => messages.push(vec![event]),
        }
        messages.extend(again);
    }
    random.shuffle(&mut messages);
    messages
}

/// Runs every handler until it is done or waits at the gate, so that the choice among the requests depends on the seed
/// and not on how long the handlers paused; returns what failed of those that are done.
async fn settle(running: &mut Vec<RunningHandler>, gate: &Gate) -> Vec<Batch> {
    let mut done = Vec::new();
    poll_fn(|context| {
        let mut at = 0;
        while at < running.len() {
            match running[at].work.as_mut().poll(context) {
                Poll::Ready(messages) => done.push(Batch { messages, ..running.remove(at).batch }),
                Poll::Pending => at += 1,
            }
        }
        let waiting = gate.waiting();
        let settled = running.iter().all(|running| waiting.iter().any(|request| request.handler == running.number));
        if settled { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    gate.waiting().sort_by_key(|request| request.handler);
    done
}

fn ids(messages: &[Message]) -> Vec<Vec<&str>> {
    messages.iter().map(|message| message.iter().map(|event| event.id.as_str()).collect()).collect()
}
