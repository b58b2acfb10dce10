//! A DynamoDB that fails in every way, and quotes the request in everything it answers.

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::database::Database;
use support::door::{Door, QUEUE, failure_record, queue_event};
use support::envelope::lambda_event;
use support::environment::trusting_environment;
use support::http_message::Message;
use support::proxy::{Reply, Request};
use support::request::{authorization, post};

use super::{function, print_uncaptured};
use crate::attacks::world::signed;

/// The address that must not appear.
const ADDRESS: &str = "jane.doe+vip@example.com";

/// DynamoDB's error names, with their status.
const ERRORS: [(u16, &str); 15] = [
    (400, "ValidationException"),
    (400, "ConditionalCheckFailedException"),
    (400, "ProvisionedThroughputExceededException"),
    (400, "ThrottlingException"),
    (400, "RequestLimitExceeded"),
    (400, "AccessDeniedException"),
    (400, "ResourceNotFoundException"),
    (400, "ItemCollectionSizeLimitExceededException"),
    (400, "TransactionConflictException"),
    (400, "UnrecognizedClientException"),
    (400, "ExpiredTokenException"),
    (400, "SomethingNewException"),
    (413, "RequestEntityTooLarge"),
    (500, "InternalServerError"),
    (503, "ServiceUnavailable"),
];

/// Answers that are not DynamoDB errors, but come from gateways, proxies and broken connections.
#[derive(Clone, Copy, Debug)]
enum Broken {
    /// A page that quotes the request.
    Page,
    /// Success, with the request as its document.
    Echo,
    /// Success, with text where items should be.
    Mistyped,
    /// Success that is no JSON.
    Text,
    /// A redirect to a link that contains the request.
    Redirect,
    /// The request in the headers.
    Headers,
    /// The request instead of HTTP.
    NoHttp,
    /// An invalid header that quotes the request.
    BadHeader,
    /// A body that ends too early.
    Cut,
    /// No answer, and a closed connection.
    Closed,
    /// Unprocessed items, forever.
    Unprocessed,
}

const BROKEN: [Broken; 11] = [
    Broken::Page,
    Broken::Echo,
    Broken::Mistyped,
    Broken::Text,
    Broken::Redirect,
    Broken::Headers,
    Broken::NoHttp,
    Broken::BadHeader,
    Broken::Cut,
    Broken::Closed,
    Broken::Unprocessed,
];

/// How it fails.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Error(u16, &'static str),
    Broken(Broken),
}

