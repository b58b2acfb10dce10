//! Rows and rules of the decision table that no sample in `events/` shows.

use harness::function::handler;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::database::Database;
use support::envelope::{lambda_event, notification, sign};
use support::environment::trusting_environment;
use support::request::{authorization, post};
use support::samples::{Effect, Snapshot, observe};

use crate::real_binary::invoke_both;

/// What an SES message writes to empty tables, or the label of its refusal.
async fn ses_with(message: &Value, settings: &[(&str, &str)]) -> Result<Effect, &'static str> {
    let database = Database::start().await;
    let mut all = trusting_environment(&database);
    all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let mut envelope = notification(&message.to_string(), "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", Timestamp::now());
    sign(&mut envelope, &AUTHORITY);
    let outcome = invoke_both(&handler(&database, &all), &lambda_event(&envelope).to_string()).await;
    let (effect, _) = observe(&database, &Snapshot::default()).await;
    match outcome {
        Ok(_) => Ok(effect),
        Err(error) => {
            assert_eq!(effect, Effect::default(), "a refusal has no effect");
            Err(error.label())
        }
    }
}

async fn ses(message: &Value) -> Effect {
    ses_with(message, &[]).await.unwrap()
}

async fn tencent(element: &Value) -> Effect {
    let database = Database::start().await;
    let request = post("/webhooks/tencent", &authorization(), &element.to_string());
    let answer =
        invoke_both(&handler(&database, &trusting_environment(&database)), &request.to_string()).await.unwrap();
    assert_eq!(answer["statusCode"], 200);
    observe(&database, &Snapshot::default()).await.0
}

/// `kind cause` per event.
fn events(effect: &Effect) -> Vec<String> {
    effect.events.iter().map(|event| format!("{} {}", event.kind, event.cause).trim_end().to_owned()).collect()
}

/// `scope reason state` per entry.
fn entries(effect: &Effect) -> Vec<String> {
    effect.suppressions.iter().map(|entry| format!("{} {} {}", entry.scope, entry.reason, entry.state)).collect()
}

fn mail(destination: &[&str]) -> Value {
    json!({"timestamp": "2026-11-20T09:00:00.000Z", "messageId": "m", "sendingAccountId": "123456789012",
        "source": "news@example.com", "destination": destination})
}

fn bounce(kind: &str, destination: &[&str], recipients: &Value) -> Value {
    json!({"eventType": "Bounce", "mail": mail(destination), "bounce": {"bounceType": kind, "bounceSubType": "General",
        "bouncedRecipients": recipients, "timestamp": "2026-11-20T09:00:05.000Z", "feedbackId": "f"}})
}

#[tokio::test]
async fn a_report_without_its_body_suppresses_nobody() {
    for name in ["Complaint", "Bounce"] {
        for body in [Value::Null, json!("x"), json!([])] {
            let mut message = json!({"eventType": name, "mail": mail(&["a@example.com", "b@example.com"])});
            message[name.to_lowercase()] = body;
            let effect = ses(&message).await;
            assert_eq!((events(&effect), entries(&effect)), (vec!["unknown".to_owned()], vec![]));
        }
    }
}

#[tokio::test]
async fn with_accepted_accounts_a_report_must_name_one() {
    let accounts = |ids| [("SES_ACCOUNT_IDS", ids)];
    let complaint =
        json!({"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": "a@example.com"}]}});
    assert_eq!(ses_with(&complaint, &accounts("123456789012")).await, Err("account"));
    let message = bounce("Permanent", &["a@example.com"], &json!([{"emailAddress": "a@example.com"}]));
    assert_eq!(ses_with(&message, &accounts("999999999999")).await, Err("account"));
    assert!(ses_with(&message, &accounts("123456789012")).await.is_ok());
    let inbound = json!({"notificationType": "Received", "mail": {"destination": ["a@example.com"]}});
    assert!(ses_with(&inbound, &accounts("123456789012")).await.is_ok(), "inbound mail names no account");
}

#[tokio::test]
async fn an_unknown_object_next_to_a_bounce_is_skipped() {
    let mut message =
        bounce("Permanent", &["a@example.com"], &json!([{"emailAddress": "a@example.com", "status": "5.1.1"}]));
    message["detail"] = json!({"x": 1});
    message["detail-type"] = "x".into();
    assert_eq!(entries(&ses(&message).await), ["* hard_bounce suppressed"]);
}

