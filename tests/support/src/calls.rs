//! Records the calls of a client of an AWS service as they are sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// The operations that were sent and the tables they name, each with a count.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<BTreeMap<(String, String), usize>>>);

impl Calls {
    /// The calls since the last time this was called.
    pub fn take(&self) -> BTreeMap<(String, String), usize> {
        std::mem::take(&mut *self.0.lock().expect("no test panicked in here"))
    }
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let target = request.headers().get("x-amz-target").ok_or("an operation")?;
        let operation = target.rsplit('.').next().ok_or("an operation")?.to_owned();
        let body: Value = serde_json::from_slice(request.body().bytes().ok_or("a body")?)?;
        let is_warm_up = body["Key"]["address"]["S"] == "-";
        let is_strong = match (operation.as_str(), &body["RequestItems"]) {
            ("GetItem" | "Query", _) => body["ConsistentRead"] == true || is_warm_up,
            ("BatchGetItem", Value::Object(tables)) => tables.values().all(|table| table["ConsistentRead"] == true),
            _ => true,
        };
        assert!(is_strong, "{operation} reads what may be old");
        let mut calls = self.0.lock().expect("no test panicked in here");
        for table in tables(&body) {
            *calls.entry((operation.clone(), table)).or_default() += 1;
        }
        Ok(())
    }
}

/// The tables of a request; one that names none counts as one.
fn tables(body: &Value) -> Vec<String> {
    match (&body["TableName"], &body["RequestItems"]) {
        (Value::String(table), _) => vec![table.clone()],
        (_, Value::Object(items)) => items.keys().cloned().collect(),
        _ => vec![String::new()],
    }
}