/// The answer of such a database to a request.
fn fail(fault: Fault, request: &Request) -> Reply {
    let Request { body, head, .. } = request;
    let quoted = format!("{ADDRESS} {body} {head:?}");
    let ok = |document: Value| Reply::Answer(Message::answer("200 OK", &document));
    let bytes = |text: String| Reply::Bytes(text.into_bytes());
    let whole = |start: &str, body: &str| bytes(format!("{start}\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
    let broken = match fault {
        Fault::Error(status, name) => {
            let kind = format!("com.amazonaws.dynamodb.v20120810#{name}");
            let item = json!({"address": {"S": ADDRESS}, "note": {"S": quoted}});
            let document = json!({"__type": kind, "message": quoted, "Message": quoted, "Item": item});
            return Reply::Answer(Message::answer(&format!("{status} {name}"), &document));
        }
        Fault::Broken(broken) => broken,
    };
    match broken {
        Broken::Page => whole("HTTP/1.1 502 Bad Gateway", &format!("<html>{quoted}</html>")),
        Broken::Echo => ok(json!({"Item": body, "Responses": body, "Items": [body]})),
        Broken::Mistyped => {
            ok(json!({"Item": {"address": quoted}, "Responses": quoted, "Items": quoted, "UnprocessedItems": quoted}))
        }
        Broken::Text => whole("HTTP/1.1 200 OK", &quoted),
        Broken::Redirect => {
            let location = format!("https://{ADDRESS}/?token=correct-horse");
            whole(&format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {location}"), "")
        }
        Broken::Headers => {
            let names = ["x-amzn-errortype", "x-amzn-requestid", "x-amz-crc32", "date"];
            let headers = names.map(|name| format!("{name}: {ADDRESS}")).join("\r\n");
            whole(&format!("HTTP/1.1 400 Bad Request\r\n{headers}"), "")
        }
        Broken::NoHttp => bytes(format!("{ADDRESS} {body}\r\n\r\n")),
        Broken::BadHeader => bytes(format!("HTTP/1.1 200 OK\r\ncontent-length: {ADDRESS} {body}\r\n\r\n")),
        Broken::Cut => bytes(format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{body}")),
        Broken::Closed => bytes(String::new()),
        Broken::Unprocessed => {
            ok(json!({"UnprocessedItems": body["RequestItems"], "UnprocessedKeys": body["RequestItems"]}))
        }
    }
}

/// One report for each order of writes: evidence, a temporary bounce, a delivery.
fn reports() -> [String; 3] {
    [
        format!(
            r#"{{"event":"spam","time":1763600000,"MessageID":1,"email":"{ADDRESS}","source":"Jane Doe of Example"}}"#
        ),
        format!(r#"{{"event":"bounce","time":1763600000,"MessageID":2,"email":"{ADDRESS}","error":"quota exceeded"}}"#),
        format!(
            r#"{{"event":"sent","time":1763600000,"MessageID":3,"email":"{ADDRESS}","smtp_reply":"250 OK {ADDRESS}"}}"#
        ),
    ]
}

/// The same reports in a batch, with an open, an EventBridge event, a record of a failed invocation, and two messages that
/// fail whatever the database does.
fn batch() -> Value {
    let report = |name: &str, more: Value| {
        let mut report = json!({"eventType": name, "mail": {"messageId": name, "destination": [ADDRESS],
            "timestamp": "2026-11-20T09:00:00.000Z", "commonHeaders": {"to": [format!("Jane Doe <{ADDRESS}>")]}}});
        report[name.to_lowercase()] = more;
        signed(|envelope| envelope["Message"] = report.to_string().into())
    };
    let bounced = json!([{"emailAddress": ADDRESS, "diagnosticCode": format!("550 no {ADDRESS}")}]);
    let bounce = |kind: &str| json!({"bounceType": kind, "bouncedRecipients": bounced, "feedbackId": kind});
    let (hard, soft) = (report("Bounce", bounce("Permanent")), report("Bounce", bounce("Transient")));
    let (delivery, open) = (report("Delivery", json!({"recipients": [ADDRESS]})), report("Open", json!({})));
    let mut forged = open.clone();
    forged["Subject"] = ADDRESS.into();
    let bodies = [
        hard.to_string(),
        soft.to_string(),
        delivery.to_string(),
        open.to_string(),
        Door::EventBridge.invocation(&hard).unwrap(),
        failure_record(&lambda_event(&delivery)),
        forged.to_string(),
        format!("mail to {ADDRESS}"),
    ];
    queue_event(QUEUE, &bodies)
}

/// The output of a function with such a DynamoDB: the number of lines, and how many come from other crates.
async fn under(fault: Fault, database: &Database) -> (usize, usize) {
    let database = database.behind(move |request| fail(fault, request)).await;
    let mut function = function(trusting_environment(&database), &[("EVENTBRIDGE_QUEUE_ARNS", QUEUE)]).await;
    let mut labels = Vec::new();
    for report in reports() {
        let request = post("/webhooks/mailjet", &authorization(), &report).to_string();
        let answer = function.invoke(&request).await.unwrap();
        labels.push(answer["statusCode"].as_i64().unwrap());
    }
    let answer = function.invoke(&batch().to_string()).await.unwrap();
    let failed = answer["batchItemFailures"].as_array().unwrap();
    assert!(failed.len() > 2 && failed.ends_with(&[id("m-6"), id("m-7")]), "{fault:?}: {answer}");
    let output = function.stop().await;
    assert!(labels.contains(&503), "{fault:?}: {labels:?} {output}");
    assert!(!output.contains("jane.doe") && !output.contains("Jane Doe"), "{fault:?}: {output}");
    let from_dependencies = output.lines().filter(|line| line.contains("\"source\":"));
    (output.lines().count(), from_dependencies.count())
}

fn id(message: &str) -> Value {
    json!({"itemIdentifier": message})
}

#[tokio::test]
async fn a_database_that_fails_in_every_way_is_not_quoted() {
    let errors = ERRORS.map(|(status, name)| Fault::Error(status, name));
    let faults: Vec<Fault> = errors.into_iter().chain(BROKEN.map(Fault::Broken)).collect();
    let database = Database::start().await;
    let outcomes = join_all(faults.iter().map(|fault| under(*fault, &database))).await;
    let lines: usize = outcomes.iter().map(|(lines, _)| lines).sum();
    let from_dependencies: usize = outcomes.iter().map(|(_, from_dependencies)| from_dependencies).sum();
    print_uncaptured(&format!(
        "{} faults of DynamoDB: {lines} lines, {from_dependencies} of other crates",
        faults.len()
    ));
}
