//! Cases 23 to 31: fetching the certificate. A failure is transient: 503, and the invocation is retried.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use mail_feedback::intake::sns::Fetcher;
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;
use support::authority::AUTHORITY;
use support::envelope::certificate_url;
use support::tls_host::{Behaviour, TlsHost};

use super::world::{Host, World, signed};

/// The real HTTPS client, redirected to a test host.
fn client_of(host: &TlsHost) -> Fetcher {
    let trust = TrustStore::empty().with_pem_certificate(AUTHORITY.root.as_bytes());
    let tls = TlsContext::builder().with_trust_store(trust).build().unwrap();
    Fetcher::through(tls, ProxyConfig::https(format!("http://{}", host.address)).unwrap())
}

/// With such a host, the certificate is unavailable; returns the host for further checks.
async fn out_of_reach(behaviour: Behaviour, name: &str) -> TlsHost {
    let label = match behaviour {
        Behaviour::Answer(403 | 404, _) => "certificate_unknown",
        _ => "certificate_fetch",
    };
    let host = TlsHost::start(behaviour, name).await;
    let world = World::new(client_of(&host), &[]).await;
    assert_eq!(world.https(&signed(|_| {})).await, 503);
    assert_eq!(world.lambda(&signed(|_| {})).await, label);
    world.is_untouched().await;
    host
}

/// A message that names another well-formed certificate.
fn naming(n: usize) -> Value {
    let url = certificate_url().replace("5f0c1a2b", &format!("{n:08x}"));
    signed(|envelope| envelope["SigningCertURL"] = url.into())
}

const SNS: &str = "sns.us-east-1.amazonaws.com";

/// The baseline for the other cases.
#[tokio::test]
async fn case_23_a_genuine_host_is_asked_once() {
    let host = TlsHost::start(Behaviour::Answer(200, AUTHORITY.leaf.clone()), SNS).await;
    let world = World::new(client_of(&host), &[]).await;
    assert_eq!(world.https(&signed(|_| {})).await, 200);
    assert_eq!(world.lambda(&signed(|_| {})).await, "ok");
    assert_eq!(host.requests(), ["/SimpleNotificationService-5f0c1a2b3d4e5f60718293a4b5c6d7e8.pem"]);
}

