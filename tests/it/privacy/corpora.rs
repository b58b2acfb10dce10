//! Recorded requests of other projects and messages that SNS published, sent through every door.
//!
//! They are not part of the repository: without them this test prints a notice and does nothing.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::database::Database;
use support::envelope::lambda_event;
use support::environment::trusting_environment;
use support::request::{authorization, post};

use super::{function, print_uncaptured};

fn documents(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let all = entries.flat_map(|path| if path.is_dir() { documents(&path) } else { vec![path] });
    all.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

/// The invocations that a document may represent.
fn invocations(document: &Value) -> Vec<Value> {
    let request = &document["request"];
    let body = match (&request["body"], &request["body_json"]) {
        (Value::String(text), _) => text.clone(),
        (_, Value::Null) => document.to_string(),
        (_, value) => value.to_string(),
    };
    let mut headers = if request["headers"].is_object() { request["headers"].clone() } else { json!({}) };
    let mut all = vec![post("/webhooks/sns", &headers, &body)];
    headers["authorization"] = authorization()["authorization"].clone();
    all.extend(["/webhooks/mailjet", "/webhooks/tencent"].map(|path| post(path, &headers, &body)));
    let envelope = serde_json::from_str(&body).unwrap_or_default();
    all.push(lambda_event(&envelope));
    all.push(json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m-1", "body": body}]}));
    all
}

#[tokio::test]
async fn recorded_requests_leave_no_trace() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folders = ["peer-cases", "sns-vectors"].map(|name| shared.join(name));
    if !folders.iter().all(|folder| folder.is_dir()) {
        return print_uncaptured(&format!(
            "NOT RUN: not both of peer-cases and sns-vectors are in {}",
            shared.display()
        ));
    }
    let database = Database::start().await;
    let mut function = function(trusting_environment(&database), &[]).await;
    let files: Vec<PathBuf> = folders.iter().flat_map(|folder| documents(folder)).collect();
    let mut sent = 0;
    for file in &files {
        let document: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for invocation in invocations(&document) {
            drop(function.invoke(&invocation.to_string()).await);
            sent += 1;
        }
    }
    assert!(files.len() > 300, "{}", files.len());
    let output = function.stop().await;
    let lines = output.lines().count();
    print_uncaptured(&format!(
        "{} foreign documents as {sent} invocations: {lines} lines, {} bytes",
        files.len(),
        output.len()
    ));
}
