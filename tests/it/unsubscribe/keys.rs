//! The keys in Secrets Manager: cached, rotated and withdrawn without a deployment.

use mail_feedback::error::{Error, Outage};
use mail_feedback::unsubscribe::{KeyId, KeyStore};

use serde_json::json;

use super::world::{ONE_CLICK, World, token};
use crate::secret::{Server, at};

fn keys(ids: &[&str]) -> String {
    let keys = ids.iter().map(|id| format!(r#""{id}":"{}""#, id.repeat(20))).collect::<Vec<_>>();
    format!("{{{}}}", keys.join(","))
}

async fn knows(store: &KeyStore, id: &str, second: i64) -> Result<bool, Error> {
    store.get(&KeyId::parse(id).unwrap(), at(second)).await.map(|key| key.is_some())
}

#[tokio::test]
async fn a_new_key_is_found_within_a_minute_and_a_withdrawn_one_ends_within_a_quarter_of_an_hour() {
    let server = Server::default();
    server.set(Some(keys(&["k1"])), None).await;
    let store = KeyStore::secrets_manager(server.clone().client().await, "arn".to_owned());
    assert_eq!(server.requests(), 0, "nothing is read before the first link");
    for second in 0..60 {
        assert_eq!(knows(&store, "k1", second).await, Ok(true));
        assert_eq!(knows(&store, "k2", second).await, Ok(false), "an unknown id");
    }
    assert_eq!(server.requests(), 1, "only the current version, once a minute");
    // The previous version has the key that was withdrawn.
    server.set(Some(keys(&["k2", "k3"])), Some(keys(&["k1"]))).await;
    assert_eq!(knows(&store, "k2", 60).await, Ok(true));
    assert_eq!(knows(&store, "k1", 61).await, Ok(false));
    assert_eq!(server.requests(), 2);
    server.set(Some(keys(&["k3"])), Some(keys(&["k2"]))).await;
    assert_eq!(knows(&store, "k2", 60 + 899).await, Ok(true));
    assert_eq!(knows(&store, "k2", 60 + 900).await, Ok(false));
}

#[tokio::test]
async fn without_any_key_no_link_is_valid() {
    for none in ["{}", r#"{"k1":"too short"}"#] {
        let server = Server::default();
        server.set(Some(keys(&["k1"])), None).await;
        let store = KeyStore::secrets_manager(server.clone().client().await, "arn".to_owned());
        assert_eq!(knows(&store, "k1", 0).await, Ok(true));
        server.set(Some(none.to_owned()), Some(keys(&["k1"]))).await;
        assert_eq!(knows(&store, "k1", 900).await, Ok(false), "{none}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_transient() {
    let server = Server::default();
    let store = KeyStore::secrets_manager(server.clone().client().await, "arn".to_owned());
    let unavailable = Err(Error::Transient(Outage::Secret));
    assert_eq!(knows(&store, "k1", 0).await, unavailable);
    assert_eq!(knows(&store, "k1", 1).await, unavailable);
    assert_eq!(server.requests(), 1, "a flood is not passed on");
    server.set(Some("no keys".to_owned()), None).await;
    assert_eq!(knows(&store, "k1", 6).await, unavailable);
    server.set(Some(keys(&["k1"])), None).await;
    assert_eq!(knows(&store, "k1", 12).await, Ok(true));
    server.set(None, None).await;
    assert_eq!(knows(&store, "k1", 2000).await, Ok(true), "the last read stays valid meanwhile");
}

#[tokio::test]
async fn a_request_without_keys_is_asked_to_try_again_and_records_nothing() {
    let mut world = World::new().await;
    world.function.keys = KeyStore::secrets_manager(Server::default().client().await, "arn".to_owned());
    let link = token("jane@example.com", "list:own:weekly");
    for page in [world.post(&link, ONE_CLICK).await, world.get(&link).await] {
        assert_eq!((page.status, &page.headers["retry-after"]), (503, &json!("60")));
        assert!(page.body.contains("Please try again") && !page.body.contains("<form"), "{}", page.body);
    }
    assert!(world.items().await.is_empty());
}
