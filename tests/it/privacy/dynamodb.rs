//! A DynamoDB that fails in every way, and quotes what it was asked in all that it says.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{function, say};
use crate::support::database::{Database, client};
use crate::support::function::{authorization, environment, post};

/// Who must not be seen.
const ADDRESS: &str = "jane.doe+vip@example.com";

/// Errors as DynamoDB names them, with their status.
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

/// What is no error of DynamoDB, but comes from gateways, proxies and broken connections.
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
    /// A redirect to a link that holds the request.
    Redirect,
    /// The request in the headers.
    Headers,
    /// The request, where HTTP should be.
    NoHttp,
    /// A header that quotes the request and is none.
    BadHeader,
    /// A body that ends too early.
    Cut,
    /// No answer, and a closed connection.
    Closed,
    /// Items left undone, for ever.
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

/// A server that fails so.
async fn faulty(fault: Fault) -> Database {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    if let Fault::Broken(broken @ (Broken::NoHttp | Broken::BadHeader | Broken::Cut | Broken::Closed)) = fault {
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(break_off(stream, broken));
            }
        });
    } else {
        let routes = Router::new().fallback(fail).with_state(Arc::new(fault));
        tokio::spawn(async move { axum::serve(listener, routes).await });
    }
    Database { address, client: client(&format!("http://{address}")) }
}

/// Answers with something that is no HTTP, or ends too early.
async fn break_off(mut stream: TcpStream, broken: Broken) {
    let mut request = vec![0; 64 * 1024];
    let length = stream.read(&mut request).await.unwrap_or(0);
    let text = String::from_utf8_lossy(&request[..length]).into_owned();
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let answer = match broken {
        Broken::NoHttp => format!("{ADDRESS} {body}\r\n\r\n"),
        Broken::BadHeader => format!("HTTP/1.1 200 OK\r\ncontent-length: {ADDRESS} {body}\r\n\r\n"),
        Broken::Cut => format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{body}"),
        _ => String::new(),
    };
    drop(stream.write_all(answer.as_bytes()).await);
}

async fn fail(State(fault): State<Arc<Fault>>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let quoted = format!("{ADDRESS} {request} {headers:?}");
    let ok = |document: Value| (StatusCode::OK, document.to_string()).into_response();
    match *fault {
        Fault::Error(status, name) => {
            let kind = format!("com.amazonaws.dynamodb.v20120810#{name}");
            let item = json!({"address": {"S": ADDRESS}, "note": {"S": quoted}});
            let document = json!({"__type": kind, "message": quoted, "Message": quoted, "Item": item});
            (StatusCode::from_u16(status).unwrap(), document.to_string()).into_response()
        }
        Fault::Broken(Broken::Page) => (StatusCode::BAD_GATEWAY, format!("<html>{quoted}</html>")).into_response(),
        Fault::Broken(Broken::Echo) => ok(json!({"Item": request, "Responses": request, "Items": [request]})),
        Fault::Broken(Broken::Mistyped) => {
            ok(json!({"Item": {"address": quoted}, "Responses": quoted, "Items": quoted, "UnprocessedItems": quoted}))
        }
        Fault::Broken(Broken::Text) => (StatusCode::OK, quoted).into_response(),
        Fault::Broken(Broken::Redirect) => {
            let location = [("location", format!("https://{ADDRESS}/?token=correct-horse"))];
            (StatusCode::TEMPORARY_REDIRECT, location).into_response()
        }
        Fault::Broken(Broken::Headers) => {
            let value = HeaderValue::try_from(ADDRESS).unwrap();
            let names = ["x-amzn-errortype", "x-amzn-requestid", "x-amz-crc32", "date"].map(HeaderName::from_static);
            let headers: HeaderMap = names.into_iter().map(|name| (name, value.clone())).collect();
            (StatusCode::BAD_REQUEST, headers).into_response()
        }
        Fault::Broken(_) => {
            ok(json!({"UnprocessedItems": request["RequestItems"], "UnprocessedKeys": request["RequestItems"]}))
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

/// What a function says whose DynamoDB fails so: how many lines, how many of them of other crates.
async fn under(fault: Fault) -> (usize, usize) {
    let database = faulty(fault).await;
    let mut function = function(environment(&database), &[]).await;
    let mut labels = Vec::new();
    for report in reports() {
        let request = post("/webhooks/mailjet", &authorization(), &report).to_string();
        let answer = function.invoke(&request).await.unwrap();
        labels.push(answer["statusCode"].as_i64().unwrap());
    }
    let output = function.stop().await;
    assert!(labels.contains(&503), "{fault:?}: {labels:?} {output}");
    assert!(!output.contains("jane.doe") && !output.contains("Jane Doe"), "{fault:?}: {output}");
    let foreign = output.lines().filter(|line| line.contains("\"source\":"));
    (output.lines().count(), foreign.count())
}

#[tokio::test]
async fn a_database_that_fails_in_every_way_is_not_quoted() {
    let errors = ERRORS.map(|(status, name)| Fault::Error(status, name));
    let faults: Vec<Fault> = errors.into_iter().chain(BROKEN.map(Fault::Broken)).collect();
    let outcomes = join_all(faults.iter().map(|fault| under(*fault))).await;
    let lines: usize = outcomes.iter().map(|(lines, _)| lines).sum();
    let foreign: usize = outcomes.iter().map(|(_, foreign)| foreign).sum();
    say(&format!("{} faults of DynamoDB: {lines} lines, {foreign} of other crates", faults.len()));
}
