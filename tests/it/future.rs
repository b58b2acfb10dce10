//! Times more than a day after their report: they outweigh nothing, void nothing and keep nothing forever.

use aws_sdk_dynamodb::types::AttributeValue;
use harness::function::{InProcess, custom_handler, handler};
use mail_feedback::address::Address;
use mail_feedback::event::Reason;
use mail_feedback::suppression::{Context, Decision, Scope};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::database::{Database, EVENTS, Item, client, text};
use support::envelope::{lambda_event, notification, sign};
use support::environment::trusting_environment;
use support::request::{ACCOUNT, authorization, post};

use crate::real_binary::invoke_both;

/// Late in 2037, in seconds and as SES formats it.
const SECONDS_2037: i64 = 2_140_000_000;
const TEXT_2037: &str = "2037-10-24T12:26:40.000Z";
const YEAR_2037: Option<&str> = Some(TEXT_2037);

/// A function, its tables, and a second function two days later.
struct World {
    database: Database,
    handler: InProcess,
    later: InProcess,
}

fn in_two_days() -> Timestamp {
    Timestamp::now().plus_days(2)
}

fn seconds_ago(seconds: i64) -> Timestamp {
    Timestamp::from_millis(Timestamp::now().millis() - 1000 * seconds).unwrap()
}

fn address() -> Address {
    Address::parse("a@example.com").unwrap()
}

impl World {
    async fn open() -> Self {
        let database = Database::start().await;
        let environment = trusting_environment(&database);
        let later = custom_handler(&database, &environment, |_, clients| clients.clock = in_two_days);
        Self { handler: handler(&database, &environment), later, database }
    }

    async fn mailjet(&self, event: &str, time: i64) {
        Self::posts(&self.handler, "mailjet", &mailjet(event, time)).await;
    }

    async fn tencent(&self, event: &str, time: i64) {
        let body = json!({"event": event, "timestamp": time, "bulkId": "b", "email": "a@example.com",
            "fromDomain": "example.com", "bounceType": "soft"});
        Self::posts(&self.handler, "tencent", &body).await;
    }

    async fn posts(handler: &InProcess, provider: &str, body: &Value) {
        let request = post(&format!("/webhooks/{provider}"), &authorization(), &body.to_string());
        assert_eq!(invoke_both(handler, &request.to_string()).await.unwrap()["statusCode"], 200);
    }

    async fn sns(&self, message: &Value) {
        let mut envelope = notification(&message.to_string(), "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", Timestamp::now());
        sign(&mut envelope, &AUTHORITY);
        invoke_both(&self.handler, &lambda_event(&envelope).to_string()).await.unwrap();
    }

    async fn event_bridge(&self, time: Option<&str>, detail: &Value) {
        let event = json!({"version": "0", "id": "e-1", "source": "aws.ses", "account": ACCOUNT, "region": "us-east-1",
            "resources": [], "time": time, "detail-type": "Email Bounced", "detail": detail});
        invoke_both(&self.handler, &event.to_string()).await.unwrap();
    }

    /// The only event record.
    async fn record(&self) -> Item {
        let events = self.database.scan(EVENTS).await;
        assert_eq!(events.len(), 1);
        events.into_values().next().unwrap()
    }

    async fn blocks(&self) -> Vec<String> {
        let context = Context {
            provider: Some("tencent".to_owned()),
            sender_domain: Some("example.com".to_owned()),
            ..Context::default()
        };
        let suppressions = &self.handler.suppressions;
        let verdict = suppressions.check(&address(), &context.scopes().unwrap(), Timestamp::now()).await.unwrap();
        verdict.blocks.iter().map(|block| format!("{} {}", block.scope, block.reason)).collect()
    }

    /// When the entry was set.
    async fn at(&self, reason: Reason) -> Timestamp {
        let record = self.handler.suppressions.get(&address()).await.unwrap();
        record.entry(&Scope::everything(), reason).unwrap().at
    }

    async fn soft_bounces(&self) -> Vec<Timestamp> {
        let record = self.handler.suppressions.get(&address()).await.unwrap();
        record.soft_bounces.bounces().iter().map(|bounce| bounce.at).collect()
    }
}

