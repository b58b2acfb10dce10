//! Facts as reports of each provider.

use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::disorder::facts::{Fact, FactKind};

/// The two forms in which SES reports a fact.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Event publishing of a configuration set.
    Event,
    /// A notification of the identity.
    Notification,
}

/// What SES publishes; `others` also received the message.
pub fn ses(fact: &Fact, number: usize, others: &[String], form: Form) -> Value {
    let recipients = || [std::slice::from_ref(&fact.address), others].concat();
    let mut mail = json!({
        "messageId": format!("ses-{number}"),
        "source": "news@sender.example",
        "sendingAccountId": "123456789012",
        "destination": recipients(),
    });
    let (name, key, mut body) = match fact.kind {
        FactKind::Hard => bounce(fact, number, ("Permanent", "General"), "5.1.1"),
        FactKind::Block(_) => bounce(fact, number, ("Permanent", "OnAccountSuppressionList"), "5.1.1"),
        FactKind::Soft | FactKind::SoftAndBlock => bounce(fact, number, ("Transient", "MailboxFull"), "4.2.2"),
        FactKind::Complaint => {
            let body = json!({
                "complainedRecipients": [{"emailAddress": fact.address}],
                "complaintFeedbackType": "abuse",
                "feedbackId": format!("feedback-{number}"),
            });
            ("Complaint", "complaint", body)
        }
        FactKind::Unsubscribe | FactKind::Lift => {
            let left = fact.kind == FactKind::Unsubscribe;
            let body = json!({
                "contactList": fact.list.unwrap_or("everything"),
                "newTopicPreferences": {"unsubscribeAll": left},
                "oldTopicPreferences": {"unsubscribeAll": !left},
            });
            ("Subscription", "subscription", body)
        }
        FactKind::Delivered => {
            ("Delivery", "delivery", json!({"recipients": recipients(), "smtpResponse": "250 2.0.0 ok"}))
        }
        FactKind::Opened => ("Open", "open", json!({"ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0"})),
        FactKind::UnsubscribeAll(_) => panic!("no provider reports it"),
    };
    if !fact.untimed {
        mail["timestamp"] = time(fact.at - 60_000).into();
        body["timestamp"] = time(fact.at).into();
    }
    let name_key = if form == Form::Event { "eventType" } else { "notificationType" };
    json!({name_key: name, "mail": mail, key: body})
}

/// Whether SES reports a fact in both forms.
pub const fn has_both_forms(fact: &Fact) -> bool {
    // A report without its own time takes that of its SNS message, so two messages would have two times.
    !fact.untimed && !matches!(fact.kind, FactKind::Unsubscribe | FactKind::Lift | FactKind::Opened)
}

fn bounce(fact: &Fact, number: usize, (kind, sub): (&str, &str), status: &str) -> (&'static str, &'static str, Value) {
    let body = json!({
        "bounceType": kind,
        "bounceSubType": sub,
        "bouncedRecipients": [{
            "emailAddress": fact.address,
            "action": "failed",
            "status": status,
            "diagnosticCode": format!("smtp; {status} no"),
        }],
        "feedbackId": format!("feedback-{number}"),
    });
    ("Bounce", "bounce", body)
}

/// An element of a Mailjet request; Mailjet has no lifts.
pub fn mailjet(fact: &Fact, number: usize) -> Value {
    let list: u32 = fact.list.map_or(0, |list| list.parse().unwrap_or(42));
    let (event, more) = match fact.kind {
        FactKind::Hard => {
            ("bounce", json!({"hard_bounce": true, "error_related_to": "recipient", "error": "user unknown"}))
        }
        FactKind::Soft => {
            ("bounce", json!({"hard_bounce": false, "error_related_to": "recipient", "error": "quota exceeded"}))
        }
        FactKind::SoftAndBlock => ("bounce", json!({"blocked": true, "hard_bounce": false, "error": "quota exceeded"})),
        FactKind::Block(_) => ("blocked", json!({"error_related_to": "mailjet", "error": "preblocked"})),
        FactKind::Complaint => ("spam", json!({"source": "JMRPP"})),
        FactKind::Unsubscribe => ("unsub", json!({"mj_list_id": list})),
        FactKind::Lift => ("resubscribed", json!({})),
        FactKind::Delivered => ("sent", json!({"smtp_reply": "250 2.0.0 ok"})),
        FactKind::Opened => ("open", json!({"ip": "192.0.2.1", "agent": "Mozilla/5.0"})),
        FactKind::UnsubscribeAll(_) => panic!("no provider reports it"),
    };
    let mut element = json!({
        "event": event,
        "time": fact.at / 1_000,
        "MessageID": 70_650_219_325_000_000 + number,
        "email": fact.address,
    });
    element.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    element
}

/// A Tencent callback; Tencent has no lifts either.
pub fn tencent(fact: &Fact, number: usize) -> Value {
    let (event, more) = match fact.kind {
        FactKind::Hard => ("bounce", json!({"bounceType": "hard_bounce", "reason": "550 5.1.1 no such user"})),
        FactKind::Soft | FactKind::SoftAndBlock => {
            ("bounce", json!({"bounceType": "soft_bounce", "reason": "452 4.2.2 mailbox full"}))
        }
        FactKind::Block(_) => ("dropped", json!({"reason": "the address is in the blacklist"})),
        FactKind::Complaint => ("spamreport", json!({})),
        FactKind::Unsubscribe => ("unsubscribe", json!({"link": "https://sender.example/unsubscribe"})),
        FactKind::Lift => ("returned", json!({})),
        FactKind::Delivered => ("delivered", json!({})),
        FactKind::Opened => ("open", json!({"useragent": "Mozilla/5.0"})),
        FactKind::UnsubscribeAll(_) => panic!("no provider reports it"),
    };
    let mut callback = json!({
        "event": event,
        "email": fact.address,
        "bulkId": format!("bulk-{number}"),
        "timestamp": fact.at / 1_000,
        "from": "news@sender.example",
        "fromDomain": "sender.example",
    });
    callback.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    callback
}

fn time(millis: i64) -> String {
    Timestamp::from_millis(millis).unwrap().to_string()
}
