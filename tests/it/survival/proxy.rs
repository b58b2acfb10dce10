//! Each fault of the proxy does what its name says.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, PutRequest, WriteRequest};
use support::database::{Database, Item, SUPPRESSIONS};
use support::fault_proxy::{FaultProxy, ProxyEndpoint};
use support::fault_schedule::{Fault, Schedule};

/// A database, the proxy in front of it, and a client without retries.
struct World {
    database: Database,
    proxy: Arc<FaultProxy>,
    client: Client,
    _endpoint: ProxyEndpoint,
}

impl World {
    /// A proxy with faults of one class only.
    async fn of(fault: Fault) -> Self {
        let database = Database::start().await;
        let schedule = Schedule { seed: 5, calm: 100, only: Some(fault), ..Schedule::CALM };
        let proxy = FaultProxy::new(database.address, schedule, None);
        let endpoint = proxy.open_endpoint().await;
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(2)).build();
        let config = database.client.config().to_builder().endpoint_url(&endpoint.url);
        let config = config.retry_config(RetryConfig::disabled()).timeout_config(timeouts).build();
        Self { database, proxy, client: Client::from_conf(config), _endpoint: endpoint }
    }

    async fn names(&self) -> BTreeSet<String> {
        self.proxy.settle().await;
        self.database.scan(SUPPRESSIONS).await.into_keys().map(|key| key.trim().to_owned()).collect()
    }
}

fn item(name: &str) -> Item {
    Item::from([("address".to_owned(), AttributeValue::S(name.to_owned()))])
}

/// The result of writing one item, as its client sees it.
async fn outcome(world: &World) -> &'static str {
    let call = world.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item("a")));
    match call.send().await {
        Ok(_) => "ok",
        Err(SdkError::DispatchFailure(_)) => "broken",
        Err(SdkError::TimeoutError(_)) => "late",
        Err(error) if error.code() == Some("InternalServerError") => "failed",
        Err(error) => {
            let throttles = ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"];
            assert!(throttles.contains(&error.code().unwrap()), "{error:?}");
            "throttled"
        }
    }
}

#[tokio::test]
async fn each_fault_has_the_result_and_effect_of_its_name() {
    for fault in Fault::ALL {
        let expected = match fault {
            Fault::Throttle => ("throttled", false),
            Fault::ServerError => ("failed", false),
            Fault::ServerErrorAfter => ("failed", true),
            Fault::DropBefore => ("broken", false),
            Fault::DropAfter => ("broken", true),
            Fault::Delay | Fault::Unprocessed => ("ok", true),
            Fault::Stall => ("late", true),
        };
        let world = World::of(fault).await;
        let outcome = outcome(&world).await;
        let has_effect = !world.names().await.is_empty();
        assert_eq!((outcome, has_effect), expected, "{fault:?}");
        let struck = world.proxy.counts().faults.get(&fault).copied().unwrap_or_default();
        assert_eq!(struck, usize::from(fault != Fault::Unprocessed), "only batches can be left undone in part");
    }
}

#[tokio::test]
async fn a_batch_reports_exactly_what_it_leaves_unprocessed() {
    let world = World::of(Fault::Unprocessed).await;
    let all: BTreeSet<String> = (0..10).map(|place| format!("a{place}")).collect();
    let puts = all.iter().map(|name| {
        let put = PutRequest::builder().set_item(Some(item(name))).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    });
    let call = world.client.batch_write_item().request_items(SUPPRESSIONS, puts.collect());
    let undone = call.send().await.unwrap().unprocessed_items.unwrap().remove(SUPPRESSIONS).unwrap();
    let name = |item: &Item| item["address"].as_s().unwrap().clone();
    let undone: BTreeSet<_> = undone.iter().map(|write| name(&write.put_request.as_ref().unwrap().item)).collect();
    let done = world.names().await;
    assert!(!undone.is_empty() && !done.is_empty());
    assert_eq!((&done | &undone, (&done & &undone).len()), (all.clone(), 0));

    let keys = KeysAndAttributes::builder().set_keys(Some(done.iter().map(|name| item(name)).collect()));
    let call = world.client.batch_get_item().request_items(SUPPRESSIONS, keys.build().unwrap());
    let answer = call.send().await.unwrap();
    let unread: BTreeSet<_> = answer.unprocessed_keys.unwrap()[SUPPRESSIONS].keys.iter().map(name).collect();
    let found = answer.responses.unwrap().remove(SUPPRESSIONS).unwrap_or_default();
    let found: BTreeSet<_> = found.iter().map(name).collect();
    assert!(!unread.is_empty());
    assert_eq!((&found | &unread, (&found & &unread).len()), (done, 0));
}

#[test]
fn a_schedule_is_a_function_of_its_seed_and_has_every_fault() {
    let faults = |seed| -> Vec<Option<Fault>> {
        let schedule = Schedule { seed, calm: 4, storm: 85, storms: 8, ..Schedule::CALM };
        (0..3_000).map(|number| schedule.fault(number, number.is_multiple_of(2))).collect()
    };
    assert_eq!(faults(1), faults(1));
    assert_ne!(faults(1), faults(2));
    let seen: BTreeSet<Fault> = faults(1).into_iter().flatten().collect();
    assert_eq!(seen, BTreeSet::from(Fault::ALL));
    assert!((0..3_000).all(|number| Schedule::CALM.fault(number, true).is_none()));
}
