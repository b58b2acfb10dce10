//! Messages that outlive their certificate: accepted if IAM guards the door, refused over HTTPS.

use std::sync::atomic::{AtomicI64, Ordering};

use mail_feedback::intake::sns::TrustStore;
use mail_feedback::timestamp::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyUsagePurpose, date_time_ymd};
use serde_json::Value;
use support::authority::{AUTHORITY, Request, issue, rsa_key};

use super::world::{Host, World, failure_record, signed};

/// Declares a clock for one test: `set` sets it, `clock` reads it.
macro_rules! clock {
    ($set:ident, $clock:ident) => {
        static NOW: AtomicI64 = AtomicI64::new(0);
        let $set = |text: &str| NOW.store(Timestamp::parse(text).unwrap().millis(), Ordering::Relaxed);
        let $clock = || Timestamp::from_millis(NOW.load(Ordering::Relaxed)).unwrap();
    };
}

fn sent(at: &str) -> Value {
    signed(|envelope| envelope["Timestamp"] = at.into())
}

/// The results of a message as a Lambda event, from a queue, and over HTTPS.
async fn outcomes(world: &World, envelope: &Value) -> (&'static str, usize, i64) {
    let failed = world.queue(&[envelope.to_string(), failure_record(envelope)]).await;
    (world.lambda(envelope).await, failed.len(), world.https(envelope).await)
}

/// Valid until 2027-01-01.
fn leaf() -> String {
    AUTHORITY.certificate(&Request { years: (2020, 2027), ..Request::default() })
}

#[tokio::test]
async fn a_certificate_may_have_expired_since_the_message_was_sent() {
    clock!(set, clock);
    set("2027-01-01T00:04:00.000Z");
    let world = World::with_clock(&Host::serving(200, &leaf()), clock).await;
    assert_eq!(outcomes(&world, &sent("2026-12-31T23:50:00.000Z")).await, ("ok", 0, 403));
    assert_eq!(outcomes(&world, &sent("2027-01-01T00:04:00.000Z")).await, ("ok", 0, 403), "within five minutes");
    set("2027-02-06T00:00:00.000Z");
    assert_eq!(outcomes(&world, &sent("2026-12-31T23:50:00.000Z")).await, ("ok", 0, 403), "five weeks later");
}

/// A key that leaks after its certificate has expired signs nothing that any door accepts.
#[tokio::test]
async fn a_message_sent_after_its_certificate_expired_is_refused() {
    clock!(set, clock);
    set("2027-01-01T00:06:00.000Z");
    let world = World::with_clock(&Host::serving(200, &leaf()), clock).await;
    world.refuses(&sent("2027-01-01T00:05:01.000Z"), "certificate").await;
    set("2019-12-31T23:54:00.000Z");
    world.refuses(&sent("2019-12-31T23:54:00.000Z"), "certificate").await;
}

/// The issuer expires before the leaf: the whole chain must have been valid.
#[tokio::test]
async fn an_issuer_may_have_expired_since_but_not_before() {
    clock!(set, clock);
    let key = rsa_key();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "mail-feedback local test issuer");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2026, 7, 1));
    let intermediate = params.signed_by(&key, &AUTHORITY.issuer).unwrap().pem();
    let leaf = issue(&Issuer::new(params, key), &AUTHORITY.key, &Request { years: (2020, 2027), ..Request::default() });
    let host = Host::serving(200, &leaf);
    let world = World::changed(&host, |config, clients| {
        config.sns.trust = TrustStore::new(&AUTHORITY.root, &intermediate).unwrap();
        clients.clock = clock;
    })
    .await;
    set("2026-07-01T00:30:00.000Z");
    world.refuses(&sent("2026-07-01T00:20:00.000Z"), "certificate").await;
    assert_eq!(outcomes(&world, &sent("2026-06-30T23:50:00.000Z")).await, ("ok", 0, 403));
    set("2026-06-30T23:55:00.000Z");
    assert_eq!(world.https(&sent("2026-06-30T23:50:00.000Z")).await, 200);
}

/// SNS may stop serving a certificate that it has replaced, while messages signed with it are still in transit.
#[tokio::test]
async fn a_good_certificate_stays_usable_where_its_host_denies_it_later() {
    clock!(set, clock);
    set("2026-12-20T00:00:00.000Z");
    let host = Host::serving(200, &leaf());
    let world = World::with_clock(&host, clock).await;
    let envelope = sent("2026-12-19T23:50:00.000Z");
    assert_eq!(outcomes(&world, &envelope).await, ("ok", 0, 200));
    host.answer_with(403, "");
    for later in ["2026-12-21T12:00:00.000Z", "2026-12-23T00:00:00.000Z", "2027-01-20T00:00:00.000Z"] {
        set(later);
        assert_eq!(outcomes(&world, &envelope).await, ("ok", 0, 403), "over HTTPS it is too old");
    }
    set("2026-12-21T12:00:00.000Z");
    assert_eq!(world.https(&sent("2026-12-21T11:59:00.000Z")).await, 200, "a day and a half is within the grace");
    set("2026-12-22T00:01:00.000Z");
    assert_ne!(world.https(&sent("2026-12-22T00:00:00.000Z")).await, 200, "two days are not");
}
