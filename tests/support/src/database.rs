//! An embedded DynamoDB with both tables on its own port.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};

use crate::proxy::{self, Reply, Request};
pub use crate::size::Item;

/// The name of the event table.
pub const EVENTS: &str = "mail-feedback-events";
/// The name of the suppression table.
pub const SUPPRESSIONS: &str = "mail-feedback-suppressions";

/// A running server, and a client for it.
#[derive(Clone)]
pub struct Database {
    /// Where it listens.
    pub address: SocketAddr,
    /// A client without retries, for reading.
    pub client: Client,
}

impl Database {
    /// Starts a server in the background and creates both tables as the template defines them.
    pub async fn start() -> Self {
        Self::start_on(std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port")).await
    }

    /// The same on a port that is already bound.
    pub async fn start_on(listener: std::net::TcpListener) -> Self {
        let address = listener.local_addr().expect("a bound port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener of the runtime");
        let database = dynoxide::Database::memory().expect("a database in memory");
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        let client = client(&format!("http://{address}"));
        create_event_table(&client).await;
        create_suppression_table(&client).await;
        Self { address, client }
    }

    /// The same database behind a proxy, where `choose` decides how each request is answered.
    pub async fn behind(&self, choose: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let address = proxy::start(self.address, choose).await;
        Self { address, client: client(&format!("http://{address}")) }
    }

    /// A server that another process has started.
    pub fn at(address: SocketAddr) -> Self {
        Self { address, client: client(&format!("http://{address}")) }
    }

    /// The endpoint for `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All items of a table by their keys, except that of the certificates, which is not about an address.
    pub async fn scan(&self, table: &str) -> BTreeMap<String, Item> {
        let mut items = BTreeMap::new();
        let mut start = None;
        loop {
            let call = self.client.scan().table_name(table).consistent_read(true).set_exclusive_start_key(start);
            let page = call.send().await.expect("the table can be read");
            let is_of_an_address = |item: &Item| text(item, "address") != "-";
            for item in page.items.unwrap_or_default().into_iter().filter(is_of_an_address) {
                items.insert(format!("{} {}", text(&item, "address"), text(&item, "event")), item);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return items;
            }
        }
    }
}

/// A text attribute, empty when absent.
pub fn text<'i>(item: &'i Item, name: &str) -> &'i str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

/// The entries of a suppression record as `(scope, reason, entry)`.
pub fn entries(record: &Item) -> Vec<(String, String, Item)> {
    let mut found = Vec::new();
    for (scope, reasons) in record["suppressions"].as_m().expect("a map") {
        for (reason, entry) in reasons.as_m().expect("a map") {
            found.push((scope.clone(), reason.clone(), entry.as_m().expect("a map").clone()));
        }
    }
    found.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    found
}

/// The soft bounces of a suppression record.
pub fn soft_bounces(record: &Item) -> Vec<Item> {
    let bounces = record["soft_bounces"].as_m().expect("a map")["bounces"].as_l().expect("a list");
    bounces.iter().map(|bounce| bounce.as_m().expect("a map").clone()).collect()
}

/// A client of an endpoint on this machine.
pub fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(endpoint)
        .build();
    Client::from_conf(config)
}

async fn create_event_table(client: &Client) {
    let projection = Projection::builder().projection_type(ProjectionType::Include).non_key_attributes("kind");
    let index = GlobalSecondaryIndex::builder()
        .index_name("by-message")
        .key_schema(key("message", KeyType::Hash))
        .key_schema(key("event", KeyType::Range))
        .projection(projection.non_key_attributes("permanence").build())
        .build()
        .expect("an index");
    let call = client
        .create_table()
        .table_name(EVENTS)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("address"))
        .attribute_definitions(attribute("event"))
        .attribute_definitions(attribute("message"))
        .key_schema(key("address", KeyType::Hash))
        .key_schema(key("event", KeyType::Range))
        .global_secondary_indexes(index);
    call.send().await.expect("the event table can be created");
}

async fn create_suppression_table(client: &Client) {
    let call = client
        .create_table()
        .table_name(SUPPRESSIONS)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("address"))
        .key_schema(key("address", KeyType::Hash));
    call.send().await.expect("the suppression table can be created");
}

fn attribute(name: &str) -> AttributeDefinition {
    let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
    definition.build().expect("an attribute")
}

fn key(name: &str, key_type: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().expect("a key")
}
