//! The real binary: started so that everything it writes is checked, and invoked together with a test's handler.
//!
//! [`invoke_both`] gives an invocation to the handler in this process and then to the binary. For the latter, one
//! thread keeps a function for each set of settings, at the most verbose log level, and a DynamoDB for all of them.
//! Certificates are stored beside it, and it can reach nothing outside this machine. The same invocation with the same
//! settings is sent to the binary once.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use harness::function::{self, InProcess};
use mail_feedback::error::Error;
use serde_json::{Value, json};
use support::authority::FOLDER;
use support::database::Database;
use support::environment::{Environment, trusting_environment};
use support::runtime_api::{Function, REQUEST};
use tokio::sync::{mpsc, oneshot};

use crate::output_check::{OutputChecker, tally};

/// Starts the binary with an environment; what it writes during each invocation is checked.
pub async fn start(environment: &[(String, String)]) -> Function {
    let checker = OutputChecker::new(environment, REQUEST);
    let check = move |written: &str, payload: &str, outcome: &Result<Value, Value>| {
        checker.check(written, payload, outcome).map_err(|found| format!("not private: {found}"))
    };
    let binary = Path::new(env!("CARGO_BIN_EXE_mail-feedback"));
    Function::start(binary, environment).await.checked_by(Box::new(check))
}

/// The same at the most verbose level, for a function whose answers are for its caller: only its log and its errors are
/// checked.
pub async fn start_for_caller(settings: Environment) -> Function {
    start_program(Path::new(env!("CARGO_BIN_EXE_mail-feedback")), settings).await
}

/// The same for the binary of the function `changes`, whose events are for the bus.
#[cfg(feature = "changes")]
pub async fn start_changes(settings: Environment) -> Function {
    start_program(Path::new(env!("CARGO_BIN_EXE_mail-feedback-changes")), settings).await
}

/// The same for the binary of the pages for support, whose pages are for their reader.
#[cfg(feature = "local")]
pub async fn start_view(settings: Environment) -> Function {
    start_program(Path::new(env!("CARGO_BIN_EXE_mail-feedback-view")), settings).await
}

async fn start_program(binary: &Path, settings: Environment) -> Function {
    let settings = verbose(settings);
    let checker = OutputChecker::new(&settings, REQUEST);
    let check = move |written: &str, payload: &str, outcome: &Result<Value, Value>| {
        let outcome = outcome.as_ref().map(|_| json!({})).map_err(Clone::clone);
        checker.check(written, payload, &outcome).map_err(|found| format!("not private: {found}"))
    };
    Function::start(binary, &settings).await.checked_by(Box::new(check))
}

/// Invokes a handler and returns its answer; the real binary gets the same invocation, and its output is checked.
pub async fn invoke_both(handler: &InProcess, payload: &str) -> Result<Value, Error> {
    invoke_both_within(handler, payload, function::TIME_LEFT).await.0
}

/// The same with this much remaining time; also returns how long the handler took.
pub async fn invoke_both_within(
    handler: &InProcess,
    payload: &str,
    time_left: Duration,
) -> (Result<Value, Error>, Duration) {
    let started = Instant::now();
    let answer = function::invoke_within(handler, payload, time_left).await;
    let took = started.elapsed();
    // Afterwards, because tests of concurrent invocations depend on nothing happening in between.
    invoke_binary(&handler.settings, payload).await;
    (answer, took)
}

/// An invocation to check, and where the result is sent.
struct Case {
    settings: Environment,
    payload: String,
    verdict: oneshot::Sender<Result<(), String>>,
}

static CASES: LazyLock<mpsc::UnboundedSender<Case>> = LazyLock::new(|| {
    let (sender, cases) = mpsc::unbounded_channel();
    thread::Builder::new().name("real binary".to_owned()).spawn(move || run(cases)).expect("a thread");
    sender
});

/// Sends an invocation to the real binary with the settings of a handler; panics with anything it should not have
/// written.
async fn invoke_binary(settings: &[(String, String)], payload: &str) {
    tally::add_test(thread::current().name().unwrap_or_default());
    let (verdict, checked) = oneshot::channel();
    let case = Case { settings: settings.to_vec(), payload: payload.to_owned(), verdict };
    assert!(CASES.send(case).is_ok(), "the thread runs");
    checked
        .await
        .expect("the thread answers")
        .unwrap_or_else(|found| panic!("the real binary is not private: {found}"));
}

/// The environment of a function at the most verbose log level, which can reach only the database.
pub fn verbose(environment: Environment) -> Environment {
    let pairs = [
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE".to_owned()),
        ("RUST_LOG", "trace".to_owned()),
        ("RUST_BACKTRACE", "full".to_owned()),
        // No server listens there.
        ("HTTPS_PROXY", "http://127.0.0.1:9".to_owned()),
        ("SSL_CERT_FILE", FOLDER.join("root.pem").to_string_lossy().into_owned()),
    ];
    environment.into_iter().chain(pairs.map(|(name, value)| (name.to_owned(), value))).collect()
}

fn run(mut cases: mpsc::UnboundedReceiver<Case>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let database = Database::start().await;
        let mut functions: HashMap<Environment, Function> = HashMap::new();
        let mut known: HashSet<u64> = HashSet::new();
        while let Some(Case { settings, payload, verdict }) = cases.recv().await {
            let mut hash = DefaultHasher::new();
            (&settings, &payload).hash(&mut hash);
            if !known.insert(hash.finish()) {
                drop(verdict.send(Ok(())));
                continue;
            }
            let function = match functions.remove(&settings) {
                Some(function) => function,
                None => verbose_function(&database, &settings).await,
            };
            // A function with a bad output is not used again: its late output would be blamed on later invocations.
            match AssertUnwindSafe(checked(function, &payload)).catch_unwind().await {
                Ok(function) => {
                    functions.insert(settings, function);
                    drop(verdict.send(Ok(())));
                }
                Err(panic) => drop(verdict.send(Err(text(&*panic)))),
            }
        }
    });
}

async fn verbose_function(database: &Database, settings: &Environment) -> Function {
    let environment = trusting_environment(database).into_iter().chain(settings.iter().cloned()).collect();
    start(&verbose(environment)).await
}

async fn checked(mut function: Function, payload: &str) -> Function {
    drop(function.invoke(payload).await);
    function
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default()
}