#[tokio::test]
async fn case_23_a_redirect_is_not_followed() {
    for status in [301, 302, 307, 308] {
        let host = out_of_reach(Behaviour::Redirect(status), SNS).await;
        assert_eq!(host.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn case_24_a_missing_certificate_is_asked_for_again_after_a_minute() {
    static NOW: AtomicI64 = AtomicI64::new(0);
    NOW.store(Timestamp::now().millis(), Ordering::Relaxed);
    // What the host denies may not be on every server yet; once it is denied again, it does not exist.
    let (denied, failed) = ("certificate_unknown", "certificate_fetch");
    for (status, labels) in [
        (404, [denied, denied, "certificate"]),
        (403, [denied, denied, "certificate"]),
        (500, [failed; 3]),
        (503, [failed; 3]),
    ] {
        let host = Host::serving(status, "");
        let world = World::with_clock(&host, || Timestamp::from_millis(NOW.load(Ordering::Relaxed)).unwrap()).await;
        let envelope = signed(|_| {});
        for ((ahead_ms, requests), label) in [(0, 1), (59_000, 1), (2_000, 2)].into_iter().zip(labels) {
            NOW.fetch_add(ahead_ms, Ordering::Relaxed);
            assert_eq!(world.lambda(&envelope).await, label, "{status}");
            assert_eq!(world.https(&envelope).await, if label == "certificate" { 403 } else { 503 });
            assert_eq!(host.requests(), requests);
        }
        world.is_untouched().await;
        NOW.fetch_sub(61_000, Ordering::Relaxed);
    }
}

/// The same over TLS, with the real client.
#[tokio::test]
async fn case_24_an_answer_other_than_200_is_no_certificate() {
    for status in [204, 206, 404, 403, 500, 503] {
        let host = out_of_reach(Behaviour::Answer(status, AUTHORITY.leaf.clone()), SNS).await;
        assert_eq!(host.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn case_25_endless_and_slow_answers_are_cut() {
    let started = Instant::now();
    let endless = out_of_reach(Behaviour::Endless, SNS);
    let slow_body = out_of_reach(Behaviour::SlowBody, SNS);
    let silent = out_of_reach(Behaviour::Silent, SNS);
    let _ = tokio::join!(endless, slow_body, silent);
    assert!(started.elapsed() < Duration::from_secs(14), "SNS waits no longer than 15 seconds");
    let large = Host::serving(200, &"x".repeat(16 * 1024 + 1));
    assert_eq!(World::at(&large).await.lambda(&signed(|_| {})).await, "certificate_fetch");
}

#[tokio::test]
async fn case_26_a_host_that_cannot_prove_its_name() {
    assert_eq!(out_of_reach(Behaviour::Answer(200, AUTHORITY.leaf.clone()), "evil.example").await.requests().len(), 0);
    let host = TlsHost::start(Behaviour::Answer(200, AUTHORITY.leaf.clone()), SNS).await;
    let tls = TlsContext::builder().with_trust_store(TrustStore::empty()).build().unwrap();
    let client = Fetcher::through(tls, ProxyConfig::https(format!("http://{}", host.address)).unwrap());
    assert_eq!(World::new(client, &[]).await.https(&signed(|_| {})).await, 503);
    assert_eq!(host.requests().len(), 0);
}

#[tokio::test]
async fn case_27_no_way_to_the_host() {
    let world = World::at(&Host::unreachable()).await;
    assert_eq!(world.https(&signed(|_| {})).await, 503);
    assert_eq!(world.lambda(&signed(|_| {})).await, "certificate_fetch");
    world.is_untouched().await;
}

#[tokio::test]
async fn case_28_a_flood_of_ids_meets_a_budget_and_the_known_one_still_works() {
    let host = Host::genuine();
    let world = World::at(&host).await;
    assert_eq!(world.lambda(&signed(|_| {})).await, "ok");
    host.answer_with(404, "");
    for n in 0..200 {
        assert_eq!(world.https(&naming(n)).await, 503);
    }
    assert_eq!(host.requests(), 1 + 6, "the good one, and six in a minute");
    assert_eq!(world.lambda(&signed(|_| {})).await, "ok");
    assert_eq!(host.requests(), 1 + 6);
}

/// Junk ids do not recur; a genuine one does, in each message and each retry by SNS.
#[tokio::test]
async fn case_28_over_budget_an_id_that_came_before_goes_ahead() {
    let host = Host::serving(404, "");
    let world = World::at(&host).await;
    for n in 0..6 {
        assert_eq!(world.https(&naming(n)).await, 503);
    }
    assert_eq!(world.https(&signed(|_| {})).await, 503, "the budget is spent, and it is requested for the first time");
    for n in 6..50 {
        assert_eq!(world.https(&naming(n)).await, 503);
    }
    assert_eq!(host.requests(), 6);
    host.answer_with(200, &AUTHORITY.leaf);
    assert_eq!(world.https(&signed(|_| {})).await, 200);
    assert_eq!(world.https(&naming(50)).await, 503);
    assert_eq!(host.requests(), 7);
}

/// Failures that strangers can cause must not count towards the rollback of a deployment; others must.
#[tokio::test]
async fn case_28_unknown_ids_roll_no_deployment_back() {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let host = Host::serving(404, "");
    let world = World::changed(&host, |_, clients| {
        clients.metrics.write_line = |line| LINES.lock().unwrap().push(line.to_owned());
    })
    .await;
    for n in 0..20 {
        assert_eq!(world.https(&naming(n)).await, 503);
    }
    assert_eq!(host.requests(), 6, "denied ones and such as were not even asked for");
    let lines = std::mem::take(&mut *LINES.lock().unwrap());
    assert_eq!(lines.len(), 20);
    assert!(lines.iter().all(|line| !line.contains("\"failures\"")), "{lines:?}");
    host.go_away();
    assert_eq!(world.lambda(&naming(20)).await, "certificate_fetch");
    assert!(!LINES.lock().unwrap()[0].contains("\"failures\""), "Lambda counts the failed invocation");
}

/// Anybody can post to the HTTPS door. Its budget must not block the other door, and a refused fetch is not remembered.
#[tokio::test]
async fn case_28_a_flood_at_one_door_does_not_close_the_other() {
    static NOW: AtomicI64 = AtomicI64::new(0);
    NOW.store(Timestamp::now().millis(), Ordering::Relaxed);
    let host = Host::unreachable();
    let world = World::with_clock(&host, || Timestamp::from_millis(NOW.load(Ordering::Relaxed)).unwrap()).await;
    for n in 0..20 {
        assert_eq!(world.https(&naming(n)).await, 503);
    }
    host.answer_with(200, &AUTHORITY.leaf);
    let envelope = signed(|_| {});
    assert_eq!(world.https(&envelope).await, 503, "the budget of this door is spent");
    assert_eq!(world.lambda(&envelope).await, "ok");
    NOW.fetch_add(60_000, Ordering::Relaxed);
    assert_eq!(world.https(&envelope).await, 200);
}

/// The bound itself is tested next to the cache's code.
#[tokio::test]
async fn case_29_many_ids_do_not_displace_the_known_one() {
    static NOW: AtomicI64 = AtomicI64::new(0);
    NOW.store(Timestamp::now().millis(), Ordering::Relaxed);
    let host = Host::genuine();
    let world = World::with_clock(&host, || Timestamp::from_millis(NOW.load(Ordering::Relaxed)).unwrap()).await;
    assert_eq!(world.lambda(&signed(|_| {})).await, "ok");
    host.go_away();
    for n in 0..100 {
        NOW.fetch_add(15_000, Ordering::Relaxed);
        assert_eq!(world.lambda(&naming(n)).await, "certificate_fetch");
    }
    let before = host.requests();
    assert_eq!(world.lambda(&signed(|_| {})).await, "ok");
    assert_eq!(host.requests(), before);
}

/// The SNS host serves certificates that it no longer signs with, or not here; strangers can name them all.
#[tokio::test]
async fn case_29_real_certificates_that_prove_nothing_do_not_displace_the_good_one() {
    static NOW: AtomicI64 = AtomicI64::new(0);
    NOW.store(Timestamp::now().millis(), Ordering::Relaxed);
    let host = Host::genuine();
    let world = World::with_clock(&host, || Timestamp::from_millis(NOW.load(Ordering::Relaxed)).unwrap()).await;
    assert_eq!(world.lambda(&signed(|_| {})).await, "ok");
    for n in 0..20 {
        NOW.fetch_add(15_000, Ordering::Relaxed);
        let mut forged = naming(n);
        forged["Message"] = "{}".into();
        assert_eq!(world.https(&forged).await, 403);
    }
    assert_eq!(host.requests(), 21);
    host.go_away();
    assert_eq!(world.lambda(&signed(|_| {})).await, "ok");
}

#[tokio::test]
async fn case_30_concurrent_messages_cause_one_fetch() {
    let host = Host::genuine();
    let world = World::at(&host).await;
    let envelope = signed(|_| {});
    let both = futures_util::future::join_all((0..8).map(|_| world.lambda(&envelope))).await;
    assert_eq!(both, ["ok"; 8]);
    assert_eq!(host.requests(), 1);
}

#[tokio::test]
async fn case_31_a_failure_does_not_replace_a_good_certificate() {
    static NOW: AtomicI64 = AtomicI64::new(0);
    const HOUR: i64 = 3_600_000;
    NOW.store(Timestamp::now().millis(), Ordering::Relaxed);
    let host = Host::genuine();
    let world = World::with_clock(&host, || Timestamp::from_millis(NOW.load(Ordering::Relaxed)).unwrap()).await;
    let envelope = signed(|_| {});
    assert_eq!(world.lambda(&envelope).await, "ok");
    host.go_away();
    let fresh = || {
        let now = Timestamp::from_millis(NOW.load(Ordering::Relaxed)).unwrap();
        signed(|envelope| envelope["Timestamp"] = now.to_string().into())
    };
    for (hours, expected) in [(23, 200), (2, 200), (22, 200), (2, 503)] {
        NOW.fetch_add(hours * HOUR, Ordering::Relaxed);
        assert_eq!(world.https(&fresh()).await, expected);
        assert_eq!(world.lambda(&envelope).await, "ok", "if IAM guards the door, it is not requested again");
    }
    host.answer_with(200, &AUTHORITY.leaf);
    NOW.fetch_add(61_000, Ordering::Relaxed);
    assert_eq!(world.https(&fresh()).await, 200);
    host.answer_with(200, "<html>maintenance</html>");
    NOW.fetch_add(25 * HOUR, Ordering::Relaxed);
    assert_eq!(world.https(&fresh()).await, 200, "nor does one bad answer");
    host.answer_with(200, &AUTHORITY.leaf);
    NOW.fetch_add(61_000, Ordering::Relaxed);
    assert_eq!(world.https(&fresh()).await, 200, "and it is repeated");
}
