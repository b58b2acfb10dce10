//! The posts over plain HTTP: those that this program makes, and those that it prints for people to paste.

use support::samples::{Effect, EventRow, SuppressionRow};

/// One webhook, and an event for it.
pub(super) struct Webhook {
    /// The route; Mailjet's names the sender's domain.
    pub(super) path: &'static str,
    /// The credential, for a provider that sends no user and password.
    pub(super) query: &'static str,
    /// The domain of the recipient.
    domain: &'static str,
    /// The event without its recipient.
    event: &'static str,
    /// What is written: kind, permanence, cause; scope, reason.
    written: [&'static str; 5],
}

/// The webhooks of both providers that post on their own.
pub(super) const WEBHOOKS: [Webhook; 2] = [
    Webhook {
        path: "/webhooks/mailjet/example.com",
        query: "",
        domain: "example.org",
        event: r#""event": "unsub", "time": 1795176791, "MessageID": 57221487368978984, "mj_list_id": 0"#,
        written: ["unsubscribed", "", "", "domain:example.com", "unsubscribe"],
    },
    Webhook {
        path: "/webhooks/tencent",
        query: "?token=local-only-password",
        domain: "example.net",
        event: r#""event": "bounce", "timestamp": 1795161782, "bulkId": "qcloud-ses-1", "bounceType": "hard", "reason": "550 No such user here""#,
        written: ["bounced", "permanent", "unknown_mailbox", "*", "hard_bounce"],
    },
];

impl Webhook {
    /// The body of a post about a recipient.
    pub(super) fn body(&self, person: &str) -> String {
        format!(r#"{{{}, "email": "{person}@{}"}}"#, self.event, self.domain)
    }

    /// The expected effect of a post about a recipient.
    pub(super) fn effect(&self, person: &str) -> Effect {
        let address = format!("{person}@{}", self.domain);
        let [kind, permanence, cause, scope, reason] = self.written.map(str::to_owned);
        Effect {
            events: vec![EventRow { address: address.clone(), kind, permanence, cause, ..EventRow::default() }],
            suppressions: vec![SuppressionRow { address, scope, reason, state: "suppressed".to_owned() }],
            soft_bounces: Vec::new(),
        }
    }
}