#[tokio::test]
async fn an_event_bridge_event_within_sns_is_read() {
    let mut detail =
        bounce("Permanent", &["a@example.com"], &json!([{"emailAddress": "a@example.com", "status": "5.1.1"}]));
    detail.as_object_mut().unwrap().remove("eventType");
    let message = json!({"version": "0", "source": "aws.ses", "detail-type": "Email Bounced", "detail": detail});
    assert_eq!(entries(&ses(&message).await), ["* hard_bounce suppressed"]);
}

#[tokio::test]
async fn a_status_with_a_comment_is_still_a_status() {
    for (status, expected) in [
        ("5.2.2 (mailbox full)", "bounced mailbox_full"),
        ("4.2.2 (over quota)", "deferred mailbox_full"),
        ("5.7.1 (policy)", "bounced sender_blocked"),
        ("5.1.1 (unknown)", "bounced unknown_mailbox"),
    ] {
        let recipients = json!([{"emailAddress": "a@example.com", "action": "failed", "status": status}]);
        assert_eq!(events(&ses(&bounce("Permanent", &["a@example.com"], &recipients)).await), [expected], "{status}");
    }
}

#[tokio::test]
async fn of_several_reports_about_one_recipient_the_strongest_counts() {
    let delayed = json!({"emailAddress": "A@example.com", "action": "delayed", "status": "4.0.0"});
    let failed = json!({"emailAddress": "a@Example.com", "action": "failed", "status": "5.1.1"});
    for recipients in [json!([delayed, failed]), json!([failed, delayed])] {
        let effect = ses(&bounce("Permanent", &["a@example.com"], &recipients)).await;
        assert_eq!(entries(&effect), ["* hard_bounce suppressed"]);
        assert_eq!(effect.suppressions[0].address, "a@example.com");
    }
}

/// Anybody can send what looks like a delivery status notification about any address.
#[tokio::test]
async fn a_bounce_that_names_another_counts_as_a_soft_one_against_the_only_destination() {
    let of = |status: &str| json!({"emailAddress": "other@example.net", "action": "failed", "status": status});
    for (kind, sub_type, recipients) in [
        ("Permanent", "General", json!([of("5.1.1")])),
        ("Permanent", "NoEmail", json!([of("5.1.1"), of("5.1.2")])),
        ("Permanent", "Fancy", json!([of("5.2.1")])),
        ("Transient", "General", json!([of("5.1.2")])),
        ("Permanent", "General", json!([{"emailAddress": "other@example.net"}, {"status": "5.1.1"}])),
    ] {
        let mut message = bounce(kind, &["a@example.com"], &recipients);
        message["bounce"]["bounceSubType"] = sub_type.into();
        let effect = ses(&message).await;
        let event = effect.events.iter().find(|event| event.address == "a@example.com").unwrap();
        assert_eq!((event.permanence.as_str(), event.cause.as_str()), ("undetermined", "recipient_mismatch"));
        assert_eq!((entries(&effect), effect.soft_bounces), (vec![], vec!["a@example.com".to_owned()]), "{recipients}");
    }
    // In any spelling, and together with others, it is the destination itself.
    for name in ["A@EXAMPLE.com", "Jane <a@example.com>", "a@example.com."] {
        let recipients = json!([of("5.1.1"), {"emailAddress": name, "status": "5.1.1"}]);
        let effect = ses(&bounce("Permanent", &["a@example.com"], &recipients)).await;
        assert_eq!(entries(&effect), ["* hard_bounce suppressed"], "{name}");
    }
}

/// Such a report comes from SES itself, and complainants are often rewritten.
#[tokio::test]
async fn other_bounces_are_unchanged_when_they_name_another() {
    let other = json!([{"emailAddress": "other@example.net"}]);
    for (sub_type, expected) in [
        ("Suppressed", "provider:ses provider_block suppressed"),
        ("OnAccountSuppressionList", "provider:ses provider_block suppressed"),
    ] {
        let mut message = bounce("Permanent", &["a@example.com"], &other);
        message["bounce"]["bounceSubType"] = sub_type.into();
        assert_eq!(entries(&ses(&message).await), [expected]);
    }
    let message = json!({"eventType": "Complaint", "mail": mail(&["a@example.com"]),
        "complaint": {"complainedRecipients": other, "feedbackId": "f"}});
    assert_eq!(entries(&ses(&message).await), ["* complaint suppressed"]);
}

