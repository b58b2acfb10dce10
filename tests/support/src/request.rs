//! Requests as API Gateway forwards them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The account of the samples.
pub const ACCOUNT: &str = "123456789012";
/// User and password of the local environment.
pub const CREDENTIALS: &str = "local:local-only-password";

/// An HTTP API event (payload format 2.0) that posts a body.
pub fn post(path: &str, headers: &Value, body: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"stage": "$default", "http": {"method": "POST", "path": path}},
        "body": body,
        "isBase64Encoded": false,
    })
}

/// The header of the local credential.
pub fn authorization() -> Value {
    json!({"authorization": format!("Basic {}", STANDARD.encode(CREDENTIALS))})
}
