//! A simulated account with one stack: queues, mappings that switch slowly, and a function that reads the queues.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use clap::Parser;
use mail_feedback::timestamp::Timestamp;
use support::authority::FOLDER;
use support::envelope::TOPIC;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::Instant;

use super::super::CommandResult;
use super::wire::{QUEUES, queue_arn};
use mail_feedback::operator::cli::{Cli, Command};
use mail_feedback::operator::redrive::queue::Kind;
use mail_feedback::operator::redrive::{self, Interrupt};
use mail_feedback::operator::{Console, Outcome};

/// How long a received message is hidden, as the template says.
const HIDDEN: Duration = Duration::from_mins(3);
/// The number of receives after which a message is parked.
pub const LIMIT: u32 = 10;
/// The place of `IntakeQueue` among the queues.
pub const INTAKE: usize = 3;

/// The account; clones share it.
#[derive(Clone, Debug)]
pub struct Account(Arc<Mutex<State>>);

/// The state of the account.
#[derive(Debug)]
pub struct State {
    /// What `CloudFormation` is doing.
    pub status: &'static str,
    /// The parameter `RedriveEnabled`.
    pub always_on: bool,
    /// The mappings of the two queues.
    pub mappings: [Mapping; 2],
    /// The messages in the three queues, and in `IntakeQueue`, if the stack has it.
    pub queues: [Vec<QueuedMessage>; 4],
    /// The state of the mapping of `IntakeQueue`.
    pub intake_mapping: &'static str,
    /// Actions that are refused: the remaining number of refusals, and the error code.
    pub refusals: BTreeMap<&'static str, (u32, &'static str)>,
    /// A queue whose attributes may not be read.
    pub denied_queue: Option<usize>,
    /// The variables of the function.
    pub variables: BTreeMap<String, String>,
    /// Further outputs of the stack.
    pub outputs: BTreeMap<&'static str, String>,
    /// The requested changes.
    pub changes: Vec<String>,
    /// The move tasks of the parked queue, oldest first.
    pub tasks: Vec<Task>,
    /// What listings will say about the next started task, as [`Task::then`].
    pub own_states: VecDeque<&'static str>,
    /// How many listings still lack the next started task.
    pub unlisted: usize,
    /// Interrupts the program when the function has been on for the first time.
    pub interrupt_when_on: Option<Sender<()>>,
}

/// A mapping: its state, and the states of later readings.
#[derive(Debug)]
pub struct Mapping {
    /// The current state.
    pub state: &'static str,
    /// One per reading.
    pub then: VecDeque<&'static str>,
}

/// A move task of SQS.
#[derive(Clone, Debug)]
pub struct Task {
    /// By the SQS clock, in milliseconds.
    pub started: i64,
    /// What the listings say about it, in order; the last one stays.
    pub then: VecDeque<&'static str>,
    /// How many messages it has moved.
    pub moved: usize,
}

/// A message.
#[derive(Clone, Debug, Default)]
pub struct QueuedMessage {
    /// Its id.
    pub id: String,
    /// Its text.
    pub body: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// How often it was received.
    pub received: u32,
    /// How often the function fails on it before it records it.
    pub failures: u32,
    /// Until when it is hidden.
    pub hidden_until: Option<Instant>,
    /// How often the function received it.
    pub attempts: u32,
    /// The queue it was parked from.
    pub origin: Option<usize>,
}

impl QueuedMessage {
    /// A message on which the function fails this often.
    pub fn failing(id: &str, failures: u32, body: &str) -> Self {
        Self { id: id.to_owned(), body: body.to_owned(), failures, ..Self::default() }
    }

    fn is_hidden(&self) -> bool {
        self.hidden_until.is_some_and(|until| Instant::now() < until)
    }
}

impl Account {
    /// An account whose redrive is off, with these messages in `UndeliveredQueue` and `FailedQueue`.
    pub fn new(undelivered: Vec<QueuedMessage>, failed: Vec<QueuedMessage>) -> Self {
        let off = || Mapping { state: "Disabled", then: VecDeque::new() };
        let folder = FOLDER.to_string_lossy();
        let variables = [
            ("EVENT_TABLE", "events".to_owned()),
            ("SUPPRESSION_TABLE", "suppressions".to_owned()),
            ("SNS_TOPIC_ARNS", TOPIC.to_owned()),
            ("SNS_TRUST_ANCHORS", format!("{folder}/root.pem")),
            ("SNS_CERTIFICATES", folder.into_owned()),
            ("SSL_CERT_FILE", "/not/here".to_owned()),
        ];
        Self(Arc::new(Mutex::new(State {
            status: "UPDATE_COMPLETE",
            always_on: false,
            mappings: [off(), off()],
            queues: [undelivered, failed, Vec::new(), Vec::new()],
            intake_mapping: "Enabled",
            refusals: BTreeMap::new(),
            denied_queue: None,
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
            outputs: [("Version", env!("CARGO_PKG_VERSION").to_owned())].into(),
            changes: Vec::new(),
            tasks: Vec::new(),
            own_states: ["COMPLETED"].into(),
            unlisted: 0,
            interrupt_when_on: None,
        })))
    }

