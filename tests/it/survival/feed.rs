//! Random facts of all providers, packed as each of them sends reports.

use mail_feedback::event::Provider;
use mail_feedback::suppression::SoftBounceRules;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::door::{Door, QUEUE, failure_record, queue_event};
use support::envelope::{lambda_event, notification, sign};
use support::request::{authorization, post};
use support::seeded::Seeded;

use super::report::{self, Form};
use crate::disorder::facts::{self, Fact, FactKind};

/// The soft-bounce rules of the function, which need only a few bounces.
pub const RULES: SoftBounceRules = SoftBounceRules { threshold: 3, window_days: 5, min_days: 2, cooldown_days: 4 };

/// What a sender sends at once.
#[derive(Clone)]
pub enum Submission {
    /// An SNS message to Lambda.
    Lambda(Value),
    /// An SNS message to the webhook.
    Https(Value),
    /// An EventBridge event to Lambda.
    Bridged(Value),
    /// A queued message.
    Queue(String),
    /// A queued message that fails every time.
    Poison(String),
    /// A Mailjet request.
    Mailjet(String),
    /// A Tencent request.
    Tencent(String),
}

impl Submission {
    /// The invocation that it becomes; a queued message is alone in its batch.
    pub fn payload(&self) -> Value {
        match self {
            Self::Lambda(envelope) => lambda_event(envelope),
            Self::Bridged(event) => event.clone(),
            Self::Https(envelope) => {
                let headers = json!({"content-type": "text/plain; charset=UTF-8"});
                post("/webhooks/sns", &headers, &envelope.to_string())
            }
            Self::Queue(body) | Self::Poison(body) => queue_event(QUEUE, std::slice::from_ref(body)),
            Self::Mailjet(body) => post("/webhooks/mailjet/sender.example", &authorization(), body),
            Self::Tencent(body) => post("/webhooks/tencent", &authorization(), body),
        }
    }

    /// Whether it is a message of the queue.
    pub const fn is_queued(&self) -> bool {
        matches!(self, Self::Queue(_) | Self::Poison(_))
    }

    /// The number of its door.
    pub const fn door(&self) -> usize {
        match self {
            Self::Lambda(_) => 0,
            Self::Https(_) => 1,
            Self::Queue(_) => 2,
            Self::Mailjet(_) => 3,
            Self::Tencent(_) => 4,
            Self::Bridged(_) => 5,
            Self::Poison(_) => 6,
        }
    }

    /// The message in the queue after Lambda or SNS has given up; webhook requests have none.
    pub fn given_up(&self) -> Option<Self> {
        match self {
            Self::Lambda(envelope) => Some(Self::Queue(failure_record(&lambda_event(envelope)))),
            Self::Bridged(event) => Some(Self::Queue(failure_record(event))),
            Self::Https(envelope) => Some(Self::Queue(envelope.to_string())),
            Self::Queue(_) | Self::Poison(_) | Self::Mailjet(_) | Self::Tencent(_) => None,
        }
    }
}

/// Everything that is sent, in order.
pub struct Feed {
    /// The submissions.
    pub submissions: Vec<Submission>,
    /// How many different facts are reported, which is also the number of event records.
    pub facts: usize,
    /// How many messages fail every time.
    pub poison: usize,
    random: Seeded,
    /// The events for Mailjet's next request, and how many it will have.
    gathered: Vec<Value>,
    wanted: usize,
}

impl Feed {
    /// A feed with at least this many facts. Those about a few addresses come together, so that instances conflict on
    /// them.
    pub fn new(seed: u64, least: usize) -> Self {
        let mut feed = Self::empty(seed);
        while feed.facts < least {
            let set = facts::set_under(RULES, &mut feed.random, &format!("s{seed}-{}", feed.facts));
            let addresses: Vec<String> = set.facts.iter().map(|fact| fact.address.clone()).collect();
            for mut fact in set.facts {
                fact.provider = feed.random.pick(&[Provider::Ses, Provider::Ses, Provider::Mailjet, Provider::Tencent]);
                fact.untimed &= fact.provider == Provider::Ses;
                feed.add(&fact, &addresses);
            }
            feed.poison();
        }
        feed.send_gathered();
        feed
    }

    /// A feed with these facts.
    pub fn of(facts: &[Fact]) -> Self {
        let mut feed = Self::empty(0);
        for fact in facts {
            feed.add(fact, &[]);
        }
        feed.send_gathered();
        feed
    }

