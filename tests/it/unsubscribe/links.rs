//! Links: the vectors for every language, and what holds for any link.

use std::path::Path;
use std::sync::LazyLock;

use mail_feedback::timestamp::Timestamp;
use mail_feedback::unsubscribe::{
    Form, Key, KeyId, Keys, Link, LinkError, LinkScope, ONE_CLICK, UnverifiedToken, headers,
};
use proptest::prelude::*;
use serde_json::Value;

/// The links, and what must be refused, for every language.
pub static VECTORS: LazyLock<Value> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/unsubscribe.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});
static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::parse(&VECTORS["keys"].to_string()).unwrap());

fn list(name: &str) -> &'static [Value] {
    VECTORS[name].as_array().unwrap()
}

fn text<'v>(vector: &'v Value, field: &str) -> &'v str {
    vector[field].as_str().unwrap()
}

/// The link of a token that one of the vectors' keys signed.
fn verified(token: &str) -> Option<Link> {
    let token = UnverifiedToken::parse(token)?;
    let key = KEYS.get(token.key_id())?;
    token.verify(key)
}

fn key(id: &str) -> (KeyId, &'static Key) {
    let id = KeyId::parse(id).unwrap();
    let key = KEYS.get(&id).unwrap();
    (id, key)
}

fn link(address: &str, scope: &str, seconds: i64) -> Link {
    let made_at = Timestamp::from_millis(seconds * 1000).unwrap();
    Link::new(address, LinkScope::parse(scope).unwrap(), made_at).unwrap()
}

#[test]
fn links_have_the_bytes_of_the_vectors() {
    for vector in list("links") {
        let [address, scope, token] = ["address", "scope", "token"].map(|field| text(vector, field));
        let (id, key) = key(text(vector, "key_id"));
        let link = link(address, scope, vector["made_at"].as_i64().unwrap());
        assert_eq!(link.token(&id, key), token, "{}", vector["payload"]);
        assert_eq!(verified(token).as_ref(), Some(&link));
        let known = (link.address().as_str(), link.spelling(), link.scope().to_string());
        assert_eq!(known, (text(vector, "key"), address, scope.to_owned()));
        let fields = headers(text(&VECTORS, "host"), &link, &id, key).unwrap();
        assert_eq!(fields.list_unsubscribe, vector["headers"]["List-Unsubscribe"]);
        assert_eq!(fields.list_unsubscribe_post, vector["headers"]["List-Unsubscribe-Post"]);
    }
    assert!(list("links").len() >= 6);
}

#[test]
fn a_debug_print_shows_neither_link_nor_address() {
    let (id, key) = key("2026-11");
    let link = link("jane@example.com", "list:own:weekly", 1_764_000_000);
    let fields = headers("u.example.com", &link, &id, key).unwrap();
    assert_eq!(format!("{fields:?}"), "Headers { .. }");
    assert!(!format!("{link:?}").contains("jane"));
    assert_eq!(format!("{:?}", Form::read(None, "undo=secret")), "Some(Undo)");
}

#[test]
fn a_scope_is_recorded_in_one_spelling() {
    for vector in list("spellings") {
        let link = verified(text(vector, "token")).unwrap();
        assert_eq!(link.scope().to_string(), text(vector, "recorded"));
    }
}

#[test]
fn anything_else_is_refused() {
    for vector in list("refused") {
        assert_eq!(verified(text(vector, "token")), None, "{}", vector["why"]);
    }
    assert!(list("refused").len() >= 20);
}

#[test]
fn a_usual_url_has_less_than_300_characters() {
    let (id, key) = key("2026-11");
    let address = format!("{}@{}.example.com", "a".repeat(36), "b".repeat(15));
    let link = link(&address, "list:own:monthly-newsletter-for-customers", 1_764_000_000);
    let fields = headers("links.mail.example.com", &link, &id, key).unwrap();
    assert!(address.len() == 64 && fields.list_unsubscribe.len() < 300, "{}", fields.list_unsubscribe.len());
}

#[test]
fn no_host_makes_tencent_unsubscribe_whoever_clicks() {
    let (id, key) = key("k1");
    let link = link("jane@example.com", "stream:marketing", 0);
    for host in ["unsubscribe.example.com", "u.My-Unsubscribe.example", "", "u.example.com/x", "https://u.example.com"]
    {
        assert_eq!(headers(host, &link, &id, key), Err(LinkError::Host), "{host}");
    }
    let fields = headers("U.B\u{fc}cher.example", &link, &id, key).unwrap();
    assert!(fields.list_unsubscribe.starts_with("<https://u.xn--bcher-kva.example/u/"));
    assert_eq!(fields.list_unsubscribe_post, ONE_CLICK);
    let long = format!("{}.example", ["a"; 120].join("."));
    let longest = self::link(&format!("{}@b.c", "a".repeat(250)), &format!("domain:{}", ["a"; 127].join(".")), 0);
    assert_eq!(headers(&long, &longest, &id, key), Err(LinkError::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_token_says_its_link_and_nothing_else(
        local in "[a-zA-Z0-9.+'_-]{1,40}",
        name in "[A-Za-z0-9_-]{1,64}",
        kind in prop::sample::select(vec!["list:own:", "stream:", "domain:"]),
        seconds in 0_i64..253_402_300_799,
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let (id, key) = key("k1");
        let link = link(&format!("{local}@Example.com"), &format!("{kind}{name}"), seconds);
        let token = link.token(&id, key);
        prop_assert_eq!(verified(&token), Some(link));
        let mut changed = token.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(changed) {
            prop_assert_eq!(verified(&changed), None);
        }
        prop_assert_eq!(verified(&token[..at]), None);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        prop_assert_eq!(verified(&text), None);
    }
}
