//! The change events of an address's history, from DynamoDB's own stream, in order.

use harness::function::recording;
use mail_feedback::address::Address;
use mail_feedback::event::Reason;
use mail_feedback::policy::Policy;
use mail_feedback::store::Recorder;
use mail_feedback::suppression::{Change, Decision, Entry, Scope, SoftBounce, State};
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;
use support::database::Database;
use support::stream::Stream;

use super::bus::EventBus;
use super::records::{entry, time};
use super::schema::assert_admitted;
use super::{publish, publisher};

/// An address whose record a script changes.
struct World {
    recorder: Recorder,
    address: Address,
}

impl World {
    async fn reported(&self, changes: &[Change], now: Timestamp) {
        self.recorder.suppressions().apply(&self.address, changes, now).await.unwrap();
    }

    async fn decided(&self, state: State, scope: &str, reason: Reason, now: Timestamp) {
        let scope = Scope::parse(scope).unwrap();
        let decision =
            Decision { scope, reason, until: None, actor: "ops".to_owned(), note: Some("a note".to_owned()) };
        match state {
            State::Suppressed => drop(self.recorder.suppress(&self.address, &decision, now).await.unwrap()),
            State::Lifted => drop(self.recorder.lift(&self.address, &decision, now).await.unwrap()),
        }
    }
}

fn report(scope: &str, reason: Reason, entry: Entry) -> Change {
    Change::Entry { scope: Scope::parse(scope).unwrap(), reason, entry }
}

fn soft_bounce(day: i64) -> Change {
    let event_id = format!("soft-{day}");
    let (provider, code) = ("mailjet".to_owned(), Some("4.2.2".to_owned()));
    Change::SoftBounce(SoftBounce { at: time(24 * day), event_id, provider, code, detail: None, recipient: None })
}

/// One line per event.
fn lines(events: &[Value], details: &[Value]) -> Vec<String> {
    let line = |(event, detail): (&Value, &Value)| {
        let text = |name: &str| detail[name].as_str().unwrap_or("-").to_owned();
        let verb = event["DetailType"].as_str().unwrap().trim_start_matches("Address ").to_owned();
        let (version, scope, reason) = (&detail["record_version"], text("scope"), text("reason"));
        format!("{version} {verb} {reason} {scope} by {} {}", text("provider"), text("actor"))
    };
    events.iter().zip(details).map(line).collect()
}

#[tokio::test]
async fn a_scripted_history_gives_these_events_in_order() {
    let database = Database::start().await;
    let mut stream = Stream::of(&database).await;
    let config = recording();
    let recorder = Recorder::new(
        database.client.clone(),
        config.event_table,
        config.suppression_table,
        config.soft_bounces,
        Policy::default(),
        config.retention,
    );
    let world = World { recorder, address: Address::parse("Jane.Doe@Example.com").unwrap() };
    let now = time(1_000);

    let bounced = report("*", Reason::HardBounce, entry(State::Suppressed, 1, None));
    world.reported(std::slice::from_ref(&bounced), now).await;
    // Delivered again, then reported once more with another time.
    world.reported(std::slice::from_ref(&bounced), now).await;
    world.reported(&[report("*", Reason::HardBounce, entry(State::Suppressed, 2, None))], now).await;
    world.decided(State::Lifted, "*", Reason::HardBounce, now).await;
    // The report that was lifted comes again.
    world.reported(std::slice::from_ref(&bounced), now).await;
    let topics: Vec<_> = ["a", "b", "c"]
        .map(|topic| report(&format!("list:ses:News/{topic}"), Reason::Unsubscribe, entry(State::Suppressed, 3, None)))
        .into();
    world.reported(&topics, now).await;
    world.reported(&[report("list:ses:News/b", Reason::Unsubscribe, entry(State::Lifted, 4, None))], now).await;
    world.reported(&[report("list:ses:Other", Reason::Unsubscribe, entry(State::Lifted, 4, None))], now).await;
    for day in 10..15 {
        world.reported(&[soft_bounce(day)], now).await;
    }
    world.reported(&[soft_bounce(16)], now).await;
    world.reported(&[Change::Delivered { at: time(24 * 17) }], now).await;
    world.decided(State::Suppressed, "*", Reason::Manual, time(2_000)).await;

    let bus = EventBus::start().await;
    let records = stream.take().await;
    assert!(records.len() > 10, "{}", records.len());
    assert!(publish(&publisher(bus.client()), &records).await.is_empty());
    let details = bus.details();
    let found = lines(&bus.accepted(), &details);
    let expected = [
        "1 Suppressed hard_bounce * by ses -",
        "3 Lifted hard_bounce * by manual ops",
        "4 Suppressed unsubscribe list:ses:News/a by ses -",
        "4 Suppressed unsubscribe list:ses:News/b by ses -",
        "4 Suppressed unsubscribe list:ses:News/c by ses -",
        "5 Lifted unsubscribe list:ses:News/b by ses -",
        "11 Suppressed soft_bounce * by mailjet -",
        "12 Suppressed soft_bounce * by mailjet -",
        "13 Lifted soft_bounce * by - -",
        "14 Suppressed manual * by manual ops",
    ];
    assert_eq!(found, expected);
    assert!(details.iter().all(|detail| detail["address"] == "jane.doe@example.com"));
    assert!(details[7]["until"].as_str() > details[6]["until"].as_str(), "the later bounce moves the end");
    details.iter().for_each(assert_admitted);

    // A batch that Lambda repeats from the middle gives the same events again.
    let again = EventBus::start().await;
    assert!(publish(&publisher(again.client()), &records[3..]).await.is_empty());
    let ids = |details: &[Value]| details.iter().map(|detail| detail["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&again.details()), ids(&details)[details.len() - again.details().len()..]);
}
