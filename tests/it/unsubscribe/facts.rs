//! What a POST records.

use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::future::join_all;
use mail_feedback::address::Address;
use mail_feedback::event::Reason;
use mail_feedback::suppression::{Decision, MAX_SCOPES, Scope};
use mail_feedback::timestamp::Timestamp;
use support::database::{EVENTS, SUPPRESSIONS, entries, text};

use super::world::{ONE_CLICK, World, noon, token, undo_field};

const SCOPE: &str = "list:own:weekly";

fn just_after() -> Timestamp {
    Timestamp::parse("2026-11-20T12:00:59.999Z").unwrap()
}

fn a_minute_later() -> Timestamp {
    Timestamp::parse("2026-11-20T12:01:00Z").unwrap()
}

fn later() -> Timestamp {
    Timestamp::parse("2026-11-20T12:10:00Z").unwrap()
}

fn an_hour_later() -> Timestamp {
    Timestamp::parse("2026-11-20T13:00:00Z").unwrap()
}

fn decision(scope: &str) -> Decision {
    let scope = Scope::parse(scope).unwrap();
    Decision { scope, reason: Reason::Unsubscribe, until: None, actor: "ops".to_owned(), note: None }
}

fn jane() -> Address {
    Address::parse("jane@example.com").unwrap()
}

#[tokio::test]
async fn each_scope_is_left_by_a_fact_of_its_own() {
    for scope in [SCOPE, "stream:marketing", "domain:example.com"] {
        let world = World::new().await;
        assert_eq!(world.post(&token("Jane@Example.com", scope), ONE_CLICK).await.status, 200);
        assert_eq!(world.events().await, [format!("unsubscribed suppress unsubscribe {scope}")]);
        assert_eq!(world.entries().await, [format!("{scope} unsubscribe suppressed own")]);
        let event = world.database.scan(EVENTS).await.into_values().next().unwrap();
        let known = ["address", "recipient", "provider", "occurred_at"].map(|name| text(&event, name));
        assert_eq!(known, ["jane@example.com", "Jane@Example.com", "own", "2026-11-20T12:00:00.000Z"]);
        assert!(!event.contains_key("message") && !event.contains_key("ip"), "{event:?}");
    }
}

#[tokio::test]
async fn post_post_undo_post() {
    let mut world = World::new().await;
    let token = token("jane@example.com", SCOPE);
    let first = world.post(&token, ONE_CLICK).await;
    let after_one = world.items().await;
    let second = world.at(just_after).post(&token, ONE_CLICK).await;
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(world.items().await, after_one, "a repetition writes nothing new");
    let undo = undo_field(&second).expect("it can be undone");
    assert_eq!(undo_field(&first), Some(undo.clone()));

    assert_eq!(world.post(&token, &format!("undo={undo}")).await.status, 200);
    assert_eq!(world.entries().await, [format!("{SCOPE} unsubscribe lifted own")]);
    let after_undo = world.items().await;
    assert_eq!(world.post(&token, &format!("undo={undo}")).await.status, 200, "a second click");
    assert_eq!(world.items().await, after_undo);

    assert_eq!(world.post(&token, ONE_CLICK).await.status, 200);
    assert_eq!(world.entries().await, [format!("{SCOPE} unsubscribe suppressed own")]);
    let (left, back) =
        (format!("unsubscribed suppress unsubscribe {SCOPE}"), format!("subscribed lift unsubscribe {SCOPE}"));
    let mut events = world.events().await;
    events.sort_unstable();
    assert_eq!(events, [back, left.clone(), left], "a new fact after the undo");
}

/// Each request has its own time, and nearly all of them read the record before one is written.
#[tokio::test]
async fn requests_at_once_are_one_event() {
    static MILLISECOND: AtomicI64 = AtomicI64::new(0);
    let ticking = || Timestamp::from_millis(noon().millis() + MILLISECOND.fetch_add(1, Ordering::Relaxed)).unwrap();
    let mut world = World::new().await;
    let world = world.at(ticking);
    for list in 0..5 {
        let token = token("jane@example.com", &format!("list:own:l{list}"));
        let pages = join_all((0..6).map(|_| world.post(&token, ONE_CLICK))).await;
        let undo = undo_field(&pages[0]).expect("it can be undone");
        assert!(pages.iter().all(|page| page.status == 200 && undo_field(page).as_ref() == Some(&undo)));
        assert_eq!(world.events().await.len(), list + 1);
    }
}

