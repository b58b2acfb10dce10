//! The certificates of a batch: looked up once, and made-up ones hold nothing up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use mail_feedback::intake::sns::Fetcher;
use support::authority::{AUTHORITY, CERTIFICATE_ID};
use support::database::{Database, EVENTS};
use support::door::{QUEUE, queue_event};

use super::report;
use crate::attacks::world::{Host, World};
use crate::real_binary::invoke_both_within;

/// A host that serves the signing certificate, and never answers a request for another one.
#[derive(Clone, Debug, Default)]
struct SilentHost(Arc<AtomicUsize>);

impl HttpConnector for SilentHost {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.fetch_add(1, Ordering::Relaxed);
        let is_known = request.uri().contains(CERTIFICATE_ID);
        HttpConnectorFuture::new(async move {
            if !is_known {
                std::future::pending::<()>().await;
            }
            Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(AUTHORITY.leaf.clone())))
        })
    }
}

/// A forged message that names a made-up certificate.
fn made_up(number: usize) -> String {
    let envelope = report("Open", "a@example.com", number).to_string();
    envelope.replace(CERTIFICATE_ID, &format!("{number:032x}"))
}

#[tokio::test]
async fn the_certificate_of_a_batch_is_fetched_once() {
    let host = Host::genuine();
    let world = World::at(&host).await;
    let bodies: Vec<String> = (0..30).map(|n| report("Open", "a@example.com", n).to_string()).collect();
    assert!(world.queue(&bodies).await.is_empty());
    assert_eq!(host.requests(), 1);
    let failing = Host::unreachable();
    let world = World::at(&failing).await;
    assert_eq!(world.queue(&bodies).await.len(), 30);
    assert_eq!(failing.requests(), 1, "nor is a failure repeated");
}

/// Each lookup of a made-up certificate waits until it is given up, and a minute allows twelve.
#[tokio::test]
async fn made_up_certificates_hold_no_genuine_message_up() {
    for is_known in [true, false] {
        let host = SilentHost::default();
        let world = World::new(Fetcher::over(host.clone()), &[]).await;
        if is_known {
            assert!(world.queue(&[report("Open", "a@example.com", 0).to_string()]).await.is_empty());
        }
        let genuine = [report("Open", "a@example.com", 1), report("Open", "a@example.com", 2)];
        let mut bodies: Vec<String> = (100..130).map(made_up).collect();
        bodies.insert(7, genuine[0].to_string());
        bodies.push(genuine[1].to_string());
        let time_left = Duration::from_secs(4);
        let batch = queue_event(QUEUE, &bodies).to_string();
        let (answer, took) = invoke_both_within(&world.handler, &batch, time_left).await;
        assert!(took < time_left, "{took:?}");
        let failed = answer.unwrap()["batchItemFailures"].as_array().unwrap().clone();
        assert_eq!(failed.len(), 30, "known before: {is_known}");
        assert!(failed.iter().all(|failure| !["m-7", "m-31"].iter().any(|id| failure["itemIdentifier"] == *id)));
        assert_eq!(world.database.scan(EVENTS).await.len(), if is_known { 3 } else { 2 });
    }
}

/// Over budget, what many messages name goes ahead of what is named once.
#[tokio::test]
async fn a_flood_of_made_up_certificates_leaves_the_genuine_one_its_turn() {
    let host = Host::serving(404, "");
    let world = World::at(&host).await;
    let flood: Vec<String> = (0..20).map(made_up).collect();
    assert_eq!(world.queue(&flood).await.len(), 20);
    assert_eq!(host.requests(), 6, "as many as a minute allows");
    host.answer_with(200, &AUTHORITY.leaf);
    let genuine = (0..2).map(|n| report("Open", "a@example.com", n).to_string());
    let bodies: Vec<String> = (20..40).map(made_up).chain(genuine).collect();
    assert_eq!(world.queue(&bodies).await, (0..20).map(|n| format!("m-{n}")).collect::<Vec<_>>());
    assert_eq!(host.requests(), 7);
}

#[tokio::test]
async fn a_batch_without_sns_messages_needs_no_certificate() {
    let host = Host::unreachable();
    let world = World::at(&host).await;
    assert_eq!(world.queue(&["{}".to_owned(), "x".to_owned()]).await, ["m-0", "m-1"]);
    assert_eq!((host.requests(), Database::scan(&world.database, EVENTS).await.len()), (0, 0));
}
