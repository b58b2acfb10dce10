//! Facts as reports of each provider.

use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::disorder::facts::{Fact, What};

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
    let (name, key, mut body) = match fact.what {
        What::Hard => bounce(fact, number, ("Permanent", "General"), "5.1.1"),
        What::Block(_) => bounce(fact, number, ("Permanent", "OnAccountSuppressionList"), "5.1.1"),
        What::Soft | What::SoftAndBlock => bounce(fact, number, ("Transient", "MailboxFull"), "4.2.2"),
        What::Complaint => {
            let body = json!({
                "complainedRecipients": [{"emailAddress": fact.address}],
                "complaintFeedbackType": "abuse",
                "feedbackId": format!("feedback-{number}"),
            });
            ("Complaint", "complaint", body)
        }
        What::Unsubscribe | What::Lift => {
            let left = fact.what == What::Unsubscribe;
            let body = json!({
                "contactList": fact.list.unwrap_or("everything"),
                "newTopicPreferences": {"unsubscribeAll": left},
                "oldTopicPreferences": {"unsubscribeAll": !left},
            });
            ("Subscription", "subscription", body)
        }
        What::Delivered => {
            ("Delivery", "delivery", json!({"recipients": recipients(), "smtpResponse": "250 2.0.0 ok"}))
        }
        What::Opened => ("Open", "open", json!({"ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0"})),
        What::UnsubscribeAll(_) => panic!("no provider reports it"),
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
    !fact.untimed && !matches!(fact.what, What::Unsubscribe | What::Lift | What::Opened)
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
    let list = match fact.list {
        None => 0,
        Some("news") => 41,
        Some(_) => 42,
    };
    let (event, more) = match fact.what {
        What::Hard => {
            ("bounce", json!({"hard_bounce": true, "error_related_to": "recipient", "error": "user unknown"}))
        }
        What::Soft => {
            ("bounce", json!({"hard_bounce": false, "error_related_to": "recipient", "error": "quota exceeded"}))
        }
        What::SoftAndBlock => ("bounce", json!({"blocked": true, "hard_bounce": false, "error": "quota exceeded"})),
        What::Block(_) => ("blocked", json!({"error_related_to": "mailjet", "error": "preblocked"})),
        What::Complaint => ("spam", json!({"source": "JMRPP"})),
        What::Unsubscribe => ("unsub", json!({"mj_list_id": list})),
        What::Lift => ("resubscribed", json!({})),
        What::Delivered => ("sent", json!({"smtp_reply": "250 2.0.0 ok"})),
        What::Opened => ("open", json!({"ip": "192.0.2.1", "agent": "Mozilla/5.0"})),
        What::UnsubscribeAll(_) => panic!("no provider reports it"),
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
    let (event, more) = match fact.what {
        What::Hard => ("bounce", json!({"bounceType": "hard_bounce", "reason": "550 5.1.1 no such user"})),
        What::Soft | What::SoftAndBlock => {
            ("bounce", json!({"bounceType": "soft_bounce", "reason": "452 4.2.2 mailbox full"}))
        }
        What::Block(_) => ("dropped", json!({"reason": "the address is in the blacklist"})),
        What::Complaint => ("spamreport", json!({})),
        What::Unsubscribe => ("unsubscribe", json!({"link": "https://sender.example/unsubscribe"})),
        What::Lift => ("returned", json!({})),
        What::Delivered => ("delivered", json!({})),
        What::Opened => ("open", json!({"useragent": "Mozilla/5.0"})),
        What::UnsubscribeAll(_) => panic!("no provider reports it"),
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
