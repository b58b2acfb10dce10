//! Turns abstract events into reports as providers send them.

use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::envelope::{notification, sign};
use support::request::{authorization, post};

use super::case::Step;
use super::envelope::message_id;
use super::request::SNS_PATH;

/// The recipient of all of them.
pub(crate) const RECIPIENT: &str = "recipient@example.com";
/// The domain that all of them were sent from.
pub(crate) const SENDER_DOMAIN: &str = "sender.example";
/// The list of contacts that the recipient is on.
pub(crate) const CONTACT_LIST: &str = "contacts";

/// What happened to a message or to a preference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// The address does not work.
    HardBounce {
        /// The server's diagnostic text.
        diagnostic: String,
    },
    /// The mailbox is full.
    SoftBounce,
    /// The recipient reported spam.
    Complaint {
        /// Of which type.
        feedback_type: String,
    },
    /// The message was delivered.
    Delivery,
    /// The recipient unsubscribed.
    Unsubscribe {
        /// The topic; `None`: everything.
        topic: Option<String>,
    },
}

/// A fact about one message, and when it happened.
pub(crate) struct Occurrence {
    /// What happened.
    pub(crate) fact: Fact,
    /// When; `None`: the report has no time.
    pub(crate) at: Option<Timestamp>,
    /// The number of the message.
    pub(crate) serial: u32,
}

impl Fact {
    /// The fact that a step's event names; `None` if no report can express it.
    pub(crate) fn of(step: &Step) -> Option<Self> {
        match step.event.as_deref()? {
            "hard_bounce" | "permanent_bounce" => {
                let diagnostic = step.diagnostic.as_deref().unwrap_or("smtp; 550 5.1.1 user unknown").to_owned();
                Some(Self::HardBounce { diagnostic })
            }
            "soft_bounce" | "transient_bounce" => Some(Self::SoftBounce),
            "complaint" => {
                let feedback_type = step.feedback_type.as_deref().unwrap_or("abuse").to_owned();
                Some(Self::Complaint { feedback_type })
            }
            "delivered" | "delivery" => Some(Self::Delivery),
            "unsubscribe" => Some(Self::Unsubscribe { topic: None }),
            _ => None,
        }
    }
}

impl Occurrence {
    /// The invocation that reports it.
    ///
    /// # Errors
    /// The provider is unknown.
    pub(crate) fn reported_by(&self, provider: &str) -> Result<Value, String> {
        match provider {
            "mailjet" => Ok(post("/webhooks/mailjet", &authorization(), &self.mailjet().to_string())),
            "ses" | "none" => {
                let id = message_id(&format!("policy-{}", self.serial), None);
                let mut envelope = notification(&self.ses().to_string(), &id, Timestamp::now());
                sign(&mut envelope, &AUTHORITY);
                Ok(post(SNS_PATH, &json!({"content-type": "text/plain; charset=UTF-8"}), &envelope.to_string()))
            }
            other => Err(format!("the provider {other} is not understood")),
        }
    }

    /// One event of Mailjet's event API.
    fn mailjet(&self) -> Value {
        let (time, id) = (self.at.map(Timestamp::seconds), self.serial);
        match &self.fact {
            Fact::HardBounce { diagnostic } => json!({
                "event": "bounce", "time": time, "MessageID": id, "email": RECIPIENT, "hard_bounce": true,
                "blocked": false, "error_related_to": "recipient", "error": "user unknown", "comment": diagnostic,
            }),
            Fact::SoftBounce => json!({
                "event": "bounce", "time": time, "MessageID": id, "email": RECIPIENT, "hard_bounce": false,
                "blocked": false, "error_related_to": "mailbox", "error": "quota exceeded", "comment": "",
            }),
            Fact::Complaint { .. } => {
                json!({"event": "spam", "time": time, "MessageID": id, "email": RECIPIENT, "source": "JMRPP"})
            }
            Fact::Delivery => json!({"event": "sent", "time": time, "MessageID": id, "email": RECIPIENT}),
            Fact::Unsubscribe { .. } => json!({"event": "unsub", "time": time, "MessageID": id, "email": RECIPIENT}),
        }
    }

    /// One event of SES event publishing.
    fn ses(&self) -> Value {
        let at = self.at.map(|at| at.to_string());
        let bounce = |bounce_type: &str, sub_type: &str, status: &str, diagnostic: &str| {
            let recipient =
                json!({"emailAddress": RECIPIENT, "action": "failed", "status": status, "diagnosticCode": diagnostic});
            json!({"bounceType": bounce_type, "bounceSubType": sub_type, "bouncedRecipients": [recipient],
                "timestamp": at, "feedbackId": format!("feedback-{}", self.serial)})
        };
        let (name, key, body) = match &self.fact {
            Fact::HardBounce { diagnostic } => {
                ("Bounce", "bounce", bounce("Permanent", "General", "5.1.1", diagnostic))
            }
            Fact::SoftBounce => {
                ("Bounce", "bounce", bounce("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"))
            }
            Fact::Complaint { feedback_type } => {
                let body = json!({"complainedRecipients": [{"emailAddress": RECIPIENT}], "timestamp": at,
                    "complaintFeedbackType": feedback_type, "feedbackId": format!("feedback-{}", self.serial)});
                ("Complaint", "complaint", body)
            }
            Fact::Delivery => ("Delivery", "delivery", json!({"recipients": [RECIPIENT], "timestamp": at})),
            Fact::Unsubscribe { topic } => {
                ("Subscription", "subscription", subscription(topic.as_deref(), at.as_deref()))
            }
        };
        let mail = json!({"timestamp": at, "messageId": format!("message-{}", self.serial), "destination": [RECIPIENT],
            "source": format!("news@{SENDER_DOMAIN}")});
        json!({"eventType": name, "mail": mail, key: body})
    }
}

/// The body of a report that the recipient unsubscribed from a topic, or from the whole list.
fn subscription(topic: Option<&str>, at: Option<&str>) -> Value {
    let preferences = |left: bool| {
        let status = if left { "OptOut" } else { "OptIn" };
        let topics = topic.map(|topic| json!({"topicName": topic, "subscriptionStatus": status}));
        let topics: Vec<_> = topics.into_iter().collect();
        json!({"unsubscribeAll": left && topic.is_none(), "topicSubscriptionStatus": topics})
    };
    json!({"contactList": CONTACT_LIST, "timestamp": at, "source": "UnsubscribeHeader",
        "newTopicPreferences": preferences(true), "oldTopicPreferences": preferences(false)})
}