#[tokio::test]
async fn a_later_undo_has_its_own_time() {
    let mut world = World::new().await;
    let token = token("jane@example.com", SCOPE);
    let undo = undo_field(&world.post(&token, ONE_CLICK).await).unwrap();
    assert_eq!(world.at(later).post(&token, &format!("undo={undo}")).await.status, 200);
    let events = world.database.scan(EVENTS).await;
    let times: Vec<_> = events.values().map(|event| text(event, "occurred_at")).collect();
    assert_eq!(times, ["2026-11-20T12:00:00.000Z", "2026-11-20T12:10:00.000Z"]);
}

#[tokio::test]
async fn an_undo_ends_after_an_hour_and_a_later_post_offers_none() {
    let mut world = World::new().await;
    let token = token("jane@example.com", SCOPE);
    let undo = undo_field(&world.post(&token, ONE_CLICK).await).unwrap();
    let before = world.items().await;
    let forwarded = world.at(a_minute_later).post(&token, ONE_CLICK).await;
    assert_eq!((forwarded.status, undo_field(&forwarded)), (200, None), "the link alone lifts nothing");
    let late = world.at(an_hour_later).post(&token, &format!("undo={undo}")).await;
    assert_eq!(late.status, 410);
    assert!(late.body.contains("too late to undo") && late.body.contains("sign up for them again"), "{}", late.body);
    assert!(!late.body.contains("<form") && late.body.contains("href=\"https://shop.example/"), "{}", late.body);
    let again = world.post(&token, ONE_CLICK).await;
    assert_eq!((again.status, undo_field(&again)), (200, None), "nor an old choice");
    assert_eq!(world.items().await, before);
}

#[tokio::test]
async fn an_undo_lifts_only_the_entry_that_it_names() {
    let mut world = World::new().await;
    let token = token("jane@example.com", SCOPE);
    let undo = undo_field(&world.post(&token, ONE_CLICK).await).unwrap();
    let undo = format!("undo={undo}");
    // The same address in another list, and another address.
    for other in
        [super::world::token("jane@example.com", "list:own:daily"), super::world::token("ann@example.com", SCOPE)]
    {
        assert_eq!(world.post(&other, &undo).await.status, 410);
    }
    // A person suppresses again: that choice stands.
    world.function.recorder.suppress(&jane(), &decision(SCOPE), later()).await.unwrap();
    let before = world.items().await;
    assert_eq!(world.at(later).post(&token, &undo).await.status, 410);
    assert_eq!(world.items().await, before);
    let again = world.post(&token, ONE_CLICK).await;
    assert_eq!((again.status, undo_field(&again)), (200, None), "it is not this page's to undo");
    assert_eq!(world.items().await, before, "and the entry that stands is left alone");
}

#[tokio::test]
async fn a_post_after_a_lift_of_the_future_suppresses_all_the_same() {
    let world = World::new().await;
    let token = token("jane@example.com", SCOPE);
    world.post(&token, ONE_CLICK).await;
    let ahead = Timestamp::parse("2026-11-20T12:14:00Z").unwrap();
    world.function.recorder.lift(&jane(), &decision(SCOPE), ahead).await.unwrap();
    assert_eq!(world.post(&token, ONE_CLICK).await.status, 200);
    assert_eq!(world.entries().await, [format!("{SCOPE} unsubscribe suppressed own")]);
    assert_eq!(world.events().await.len(), 3);
}

#[tokio::test]
async fn what_a_recipient_says_outlives_a_decision_with_an_end() {
    for (end, has_undo) in [("2026-11-20T12:05:00Z", true), ("2026-12-20T12:00:00Z", false)] {
        let mut world = World::new().await;
        let decision = Decision { until: Timestamp::parse(end), ..decision(SCOPE) };
        world.function.recorder.suppress(&jane(), &decision, noon()).await.unwrap();
        world.at(later);
        // An undo would also lift the decision, so neither the first answer nor a repetition offers one.
        for _ in 0..2 {
            let page = world.post(&token("jane@example.com", SCOPE), ONE_CLICK).await;
            assert_eq!(undo_field(&page).is_some(), has_undo, "{end}");
        }
        let record = world.database.scan(SUPPRESSIONS).await.into_values().next().unwrap();
        let (_, _, entry) = &entries(&record)[0];
        assert_eq!((text(entry, "provider"), text(entry, "until")), ("own", ""), "{end}");
    }
}

#[tokio::test]
async fn a_folded_reason_holds_for_every_send_and_has_no_undo() {
    let world = World::new().await;
    for list in 0..=MAX_SCOPES {
        world.post(&token("jane@example.com", &format!("list:own:l{list}")), ONE_CLICK).await;
    }
    assert_eq!(world.entries().await, ["* unsubscribe suppressed own"]);
    let before = world.events().await.len();
    let again = world.post(&token("jane@example.com", SCOPE), ONE_CLICK).await;
    assert_eq!((again.status, undo_field(&again)), (200, None));
    assert_eq!(world.events().await.len(), before, "it stands already");
}
