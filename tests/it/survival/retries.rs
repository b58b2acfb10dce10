//! A single fault of any class costs time but no delivery: the function retries on its own.

use std::time::Duration;

use support::database::{Database, EVENTS, SUPPRESSIONS};
use support::environment::environment;
use support::fault_proxy::FaultProxy;
use support::fault_schedule::{Fault, Schedule};
use support::request::{authorization, post};

use crate::real_binary;

/// Longer than the function waits for all attempts at one request: only another attempt can succeed.
const BEYOND_ALL_ATTEMPTS: Duration = Duration::from_secs(9);

#[tokio::test]
async fn a_fault_in_any_request_of_an_invocation_is_retried_within_it() {
    futures_util::future::join_all(Fault::ALL.map(assert_recovers)).await;
}

/// Each attempt with the fault is followed by one without.
async fn assert_recovers(fault: Fault) {
    let database = Database::start().await;
    let schedule = Schedule { only: Some(fault), stall: BEYOND_ALL_ATTEMPTS, every: 2, ..Schedule::CALM };
    let proxy = FaultProxy::new(database.address, schedule, None);
    let endpoint = proxy.open_endpoint().await;
    let mut settings = environment(&database);
    settings.push(("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint.url.clone()));
    let mut function = real_binary::start(&settings).await;
    let body = r#"[{"event":"spam","time":1763600000,"MessageID":1,"email":"a@example.com"},
        {"event":"sent","time":1763600000,"MessageID":2,"email":"b@example.com"}]"#;
    let answer = function.invoke(&post("/webhooks/mailjet", &authorization(), body).to_string()).await.unwrap();
    assert_eq!(answer["statusCode"], 200, "{fault:?}");
    assert!(proxy.counts().faults[&fault] > 0, "{fault:?} occurred");
    function.stop().await;
    assert_eq!(database.scan(EVENTS).await.len(), 2, "{fault:?}");
    assert_eq!(database.scan(SUPPRESSIONS).await.len(), 1, "{fault:?}");
}
