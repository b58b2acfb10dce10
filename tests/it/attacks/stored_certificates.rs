//! Good certificates outlive the instance: a new one need not fetch them and cannot be starved.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use harness::cost::counting_handler;
use mail_feedback::intake::sns::{Fetcher, ProvenCertificate};
use mail_feedback::store::Suppressions;
use mail_feedback::suppression::SoftBounceRules;
use mail_feedback::timestamp::Timestamp;
use support::authority::{AUTHORITY, Authority, FOLDER};
use support::calls::Calls;
use support::database::{Database, Item, SUPPRESSIONS};
use support::envelope::{certificate_url, lambda_event};
use support::environment::trusting_environment;
use support::tls_host::{Behaviour, TlsHost};

use super::world::{Host, World, signed};
use crate::real_binary;

/// The stored item; `None` if there is none.
async fn item(database: &Database) -> Option<Item> {
    let key = AttributeValue::S("-".to_owned());
    let call = database.client.get_item().table_name(SUPPRESSIONS).key("address", key).consistent_read(true);
    call.send().await.unwrap().item
}

/// The URLs of the stored certificates, without their ending.
async fn kept(database: &Database) -> Vec<String> {
    let item = item(database).await.unwrap_or_default();
    let certificates = item.get("certificates").and_then(|certificates| certificates.as_m().ok());
    let mut urls: Vec<_> = certificates.into_iter().flatten().map(|(url, _)| url.clone()).collect();
    urls.sort();
    urls
}

