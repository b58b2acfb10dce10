//! How long a hard bounce lasts.

use mail_feedback::address::Address;
use mail_feedback::event::Reason;
use mail_feedback::suppression::{Entry, Scope};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};

use super::{World, bounce};

/// In Unix seconds, the first of which is the time of the bounce.
const START: i64 = 1_763_600_000;
const DAY: i64 = 86_400;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000).unwrap()
}

impl World {
    async fn hard_bounce(&self) -> Entry {
        let address = Address::parse("a@example.com").unwrap();
        let record = self.handler.suppressions.get(&address).await.unwrap();
        record.entry(&Scope::everything(), Reason::HardBounce).unwrap().clone()
    }

    async fn bounces_through_mailjet(&self, day: i64) {
        let report = json!({"event": "bounce", "time": START + day * DAY, "MessageID": day, "email": "a@example.com",
            "hard_bounce": true, "error": "user unknown"});
        assert_eq!(self.posts("/webhooks/mailjet", &report).await, 200);
    }
}

#[tokio::test]
async fn it_never_ends_by_default() {
    for settings in [&[][..], &[("HARD_BOUNCE_DAYS", "0")]] {
        let world = World::open(settings).await;
        world.bounces_through_mailjet(0).await;
        let entry = world.hard_bounce().await;
        assert_eq!((entry.until, entry.is_active(Timestamp::MAX)), (None, true));
    }
}

#[tokio::test]
async fn it_ends_so_many_days_after_the_latest_in_any_order() {
    for order in [[0, 10, 40], [40, 0, 10], [10, 40, 10]] {
        let world = World::open(&[("HARD_BOUNCE_DAYS", "90")]).await;
        for day in order {
            world.bounces_through_mailjet(day).await;
        }
        let (entry, end) = (world.hard_bounce().await, START + 130 * DAY);
        assert_eq!(entry.until, Some(at(end)), "{order:?}");
        assert_eq!([end - 1, end].map(|now| entry.is_active(at(now))), [true, false]);
    }
}

#[tokio::test]
async fn a_bounce_after_its_end_begins_again() {
    let world = World::open(&[("HARD_BOUNCE_DAYS", "30")]).await;
    world.bounces_through_mailjet(0).await;
    world.bounces_through_mailjet(100).await;
    let entry = world.hard_bounce().await;
    assert_eq!((entry.first_at, entry.until), (Some(at(START)), Some(at(START + 130 * DAY))));
}

/// The setting was changed in between: what was decided without an end is not shortened by a repetition.
#[tokio::test]
async fn a_repetition_under_another_setting_moves_no_end() {
    let world = World::open(&[]).await;
    world.bounces_through_mailjet(0).await;
    let later = World { handler: world.under(&[("HARD_BOUNCE_DAYS", "30")]), database: world.database.clone() };
    later.bounces_through_mailjet(0).await;
    assert_eq!(later.hard_bounce().await.until, None);
    later.bounces_through_mailjet(1).await;
    assert_eq!(later.hard_bounce().await.until, Some(at(START + 31 * DAY)), "the latest decides");
}

/// They are other reasons, or no verdict on the address.
#[tokio::test]
async fn nothing_else_gets_an_end() {
    let world = World::open(&[("HARD_BOUNCE_DAYS", "30")]).await;
    world.ses(&bounce("Permanent", "OnAccountSuppressionList", &Value::Null)).await;
    let typo = json!({"event": "blocked", "time": START, "MessageID": 5, "email": "a@example.com", "error": "typofix"});
    world.posts("/webhooks/mailjet", &typo).await;
    let address = Address::parse("a@example.com").unwrap();
    let record = world.handler.suppressions.get(&address).await.unwrap();
    let ends: Vec<_> = record.suppressions.values().flat_map(|reasons| reasons.values()).map(|it| it.until).collect();
    assert_eq!(ends, [None, None]);
}