#[tokio::test]
async fn a_report_without_recipients_is_about_the_only_destination() {
    let complaint =
        |body: &Value| json!({"eventType": "Complaint", "mail": mail(&["a@example.com"]), "complaint": body});
    let bounce = |body: &Value| json!({"eventType": "Bounce", "mail": mail(&["a@example.com"]), "bounce": body});
    for list in [Value::Null, json!([]), json!("x"), json!([null]), json!([{}])] {
        let effect = ses(&complaint(&json!({"complainedRecipients": list}))).await;
        assert_eq!(
            (entries(&effect), &*effect.events[0].address),
            (vec!["* complaint suppressed".to_owned()], "a@example.com")
        );
        let effect = ses(&bounce(&json!({"bounceType": "Permanent", "bouncedRecipients": list}))).await;
        assert_eq!(entries(&effect), ["* hard_bounce suppressed"], "{list}");
    }
    for body in [Value::Null, json!({}), json!("x"), json!([])] {
        assert_eq!(entries(&ses(&complaint(&body)).await), ["* complaint suppressed"], "{body}");
        // An unknown type: recorded, and nothing more.
        let effect = ses(&bounce(&body)).await;
        assert_eq!((events(&effect), &*effect.events[0].address), (vec!["unknown".to_owned()], "a@example.com"));
        assert_eq!((entries(&effect), effect.soft_bounces), (vec![], vec![]));
    }
}

#[tokio::test]
async fn incoming_mail_leaves_nothing_of_its_headers_and_its_text() {
    let database = Database::start().await;
    let handler = handler(&database, &trusting_environment(&database));
    for destination in [json!(["a@example.com"]), json!(vec!["a@example.com"; 1_001])] {
        let message = json!({"notificationType": "Received", "content": "Subject: secret\r\n\r\nsecret",
            "mail": {"timestamp": "2026-11-20T09:00:00.000Z", "messageId": "m", "source": "x@secret.example",
            "destination": destination, "headers": [{"name": "Subject", "value": "secret"}],
            "commonHeaders": {"from": ["secret <x@secret.example>"], "subject": "secret"}, "broken": "?"},
            "receipt": {"recipients": ["a@example.com"], "action": {"type": "SNS"}}});
        // Also if only a part of it can be read.
        let text = message.to_string().replace("\"?\"", "1e999");
        let mut envelope = notification(&text, "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", Timestamp::now());
        sign(&mut envelope, &AUTHORITY);
        invoke_both(&handler, &lambda_event(&envelope).to_string()).await.unwrap();
    }
    let (effect, tables) = observe(&database, &Snapshot::default()).await;
    assert_eq!(events(&effect), ["unknown misrouted", "unknown misrouted"]);
    assert!(!format!("{tables:?}").contains("secret"), "{tables:?}");
}

#[tokio::test]
async fn the_number_of_an_event_stands_for_a_name_that_is_absent_or_unknown() {
    for (number, kind) in [
        (1, "delivered"),
        (2, "rejected undetermined"),
        (3, "bounced undetermined"),
        (4, "opened"),
        (5, "clicked"),
        (6, "complained"),
        (7, "unsubscribed"),
        (8, "deferred"),
    ] {
        for name in [Value::Null, json!(""), json!("mail_event"), json!({})] {
            for number in [json!(number), json!(number.to_string())] {
                let element = json!({"event": name, "eventid": number, "email": "a@example.com", "bulkId": "b",
                    "timestamp": 1_763_600_000});
                assert_eq!(events(&tencent(&element).await), [kind], "{element}");
            }
        }
    }
    let of =
        |name: &str, number: i64| json!({"event": name, "eventid": number, "email": "a@example.com", "bulkId": "b"});
    assert_eq!(events(&tencent(&of("open", 6)).await), ["opened"], "the name goes first");
    assert_eq!(events(&tencent(&of("mail_event", 9)).await), ["unknown"]);
    assert_eq!(events(&tencent(&json!({"eventid": 9})).await), ["unknown"]);
}