    /// The same account with these messages in `IntakeQueue`.
    pub fn with_intake(self, waiting: Vec<QueuedMessage>) -> Self {
        let outputs = [("IntakeQueueUrl", format!("{QUEUES}mf-intake")), ("IntakeQueueArn", queue_arn(INTAKE))];
        self.state().outputs.extend(outputs);
        self.state().queues[INTAKE] = waiting;
        self
    }

    /// The state of the account.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Runs `mail-feedbackctl redrive --stack mf` with more arguments.
    pub async fn run(&self, args: &[&str]) -> CommandResult {
        let (sender, wishes) = channel(8);
        if let Some(wanted) = self.state().interrupt_when_on.as_mut() {
            *wanted = sender.clone();
        }
        let cli =
            Cli::try_parse_from([&["mail-feedbackctl", "redrive", "--stack", "mf"], args].concat()).expect("right");
        let Command::Redrive(given) = &cli.command else { panic!("a redrive") };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let now = Timestamp::now();
        let mut console = Console { out: &mut out, err: &mut err, json: cli.json, progress: false, now };
        let (cloud, mut interrupt) = (self.cloud(), Interrupt(wishes));
        let outcome = Box::pin(redrive::run(given, &cloud, &mut interrupt, &mut console)).await;
        drop(sender);
        CommandResult {
            outcome: outcome.map_err(|failure| failure.to_string()),
            out: String::from_utf8(out).unwrap(),
            err: String::from_utf8(err).unwrap(),
        }
    }

    /// Runs it, and requires this outcome.
    pub async fn expect_outcome(&self, args: &[&str], outcome: Outcome) -> String {
        let ran = self.run(args).await;
        assert_eq!(ran.outcome, Ok(outcome), "{args:?}: {}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs it, and requires a failure whose message contains `words`.
    pub async fn expect_failure(&self, args: &[&str], words: &str) {
        let ran = self.run(args).await;
        let failure = ran.outcome.expect_err("a failure");
        assert!(failure.contains(words), "{failure}");
    }
}

impl State {
    /// Reads the state of a mapping, which changes with the next reading.
    pub fn read_mapping(&mut self, number: usize) -> &'static str {
        let mapping = &mut self.mappings[number];
        mapping.state = mapping.then.pop_front().unwrap_or(mapping.state);
        mapping.state
    }

    /// Switches a mapping, for which Lambda takes time.
    pub fn switch(&mut self, number: usize, on: bool) {
        self.changes.push(format!("{} {}", Kind::OPEN[number].as_str(), if on { "on" } else { "off" }));
        self.mappings[number].then =
            if on { ["Enabling", "Enabling", "Enabled"] } else { ["Disabling", "Disabling", "Disabled"] }.into();
    }

    /// The function processes the visible messages in the queues whose mappings are on; SQS parks what was received too
    /// often.
    pub fn work(&mut self) {
        for number in [0, 1, INTAKE] {
            let mapping = self.mappings.get(number).map_or(self.intake_mapping, |mapping| mapping.state);
            if mapping != "Enabled" {
                continue;
            }
            if number != INTAKE
                && let Some(sender) = self.interrupt_when_on.take()
            {
                sender.try_send(()).expect("somebody listens");
            }
            for message in std::mem::take(&mut self.queues[number]) {
                if message.is_hidden() {
                    self.queues[number].push(message);
                } else if let Some(mut message) = self.received(number, message) {
                    message.attempts += 1;
                    if message.failures > 0 {
                        message.failures -= 1;
                        message.hidden_until = Some(Instant::now() + HIDDEN);
                        self.queues[number].push(message);
                    }
                }
            }
        }
    }

    /// The answer of `ReceiveMessage`.
    pub fn receive(&mut self, number: usize, most: usize, hidden: Duration) -> Vec<QueuedMessage> {
        let mut found = Vec::new();
        for message in std::mem::take(&mut self.queues[number]) {
            if message.is_hidden() || found.len() == most {
                self.queues[number].push(message);
            } else if let Some(mut message) = self.received(number, message) {
                message.hidden_until = Some(Instant::now() + hidden);
                found.push(message.clone());
                self.queues[number].push(message);
            }
        }
        found
    }

    /// Counts a receive, or parks the message.
    fn received(&mut self, number: usize, mut message: QueuedMessage) -> Option<QueuedMessage> {
        if number < 2 && message.received >= LIMIT {
            message.origin = Some(number);
            message.hidden_until = None;
            self.queues[2].push(message);
            return None;
        }
        message.received += 1;
        Some(message)
    }

    /// The numbers of visible and hidden messages of a queue.
    pub fn depth(&self, number: usize) -> (usize, usize) {
        let hidden = self.queues[number].iter().filter(|message| message.is_hidden()).count();
        (self.queues[number].len() - hidden, hidden)
    }
}
