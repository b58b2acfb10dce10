//! How many requests an answer takes.

use serde_json::json;
use support::calls::Calls;
use support::database::{Database, SUPPRESSIONS};

use super::{ask, checker};

/// [`Calls`] counts every request and refuses weakly consistent reads.
#[tokio::test]
async fn one_address_is_one_item_and_a_thousand_are_ten_batches() {
    let (database, calls) = (Database::start().await, Calls::default());
    let config = database.client.config().to_builder().interceptor(calls.clone()).build();
    let checker = checker(aws_sdk_dynamodb::Client::from_conf(config));
    for (addresses, operation, requests) in [
        (1, "GetItem", 1),
        (2, "BatchGetItem", 1),
        (100, "BatchGetItem", 1),
        (101, "BatchGetItem", 2),
        (1_000, "BatchGetItem", 10),
    ] {
        let addresses: Vec<_> = (0..addresses).map(|n| format!("a{n}@example.com")).collect();
        let answer = ask(&checker, &json!({"addresses": addresses})).await.unwrap();
        assert_eq!(answer["results"].as_array().unwrap().len(), addresses.len());
        let seen: Vec<_> = calls.take().into_iter().collect();
        assert_eq!(seen, [((operation.to_owned(), SUPPRESSIONS.to_owned()), requests)], "{}", addresses.len());
    }
    let spellings = ["a@example.com", "A@Example.com", "<a@example.com>", "nobody"];
    ask(&checker, &json!({"addresses": spellings})).await.unwrap();
    let seen: Vec<_> = calls.take().into_keys().map(|(operation, _)| operation).collect();
    assert_eq!(seen, ["GetItem"], "spellings of one address share a request");
    ask(&checker, &json!({"addresses": ["nobody", ""]})).await.unwrap();
    assert!(calls.take().is_empty(), "nothing is read without a key");
}