#[tokio::test]
async fn an_unknown_bounce_type_is_one_record() {
    let recipients = json!([{"emailAddress": "a@example.com"}, {"emailAddress": "b@example.com"}]);
    let effect = ses(&bounce("Wobbly", &["a@example.com", "b@example.com"], &recipients)).await;
    assert_eq!((events(&effect), effect.events[0].address.as_str()), (vec!["unknown".to_owned()], "unattributed"));
}

/// A change of preferences, with new and old ones.
fn subscription(new: &Value, old: &Value, list: Option<&str>) -> Value {
    json!({"eventType": "Subscription", "mail": mail(&["a@example.com"]), "subscription": {"contactList": list,
        "timestamp": "2026-11-20T09:00:05.000Z", "newTopicPreferences": new, "oldTopicPreferences": old}})
}

#[tokio::test]
async fn a_missing_status_does_not_resubscribe() {
    let left = json!({"unsubscribeAll": true});
    for new in [Value::Null, json!("x"), json!({}), json!({"unsubscribeAll": null})] {
        assert_eq!(entries(&ses(&subscription(&new, &left, Some("News"))).await), Vec::<String>::new(), "{new}");
    }
    let back = subscription(&json!({"unsubscribeAll": false}), &left, Some("News"));
    assert_eq!(entries(&ses(&back).await), ["list:ses:News unsubscribe lifted"]);
}

#[tokio::test]
async fn a_lift_without_its_list_lifts_nothing() {
    let topic =
        |status: &str| json!({"topicSubscriptionStatus": [{"topicName": "Offers", "subscriptionStatus": status}]});
    let (new, old) = (topic("OptIn"), topic("OptOut"));
    assert_eq!(entries(&ses(&subscription(&new, &old, None)).await), Vec::<String>::new());
    assert_eq!(
        entries(&ses(&subscription(&new, &old, Some("News"))).await),
        ["list:ses:News/Offers unsubscribe lifted"]
    );
    let leaving = ses(&subscription(&old, &new, None)).await;
    assert_eq!(entries(&leaving), ["domain:example.com unsubscribe suppressed"], "a suppression widens");
}

#[tokio::test]
async fn a_code_is_found_next_to_versions_and_chinese_text() {
    for (reason, expected) in [
        ("host mx (Exim 4.94.2) said: 550 5.1.1 no such user", "bounced unknown_mailbox"),
        ("用户邮箱已满5.2.2错误", "bounced mailbox_full"),
    ] {
        let element = json!({"event": "bounce", "email": "a@example.com", "bounceType": "hard_bounce",
            "timestamp": 1_763_600_000, "reason": reason});
        assert_eq!(events(&tencent(&element).await), [expected], "{reason}");
    }
}

#[tokio::test]
async fn times_are_clamped_to_the_lifetime_of_the_mail() {
    let database = Database::start().await;
    let handler = handler(&database, &trusting_environment(&database));
    for (n, (reported, expected)) in [
        ("2025-03-06T08:00:00.000Z", "2025-03-06T09:00:00.000Z"),
        ("2025-03-06T09:00:05.000Z", "2025-03-06T09:00:05.000Z"),
        ("2026-11-01T00:00:00.000Z", "2026-04-10T09:00:00.000Z"),
        ("yesterday", "2025-03-06T09:00:00.000Z"),
    ]
    .into_iter()
    .enumerate()
    {
        let address = format!("a{n}@example.com");
        let mut message = bounce("Permanent", &[&address], &json!([{"emailAddress": address}]));
        message["mail"]["timestamp"] = "2025-03-06T09:00:00.000Z".into();
        message["bounce"]["timestamp"] = reported.into();
        let mut envelope = notification(&message.to_string(), "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", Timestamp::now());
        sign(&mut envelope, &AUTHORITY);
        invoke_both(&handler, &lambda_event(&envelope).to_string()).await.unwrap();
        let events = Snapshot::take(&database).await.events;
        assert!(events.keys().any(|key| key.starts_with(&format!("{address} {expected}#"))), "{reported}: {events:?}");
    }
}