/// Waits until the item, as text without line breaks, is as expected: it is written during or after the answer.
async fn until(database: &Database, is_as_expected: impl Fn(&str) -> bool) {
    let mut text = String::new();
    for _ in 0..100 {
        text = format!("{:?}", item(database).await).replace("\\n", "");
        if is_as_expected(&text) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not as expected: {text}");
}

/// The certificate that the tests sign with, without line breaks.
fn leaf() -> String {
    AUTHORITY.leaf.lines().collect()
}

/// A new instance with the same tables, started like the binary.
async fn instance(database: &Database, host: &Host) -> World {
    let world = World::over(database.clone(), Fetcher::over(host.clone()));
    world.handler.warm_up().await;
    world
}

async fn put(database: &Database, attributes: &[(&str, AttributeValue)]) {
    let mut item: Item = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    item.insert("address".to_owned(), AttributeValue::S("-".to_owned()));
    database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
}

fn known_url() -> String {
    certificate_url().trim_end_matches(".pem").to_owned()
}

/// The item with one certificate.
fn of_certificate(pem: &str, fetched_at: &str) -> AttributeValue {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let fields = [("pem", pem), ("fetched_at", fetched_at), ("expires_at", "2090-01-01T00:00:00.000Z")];
    let fields = fields.map(|(name, value)| (name.to_owned(), text(value)));
    AttributeValue::M(HashMap::from([(known_url(), AttributeValue::M(HashMap::from(fields)))]))
}

/// Runs the real binary twice on the same tables; the second time, the host is gone.
#[tokio::test]
async fn a_new_instance_needs_no_fetch() {
    let database = Database::start().await;
    let environment = |proxy: String| {
        let root = FOLDER.join("root.pem").to_string_lossy().into_owned();
        let more = [("SNS_CERTIFICATES", String::new()), ("HTTPS_PROXY", proxy), ("SSL_CERT_FILE", root)];
        let more = more.map(|(name, value)| (name.to_owned(), value));
        trusting_environment(&database).into_iter().chain(more).collect::<Vec<_>>()
    };
    let event = || lambda_event(&signed(|_| {})).to_string();
    let host = TlsHost::start(Behaviour::Answer(200, AUTHORITY.leaf.clone()), "sns.us-east-1.amazonaws.com").await;
    let mut first = real_binary::start(&environment(format!("http://{}", host.address))).await;
    first.invoke(&event()).await.unwrap();
    assert_eq!(host.requests().len(), 1);
    until(&database, |item| item.contains(&leaf())).await;
    first.stop().await;
    let mut second = real_binary::start(&environment("http://127.0.0.1:9".to_owned())).await;
    second.invoke(&event()).await.expect("the certificate is known");
    second.stop().await;
}

#[tokio::test]
async fn a_kept_certificate_serves_every_door_and_cannot_be_starved() {
    let database = Database::start().await;
    let first = instance(&database, &Host::genuine()).await;
    assert_eq!(first.lambda(&signed(|_| {})).await, "ok");
    until(&database, |item| item.contains(&leaf())).await;
    assert_eq!(kept(&database).await, [known_url()]);
    let host = Host::unreachable();
    let second = instance(&database, &host).await;
    for n in 0..20 {
        let url = certificate_url().replace("5f0c1a2b", &format!("{n:08x}"));
        assert_eq!(second.https(&signed(|envelope| envelope["SigningCertURL"] = url.into())).await, 503);
    }
    let junk = host.requests();
    assert_eq!(second.https(&signed(|_| {})).await, 200);
    assert_eq!(second.lambda(&signed(|_| {})).await, "ok");
    assert_eq!(host.requests(), junk);
}

/// Only a caller with a verified message can store anything there.
#[tokio::test]
async fn only_what_verified_a_message_is_kept() {
    let database = Database::start().await;
    let world = instance(&database, &Host::genuine()).await;
    let mut forged = signed(|_| {});
    forged["Message"] = "{}".into();
    assert_eq!(world.https(&forged).await, 403);
    assert_eq!(world.lambda(&forged).await, "signature");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(item(&database).await.is_none());
}

/// What is already stored costs no other request.
#[tokio::test]
async fn a_start_is_one_request_and_a_known_certificate_none() {
    let (database, calls) = (Database::start().await, Calls::default());
    put(&database, &[("certificates", of_certificate(&AUTHORITY.leaf, "2026-11-20T00:00:00.000Z"))]).await;
    let counted = counting_handler(&database, &calls);
    counted.warm_up().await;
    let seen: Vec<_> = calls.take().into_iter().map(|((operation, _), count)| (operation, count)).collect();
    assert_eq!(seen, [("GetItem".to_owned(), 1)]);
    let before = item(&database).await;
    let world = instance(&database, &Host::unreachable()).await;
    assert_eq!(world.lambda(&signed(|_| {})).await, "ok");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(item(&database).await, before, "nor is it written again");
}

/// Over HTTPS, a certificate that was fetched long ago is fetched again, and the new time is stored for the next
/// instance.
#[tokio::test]
async fn over_https_an_old_certificate_is_requested_again_once() {
    let database = Database::start().await;
    put(&database, &[("certificates", of_certificate(&AUTHORITY.leaf, "2026-01-01T00:00:00.000Z"))]).await;
    let host = Host::genuine();
    let world = instance(&database, &host).await;
    assert_eq!(world.lambda(&signed(|_| {})).await, "ok");
    assert_eq!(host.requests(), 0, "if IAM guards the door, it is good enough");
    assert_eq!(world.https(&signed(|_| {})).await, 200);
    assert_eq!(host.requests(), 1);
    until(&database, |item| !item.contains("2026-01-01")).await;
    let next = instance(&database, &host).await;
    assert_eq!(next.https(&signed(|_| {})).await, 200);
    assert_eq!(host.requests(), 1);
}

#[tokio::test]
async fn an_item_of_any_kind_stops_nothing_and_is_replaced() {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let odd_key = HashMap::from([("\u{e9}".repeat(16), text("x")), ("short".to_owned(), text("x"))]);
    for garbage in [
        vec![],
        vec![("version", text("x"))],
        vec![("certificates", text("x"))],
        vec![("version", AttributeValue::N("7".to_owned())), ("certificates", AttributeValue::M(odd_key))],
        vec![("certificates", of_certificate("no certificate", "2026-11-20T00:00:00.000Z"))],
        vec![("certificates", of_certificate(&Authority::new().leaf, "2026-11-20T00:00:00.000Z"))],
        vec![("certificates", of_certificate(&AUTHORITY.leaf, "never"))],
    ] {
        let database = Database::start().await;
        put(&database, &garbage).await;
        let host = Host::genuine();
        let world = instance(&database, &host).await;
        assert_eq!(world.lambda(&signed(|_| {})).await, "ok", "{garbage:?}");
        assert_eq!(host.requests(), 1, "{garbage:?}");
        until(&database, |item| item.contains(&leaf()) && !item.contains("never")).await;
        let next = instance(&database, &Host::unreachable()).await;
        assert_eq!(next.lambda(&signed(|_| {})).await, "ok", "{garbage:?}");
    }
}

fn good(n: u32) -> ProvenCertificate {
    let at = |hours: i64| Timestamp::from_millis(1_795_000_000_000 + hours * 3_600_000).unwrap();
    let prefix = certificate_url().split_inclusive('-').take(3).collect();
    let (pem, fetched_at, expires_at) = (AUTHORITY.leaf.clone(), at(0), at(i64::from(n)));
    ProvenCertificate { prefix, id: format!("{n:032x}"), pem, fetched_at, expires_at }
}

#[tokio::test]
async fn instances_that_keep_at_once_lose_nothing_and_eight_remain() {
    let database = Database::start().await;
    let rules = SoftBounceRules::default();
    let table = Suppressions::new(database.client.clone(), SUPPRESSIONS.to_owned(), rules);
    let at_once = (0..4).map(|n| {
        let (table, good) = (table.clone(), [good(n)]);
        async move { table.keep_certificates(&good).await }
    });
    assert_eq!(futures_util::future::join_all(at_once).await, [Ok(()); 4]);
    assert_eq!(kept(&database).await.len(), 4);
    let more: Vec<_> = (4..12).map(good).collect();
    table.keep_certificates(&more).await.unwrap();
    let ids: Vec<_> = kept(&database).await.iter().map(|url| url[url.len() - 2..].to_owned()).collect();
    assert_eq!(ids, ["04", "05", "06", "07", "08", "09", "0a", "0b"], "those that expire last");
    let mut read = table.warm_up().await;
    read.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(read, more);
}