    fn empty(seed: u64) -> Self {
        let random = Seeded::new(seed);
        Self { submissions: Vec::new(), facts: 0, poison: 0, random, gathered: Vec::new(), wanted: 1 }
    }

    /// `addresses` are the other possible recipients of the same message.
    fn add(&mut self, fact: &Fact, addresses: &[String]) {
        self.facts += 1;
        let number = self.facts;
        match fact.provider {
            Provider::Tencent => self.submissions.push(Submission::Tencent(report::tencent(fact, number).to_string())),
            Provider::Mailjet => {
                let element = report::mailjet(fact, number);
                self.gathered.push(element.clone());
                if self.gathered.len() >= self.wanted {
                    self.send_gathered();
                    // A fact may be in two requests.
                    self.gathered.extend(self.random.percent(20).then_some(element));
                }
            }
            Provider::Ses => {
                let mut others = Vec::new();
                if fact.kind == FactKind::Delivered && self.random.percent(20) {
                    others.extend(addresses.iter().filter(|address| **address != fact.address).cloned());
                    others.sort();
                    others.dedup();
                }
                self.facts += others.len();
                let message = report::ses(fact, number, &others, Form::Event);
                if !report::has_both_forms(fact) && self.random.percent(25) {
                    self.put(&message, number);
                    return;
                }
                self.publish(&message, number, 'a');
                if report::has_both_forms(fact) && self.random.percent(10) {
                    let message = report::ses(fact, number, &others, Form::Notification);
                    self.publish(&message, number, 'b');
                }
            }
            Provider::Own => unreachable!("it sends no reports"),
        }
    }

    fn send_gathered(&mut self) {
        let elements = std::mem::take(&mut self.gathered);
        self.wanted = self.random.pick(&[1, 2, 3, 5, 8, 40]);
        match elements.as_slice() {
            [] => {}
            [only] if self.random.percent(50) => self.submissions.push(Submission::Mailjet(only.to_string())),
            _ => self.submissions.push(Submission::Mailjet(Value::Array(elements).to_string())),
        }
    }

    /// Adds a message that cannot be read, is forged, or is half forged: none of it may be recorded.
    fn poison(&mut self) {
        self.poison += 1;
        let message = json!({"eventType": "Open", "open": {}, "mail": {"messageId": format!("poison-{}", self.poison),
            "destination": ["poison@example.com"]}});
        let id = format!("265545c9-2a5c-472c-8df2-{:012x}", self.poison);
        let mut genuine = notification(&message.to_string(), &id, Timestamp::now());
        sign(&mut genuine, &AUTHORITY);
        let mut forged = genuine.clone();
        forged["Message"] = message.to_string().replace("poison@", "forged@").into();
        let records: Vec<Value> = [&genuine, &forged].map(|one| lambda_event(one)["Records"][0].clone()).into();
        let body = match self.poison % 3 {
            0 => "no JSON".to_owned(),
            1 => forged.to_string(),
            _ => failure_record(&json!({"Records": records})),
        };
        self.submissions.push(Submission::Poison(body));
    }

    /// Adds an EventBridge event, once or twice, to the function or to the queue. It names no SNS message, so the same fact is not sent by SNS here.
    fn put(&mut self, message: &Value, number: usize) {
        let id = format!("165545c9-2a5c-472c-8df2-{number:012x}");
        let envelope = notification(&message.to_string(), &id, Timestamp::now());
        let event = Door::EventBridge.invocation(&envelope).expect("SES names it");
        let event: Value = serde_json::from_str(&event).expect("JSON");
        for _ in 0..self.random.pick(&[1, 1, 1, 1, 2]) {
            let is_queued = self.random.percent(40);
            self.submissions.push(if is_queued {
                Submission::Queue(event.to_string())
            } else {
                Submission::Bridged(event.clone())
            });
        }
    }

    /// Adds an SNS message, to one of three doors or to two of them.
    fn publish(&mut self, message: &Value, number: usize, last: char) {
        let id = format!("165545c9-2a5c-472c-8df2-{number:011x}{last}");
        let mut envelope = notification(&message.to_string(), &id, Timestamp::now());
        sign(&mut envelope, &AUTHORITY);
        for _ in 0..self.random.pick(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 2]) {
            let submission = match self.random.below(10) {
                0..=4 => Submission::Lambda(envelope.clone()),
                5 | 6 => Submission::Https(envelope.clone()),
                _ => Submission::Queue(envelope.to_string()),
            };
            self.submissions.push(submission);
        }
    }
}
