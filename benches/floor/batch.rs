//! A Lambda function that does for a batch of a queue what no implementation can leave out: it verifies one RSA signature
//! per message over as many bytes as SNS signs for an SES delivery, looks for each event and writes it, in as few requests
//! as possible: a baseline for `make bench`.

use std::collections::HashMap;

use aws_config::BehaviorVersion;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, PutRequest, WriteRequest};
use futures_util::future::try_join_all;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The bytes that SNS signs for the delivery in this project's samples, about.
const SIGNED_BYTES: usize = 2_700;
/// The bytes of an event record beside its keys, about.
const RECORD_BYTES: usize = 400;

/// The messages, of which only the number counts.
#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<IgnoredAny>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let client = &Client::new(&config);
    let table = &std::env::var("EVENT_TABLE")?;
    let signed = &vec![b'x'; SIGNED_BYTES];
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature)?;
    let (key, signature) = (&ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key())?, &signature);
    let served = lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let count = serde_json::from_str::<Batch>(event.payload.get())?.records.len();
        for _ in 0..count {
            key.verify_sig(signed, signature)?;
        }
        let numbers: Vec<usize> = (0..count).collect();
        try_join_all(numbers.chunks(100).map(|chunk| look(client, table, chunk))).await?;
        try_join_all(numbers.chunks(25).map(|chunk| write(client, table, chunk))).await?;
        Ok::<Value, Error>(json!({"batchItemFailures": []}))
    }));
    served.await
}

/// The key of an event.
fn key(number: usize) -> HashMap<String, AttributeValue> {
    let event = format!("2026-11-20T12:39:27.000Z#{number:032}");
    [("address", format!("recipient-{number}@example.com")), ("event", event)]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
        .into()
}

async fn look(client: &Client, table: &str, numbers: &[usize]) -> Result<(), Error> {
    let keys = numbers.iter().map(|number| key(*number)).collect();
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).build()?;
    client.batch_get_item().request_items(table, wanted).send().await?;
    Ok(())
}

async fn write(client: &Client, table: &str, numbers: &[usize]) -> Result<(), Error> {
    let put = |number: &usize| {
        let mut item = key(*number);
        item.insert("message".to_owned(), AttributeValue::S(format!("ses:0100019a6f3b2c41-{number:08x}-000000")));
        item.insert("record".to_owned(), AttributeValue::S("x".repeat(RECORD_BYTES)));
        let put = PutRequest::builder().set_item(Some(item)).build()?;
        Ok::<_, Error>(WriteRequest::builder().put_request(put).build())
    };
    let puts = numbers.iter().map(put).collect::<Result<Vec<_>, _>>()?;
    client.batch_write_item().request_items(table, puts).send().await?;
    Ok(())
}
