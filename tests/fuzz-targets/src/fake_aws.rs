//! A DynamoDB without a network that checks what is written, and a host of signing certificates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::client::client_over;

use super::signed::CERTIFICATE_URL;

/// The signing certificate of the samples.
const OF_SAMPLES: &str =
    include_str!("../../../events/certificates/SimpleNotificationService-5f0c1a2b3d4e5f60718293a4b5c6d7e8.pem");
/// The most bytes of JSON for an event and for a record; DynamoDB never counts more.
const EVENT_BYTES: usize = 192 * 1024;
const RECORD_BYTES: usize = 400 * 1024;

/// Every request succeeds; suppression records are kept, events are not.
#[derive(Clone, Debug, Default)]
pub struct Dynamo(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Suppression records by address.
    records: BTreeMap<String, Value>,
    /// How many items were written.
    writes: usize,
}

impl Dynamo {
    /// A client of it without retries and signatures.
    pub fn client(&self) -> Client {
        client_over(self.clone())
    }

    /// Discards everything, and returns how many items were written.
    pub fn take(&self) -> usize {
        std::mem::take(&mut *self.0.lock().expect("no panic while locked")).writes
    }

    fn serve(&self, operation: &str, request: &Value) -> Value {
        let mut state = self.0.lock().expect("no panic while locked");
        match operation {
            "PutItem" => {
                let item = &request["Item"];
                assert!(item.to_string().len() < RECORD_BYTES, "the record fits");
                state.writes += 1;
                state.records.insert(address(item), item.clone());
                json!({})
            }
            "BatchWriteItem" => {
                state.writes += events(request);
                json!({})
            }
            "GetItem" => state.records.get(&address(&request["Key"])).map_or(json!({}), |item| json!({"Item": item})),
            "BatchGetItem" | "Query" => json!({}),
            other => panic!("unexpected operation {other}"),
        }
    }
}

/// The number of events in a batch, which must be within DynamoDB's limit.
fn events(request: &Value) -> usize {
    let tables = request["RequestItems"].as_object().expect("tables");
    let (_, puts) = tables.iter().next().expect("a table");
    let puts = puts.as_array().expect("a list");
    let mut keys = BTreeSet::new();
    for put in puts {
        let item = &put["PutRequest"]["Item"];
        assert!(item.to_string().len() < EVENT_BYTES, "the event fits");
        assert!(keys.insert((address(item), item["event"]["S"].as_str().map(str::to_owned))), "a key is repeated");
        for key in ["address", "event", "message"] {
            assert_ne!(item[key]["S"], "", "a key is never empty");
        }
    }
    assert!(tables.len() == 1 && (1..=25).contains(&puts.len()), "a batch for one table");
    puts.len()
}

fn address(item: &Value) -> String {
    item["address"]["S"].as_str().expect("an address").to_owned()
}

impl HttpConnector for Dynamo {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body: Value = serde_json::from_slice(request.body().bytes().expect("a body")).expect("JSON");
        answered(200, self.serve(operation, &body).to_string())
    }
}

/// SNS, reduced to serving two certificates: this process's and the samples'.
#[derive(Clone, Debug)]
pub struct CertificateHost;

impl HttpConnector for CertificateHost {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match request.uri() {
            CERTIFICATE_URL => answered(200, AUTHORITY.leaf.clone()),
            url if url.contains("5f0c1a2b3d4e5f60718293a4b5c6d7e8") => answered(200, OF_SAMPLES.to_owned()),
            url => {
                assert!(url.starts_with("https://sns.us-east-1.amazonaws.com/"), "no other host is asked: {url}");
                answered(404, String::new())
            }
        }
    }
}

fn answered(status: u16, body: String) -> HttpConnectorFuture {
    HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body))))
}