fn mailjet(event: &str, time: i64) -> Value {
    json!({"event": event, "time": time, "MessageID": 5, "email": "a@example.com", "error": "quota exceeded"})
}

/// A permanent bounce: when the mail was sent, and when it bounced.
fn bounce(sent: &str, bounced: &str) -> Value {
    json!({"eventType": "Bounce", "mail": {"timestamp": sent, "messageId": "m", "sendingAccountId": ACCOUNT,
        "destination": ["a@example.com"]}, "bounce": {"bounceType": "Permanent", "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "a@example.com"}], "timestamp": bounced, "feedbackId": "f"}})
}

/// A record without a time, which expires within the 400 days of evidence.
fn assert_untimed(record: &Item) {
    assert!(text(record, "event").starts_with("-#") && text(record, "occurred_at").is_empty(), "{record:?}");
    let expires: i64 = record["expires_at"].as_n().unwrap().parse().unwrap();
    assert!(expires <= Timestamp::now().plus_days(400).seconds(), "{expires}");
}

#[tokio::test]
async fn a_complaint_from_the_future_yields_to_a_lift() {
    for far in [SECONDS_2037, 99_999_999_999, 1000 * SECONDS_2037] {
        let world = World::open().await;
        world.mailjet("spam", far).await;
        assert_eq!(world.blocks().await, ["* complaint"]);
        assert!(world.at(Reason::Complaint).await <= Timestamp::now());
        assert_untimed(&world.record().await);
        let decision = Decision {
            scope: Scope::everything(),
            reason: Reason::Complaint,
            until: None,
            actor: "jo".to_owned(),
            note: None,
        };
        world.handler.recorder.lift(&address(), &decision, Timestamp::now()).await.unwrap();
        assert_eq!(world.blocks().await, Vec::<String>::new(), "{far}");
    }
}

#[tokio::test]
async fn an_unsubscribe_from_the_future_yields_to_later_words() {
    let world = World::open().await;
    world.tencent("unsubscribe", SECONDS_2037).await;
    assert_eq!(world.blocks().await, ["domain:example.com unsubscribe"]);
    assert_untimed(&world.record().await);
    let record = world.handler.suppressions.get(&address()).await.unwrap();
    let entry = record.entry(&Scope::domain("example.com"), Reason::Unsubscribe).unwrap();
    assert!(entry.at <= Timestamp::now());
}

#[tokio::test]
async fn a_delivery_from_the_future_voids_no_soft_bounce() {
    let world = World::open().await;
    world.mailjet("bounce", seconds_ago(60).seconds()).await;
    world.mailjet("sent", SECONDS_2037).await;
    world.tencent("delivered", SECONDS_2037).await;
    assert_eq!(world.soft_bounces().await.len(), 1);
    // Nor one that arrives later, which searches for later deliveries.
    world.tencent("bounce", seconds_ago(30).seconds()).await;
    assert_eq!(world.soft_bounces().await.len(), 2);
}

/// Tables from before such times were refused may contain them.
#[tokio::test]
async fn a_stored_delivery_from_the_future_voids_no_soft_bounce() {
    let world = World::open().await;
    let item = [("address", "a@example.com"), ("event", "2037-10-24T12:26:40.000Z#0"), ("kind", "delivered")];
    let item = item.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
    let put = client(&world.database.endpoint()).put_item().table_name(EVENTS);
    put.set_item(Some(item.into())).send().await.unwrap();
    world.mailjet("bounce", seconds_ago(60).seconds()).await;
    assert_eq!(world.soft_bounces().await.len(), 1);
}

#[tokio::test]
async fn a_soft_bounce_from_the_future_is_not_counted() {
    let world = World::open().await;
    world.mailjet("bounce", SECONDS_2037).await;
    world.tencent("bounce", SECONDS_2037).await;
    assert_eq!(world.soft_bounces().await, []);
}

#[tokio::test]
async fn a_bounce_dated_in_the_future_takes_the_time_of_its_mail() {
    let (sent, bounced) = (seconds_ago(100), seconds_ago(50));
    let spelled = sent.to_string();
    let mut ids = Vec::new();
    for (sent_at, bounced_at, expected) in [
        (spelled.as_str(), bounced.to_string().as_str(), Some(bounced)),
        (&spelled, TEXT_2037, Some(sent)),
        (TEXT_2037, &bounced.to_string(), Some(bounced)),
        (TEXT_2037, TEXT_2037, None),
    ] {
        let world = World::open().await;
        world.sns(&bounce(sent_at, bounced_at)).await;
        let (record, at) = (world.record().await, world.at(Reason::HardBounce).await);
        if let Some(expected) = expected {
            assert_eq!((text(&record, "occurred_at"), at), (expected.to_string().as_str(), expected));
        } else {
            assert_untimed(&record);
            assert!(at <= Timestamp::now());
        }
        ids.push(text(&record, "event_id").to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "one feedback id is one fact");
}

#[tokio::test]
async fn a_return_to_a_list_from_the_future_swallows_no_later_unsubscribe() {
    let world = World::open().await;
    let change = |leaves: bool, at: &str| {
        json!({"eventType": "Subscription", "mail": {"timestamp": seconds_ago(100).to_string(), "messageId": "m",
            "sendingAccountId": ACCOUNT, "destination": ["a@example.com"]},
            "subscription": {"contactList": "News", "timestamp": at,
            "newTopicPreferences": {"unsubscribeAll": leaves}, "oldTopicPreferences": {"unsubscribeAll": !leaves}}})
    };
    world.sns(&change(false, TEXT_2037)).await;
    world.sns(&change(true, &seconds_ago(10).to_string())).await;
    let record = world.handler.suppressions.get(&address()).await.unwrap();
    let entry = record.entry(&Scope::list("ses", "News").unwrap(), Reason::Unsubscribe).unwrap();
    assert!(entry.is_active(Timestamp::now()));
}

#[tokio::test]
async fn an_event_of_eventbridge_is_measured_by_its_own_time_or_else_by_its_receipt() {
    let detail = bounce(TEXT_2037, TEXT_2037);
    for time in [None, YEAR_2037, Some("9999-12-31T23:59:59Z")] {
        let world = World::open().await;
        world.event_bridge(time, &detail).await;
        assert_untimed(&world.record().await);
        assert!(world.at(Reason::HardBounce).await <= Timestamp::now(), "{time:?}");
    }
    let published = seconds_ago(3 * 86_400);
    let world = World::open().await;
    world.event_bridge(Some(&published.to_string()), &bounce(TEXT_2037, &seconds_ago(86_400).to_string())).await;
    assert_untimed(&world.record().await);
    assert_eq!(world.at(Reason::HardBounce).await, published, "two days after its publication is the future");
}

#[tokio::test]
async fn a_time_up_to_a_day_ahead_is_accepted() {
    let world = World::open().await;
    let ahead = seconds_ago(-86_000);
    world.mailjet("spam", ahead.seconds()).await;
    assert_eq!(world.at(Reason::Complaint).await.seconds(), ahead.seconds());
}

/// Once its time is usable, a repetition leaves the entry that it set; what had no effect takes effect then, and once.
#[tokio::test]
async fn a_repetition_that_is_timed_by_now_leaves_the_first_effect() {
    let world = World::open().await;
    let ahead = Timestamp::now().plus_days(2).seconds();
    world.mailjet("spam", ahead).await;
    let first = world.at(Reason::Complaint).await;
    for _ in 0..2 {
        World::posts(&world.later, "mailjet", &mailjet("spam", ahead)).await;
        assert_eq!(world.at(Reason::Complaint).await, first);
    }
    let events = world.database.scan(EVENTS).await;
    let ids: Vec<_> = events.values().map(|item| text(item, "event_id")).collect();
    assert_eq!((ids.len(), ids[0]), (2, ids[1]), "one record of the event without a time, and one with it");

    world.mailjet("bounce", ahead).await;
    assert_eq!(world.soft_bounces().await, []);
    for _ in 0..2 {
        World::posts(&world.later, "mailjet", &mailjet("bounce", ahead)).await;
        assert_eq!(world.soft_bounces().await.iter().map(|at| at.seconds()).collect::<Vec<_>>(), [ahead]);
    }
    world.mailjet("sent", ahead).await;
    assert_eq!(world.soft_bounces().await.len(), 1);
    World::posts(&world.later, "mailjet", &mailjet("sent", ahead)).await;
    assert_eq!(world.soft_bounces().await, []);
}
