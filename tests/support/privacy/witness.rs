//! The real binary hears of every invocation that a test hands to the handler in its own process.
//!
//! One thread keeps a function for each set of settings, at the most verbose level of the log, and a DynamoDB for all
//! of them. Certificates lie beside it, and nothing outside this machine is within its reach. The same invocation under
//! the same settings is heard once.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::thread;

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};

use super::tally;
use crate::support::authority::FOLDER;
use crate::support::database::Database;
use crate::support::function::trusting_environment;
use crate::support::runtime_api::Function;

type Settings = Vec<(String, String)>;

/// An invocation to be judged, and where the verdict goes.
struct Case {
    settings: Settings,
    payload: String,
    verdict: oneshot::Sender<Result<(), String>>,
}

static CASES: LazyLock<mpsc::UnboundedSender<Case>> = LazyLock::new(|| {
    let (sender, cases) = mpsc::unbounded_channel();
    thread::Builder::new().name("witness".to_owned()).spawn(move || hear(cases)).expect("a thread");
    sender
});

/// Sends an invocation to the real binary under the same settings as a handler's.
///
/// # Panics
/// With what the binary wrote and should not have.
pub async fn witness(settings: &[(String, String)], payload: &str) {
    tally::add_test(thread::current().name().unwrap_or_default());
    let (verdict, judged) = oneshot::channel();
    let case = Case { settings: settings.to_vec(), payload: payload.to_owned(), verdict };
    assert!(CASES.send(case).is_ok(), "the witness runs");
    judged
        .await
        .expect("the witness answers")
        .unwrap_or_else(|found| panic!("the real binary is not private: {found}"));
}

/// The environment of a function that shows as much as it can, and reaches nothing but the database.
pub fn verbose(environment: Settings) -> Settings {
    let pairs = [
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE".to_owned()),
        ("RUST_LOG", "trace".to_owned()),
        ("RUST_BACKTRACE", "full".to_owned()),
        // Nobody listens there.
        ("HTTPS_PROXY", "http://127.0.0.1:9".to_owned()),
        ("SSL_CERT_FILE", FOLDER.join("root.pem").to_string_lossy().into_owned()),
    ];
    environment.into_iter().chain(pairs.map(|(name, value)| (name.to_owned(), value))).collect()
}

fn hear(mut cases: mpsc::UnboundedReceiver<Case>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let database = Database::start().await;
        let mut functions: HashMap<Settings, Function> = HashMap::new();
        let mut heard: HashSet<u64> = HashSet::new();
        while let Some(Case { settings, payload, verdict }) = cases.recv().await {
            let mut hash = DefaultHasher::new();
            (&settings, &payload).hash(&mut hash);
            if !heard.insert(hash.finish()) {
                drop(verdict.send(Ok(())));
                continue;
            }
            let function = match functions.remove(&settings) {
                Some(function) => function,
                None => start(&database, &settings).await,
            };
            // A function whose output is no good is not asked again: what it wrote late would be laid on others.
            match AssertUnwindSafe(judged(function, &payload)).catch_unwind().await {
                Ok(function) => {
                    functions.insert(settings, function);
                    drop(verdict.send(Ok(())));
                }
                Err(panic) => drop(verdict.send(Err(text(&*panic)))),
            }
        }
    });
}

async fn start(database: &Database, settings: &Settings) -> Function {
    let environment = trusting_environment(database).into_iter().chain(settings.iter().cloned()).collect();
    Function::start(&verbose(environment)).await
}

async fn judged(mut function: Function, payload: &str) -> Function {
    drop(function.invoke(payload).await);
    function
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default()
}
