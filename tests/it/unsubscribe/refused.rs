//! Links that are not valid: one page for all of them.

use mail_feedback::timestamp::Timestamp;
use mail_feedback::unsubscribe::{KeyId, Link, LinkScope};
use serde_json::json;

use super::world::{ONE_CLICK, World, key, noon, token, undo_field};

/// Links with something wrong with each.
fn invalid() -> Vec<String> {
    let valid = token("jane@example.com", "list:own:weekly");
    let (payload, mac) = valid.split_once('.').unwrap();
    let other = token("ann@example.com", "list:own:weekly");
    let link = Link::new("jane@example.com", LinkScope::parse("list:own:weekly").unwrap(), noon()).unwrap();
    let [k1, k3] = ["k1", "k3"].map(|id| KeyId::parse(id).unwrap());
    vec![
        String::new(),
        "x".to_owned(),
        format!("{valid}A"),
        format!("{valid}/"),
        format!("{valid}/x"),
        format!("{}.{}", other.split_once('.').unwrap().0, mac),
        format!("{payload}."),
        format!("{payload}=.{mac}"),
        format!("{payload}.{mac}="),
        format!("{payload}.{mac}.{mac}"),
        format!("{payload}%2E{mac}"),
        format!("{valid}?a=b"),
        format!("{valid}\n"),
        format!(" {valid}"),
        valid.to_lowercase(),
        format!("{payload}.{payload}"),
        link.token(&k1, &key("k2")),
        link.token(&k3, &key("k1")),
        "A".repeat(10_000),
    ]
}

#[tokio::test]
async fn every_invalid_link_gets_the_same_answer() {
    let world = World::new().await;
    let expected = world.get("x").await;
    assert_eq!(expected.status, 404);
    assert!(
        !expected.body.contains("<form") && !expected.body.contains("@example") && !expected.body.contains('\u{2022}')
    );
    for token in invalid() {
        for (method, body) in [("GET", ""), ("POST", ONE_CLICK), ("POST", "undo=x"), ("POST", "")] {
            let served = world.request(method, &format!("/u/{token}"), &json!({}), body).await;
            assert_eq!((served.status, &served.body), (404, &expected.body), "{method} {token}");
            assert_eq!(served.headers, expected.headers);
        }
    }
    for path in ["/", "/u", "/U/x", "/webhooks/mailjet", "/x/u/x"] {
        let served = world.request("GET", path, &json!({}), "").await;
        assert_eq!((served.status, &served.body), (404, &expected.body), "{path}");
    }
    assert!(world.items().await.is_empty());
}

#[tokio::test]
async fn an_undo_needs_its_own_mac() {
    let world = World::new().await;
    let link = token("jane@example.com", "list:own:weekly");
    let undo = undo_field(&world.post(&link, ONE_CLICK).await).unwrap();
    let before = world.items().await;
    let (event, mac) = undo.split_once('.').unwrap();
    let (_, mac_of_link) = link.split_once('.').unwrap();
    let refused = world.get("x").await;
    for wrong in [
        link.clone(),
        String::new(),
        event.to_owned(),
        format!("{event}."),
        format!("{event}.{mac_of_link}"),
        format!("{}.{mac}", event.chars().rev().collect::<String>()),
        format!("{undo}A"),
    ] {
        let served = world.post(&link, &format!("undo={wrong}")).await;
        assert_eq!((served.status, &served.body), (404, &refused.body), "{wrong}");
    }
    assert_eq!(world.items().await, before);
}

#[tokio::test]
async fn a_link_ends_only_if_that_is_set() {
    let mut world = World::new().await;
    let link = token("jane@example.com", "list:own:weekly");
    let in_ten_years = || Timestamp::parse("2036-11-20T12:00:00Z").unwrap();
    assert_eq!(world.at(in_ten_years).get(&link).await.status, 200);
    world.at(noon);
    world.function.max_age_days = 2;
    assert_eq!(world.get(&link).await.status, 200, "one day old");
    world.function.max_age_days = 1;
    assert_eq!((world.get(&link).await.status, world.post(&link, ONE_CLICK).await.status), (404, 404));
    assert!(world.items().await.is_empty());
}
