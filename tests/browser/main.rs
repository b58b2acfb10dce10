//! The pages behind one-click unsubscribe links, and those for support, in a real browser, headless Chromium: `make
//! browser`. Without `BROWSER`, the folder with the packages of `.ci/browser`, this test is skipped.
//!
//! This program serves the functions over HTTP, beside an embedded DynamoDB; `pages.mjs` and `support.mjs` open, click and
//! judge. Then the tables must contain exactly what was clicked. The argument `links` or `support` limits them to one
//! part. With `PICTURES`, only the pictures of the guide are taken, into that folder.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a program for a terminal")]
#![allow(clippy::expect_used, clippy::panic, clippy::arithmetic_side_effects, reason = "it fails by panicking")]
#![allow(unreachable_pub, dead_code, reason = "a module that is shared with other tests")]

#[path = "support.rs"]
mod support_pages;
#[path = "../it/view/world.rs"]
mod view_world;
#[path = "../it/unsubscribe/world.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use mail_feedback::functions::unsubscribe::Unsubscriber;
use mail_feedback::timestamp::Timestamp;
use mail_feedback::unsubscribe::Language;
use serde_json::{Map, Value, json};
use support::database::{Database, client};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::{mpsc, oneshot};

/// Any reason why this program fails.
type Failure = Box<dyn std::error::Error>;

/// Debian's Chromium, unless the variable `CHROMIUM` names another.
const CHROMIUM: &str = "/usr/bin/chromium";
/// The ways in which each language is looked at: dark or light, and the width of the screen.
const VIEWS: [(&str, u32); 4] = [("light", 1280), ("dark", 1280), ("light", 320), ("dark", 320)];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let Some(folder) = std::env::var_os("BROWSER").filter(|folder| !folder.is_empty()).map(PathBuf::from) else {
        println!("\nSKIPPED: the pages in a browser. They need packages and Chromium: make browser\n");
        return Ok(());
    };
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let screenshots = root.join("target/browser");
    std::fs::create_dir_all(&screenshots)?;
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| CHROMIUM.to_owned());
    let packages = root.join(folder).join("node_modules");
    let common = json!({"chromium": chromium, "screenshots": screenshots, "packages": packages});
    // The pictures are of the pages for support.
    let only = std::env::args().nth(1).or_else(|| std::env::var("PICTURES").ok().map(|_| "support".to_owned()));
    let is_wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if is_wanted("links") {
        links(&root, &common).await?;
    }
    if is_wanted("support") {
        support(&root, &common).await?;
    }
    println!("browser: screenshots are in {}", screenshots.display());
    Ok(())
}

/// The pages for support, in both homes.
async fn support(root: &Path, common: &Value) -> Result<(), Failure> {
    let homes = support_pages::start(root).await?;
    let mut task = homes.task();
    extend(&mut task, common);
    let pictures = std::env::var_os("PICTURES").filter(|folder| !folder.is_empty());
    if let Some(folder) = pictures {
        task["pictures"] = json!(root.join(folder));
        return run_node(root, "support.mjs", &task).await;
    }
    run_node(root, "support.mjs", &task).await?;
    homes.judge().await
}

/// The pages behind one-click unsubscribe links.
async fn links(root: &Path, common: &Value) -> Result<(), Failure> {
    let database = Database::start().await;
    let served = serve(function_at(&database, Timestamp::now)).await?;
    let late = serve(function_at(&database, || Timestamp::now().plus_days(1))).await?;
    // Nothing listens there.
    let mut unreachable = world::function(client("http://127.0.0.1:9"));
    unreachable.clock = Timestamp::now;
    let unavailable = serve(unreachable).await?;
    let mut flows = Vec::new();
    for language in Language::ALL {
        for (scheme, width) in VIEWS {
            let name = format!("{language}-{scheme}-{width}");
            let token = world::token(&format!("jane.{name}@example.com"), "list:own:weekly");
            flows.push(
                json!({"name": name, "language": language.as_str(), "scheme": scheme, "width": width, "token": token}),
            );
        }
    }
    let mut task = json!({"served": served, "late": late, "unavailable": unavailable, "flows": flows});
    extend(&mut task, common);
    run_node(root, "pages.mjs", &task).await?;
    let world = world::World { function: world::function(database.client.clone()), database };
    let events = world.events().await;
    let count = |kind: &str| events.iter().filter(|event| event.starts_with(kind)).count();
    let expected = (flows.len(), flows.len(), flows.len() * 2);
    let found = (count("unsubscribed "), count("subscribed "), events.len());
    if found != expected {
        return Err(format!("the tables contain {found:?} instead of {expected:?}").into());
    }
    println!("browser: {} flows were recorded", flows.len());
    Ok(())
}

fn function_at(database: &Database, clock: fn() -> Timestamp) -> Unsubscriber {
    let mut function = world::function(database.client.clone());
    function.clock = clock;
    function
}

fn extend(task: &mut Value, more: &Value) {
    for (name, value) in more.as_object().into_iter().flatten() {
        task[name] = value.clone();
    }
}

/// Runs a program of this folder with a task as its input.
async fn run_node(root: &Path, program: &str, task: &Value) -> Result<(), Failure> {
    let mut node = Command::new("node")
        .arg(root.join("tests/browser").join(program))
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    node.stdin.take().ok_or("its input")?.write_all(task.to_string().as_bytes()).await?;
    let status = node.wait().await?;
    if status.success() { Ok(()) } else { Err("the pages are not as they must be".into()) }
}

/// A request as an event, and where its answer is sent.
type Job = (String, oneshot::Sender<Value>);

/// Serves a function as API Gateway does, and returns the address.
async fn serve(function: Unsubscriber) -> Result<String, Failure> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let (jobs, received) = mpsc::unbounded_channel();
    // The function has a thread of its own, as in Lambda: its futures stay on it.
    std::thread::spawn(move || run(&function, received));
    let routes = Router::new().fallback(answer).with_state(jobs);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}

fn run(function: &Unsubscriber, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        while let Some((event, reply)) = jobs.recv().await {
            let answer = function.serve(&event, "browser", Duration::from_secs(10)).await.expect("a request");
            drop(reply.send(serde_json::to_value(answer).expect("JSON")));
        }
    });
}

async fn answer(
    State(jobs): State<mpsc::UnboundedSender<Job>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, String) {
    let text = |value: &HeaderValue| Value::from(value.to_str().unwrap_or_default());
    let headers: Map<_, _> = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = String::from_utf8_lossy(&body);
    let event = world::request(method.as_str(), uri.path(), &headers.into(), &body);
    let (reply, answer) = oneshot::channel();
    jobs.send((event.to_string(), reply)).expect("the function runs");
    let answer = world::served(&answer.await.expect("the function answers"));
    let status = StatusCode::from_u16(u16::try_from(answer.status).expect("a status")).expect("a status");
    let pairs = answer.headers.as_object().into_iter().flatten().map(|(name, value)| {
        let value = HeaderValue::from_str(value.as_str().unwrap_or_default()).expect("a value");
        (HeaderName::try_from(name).expect("a name"), value)
    });
    (status, pairs.collect(), answer.body)
}
