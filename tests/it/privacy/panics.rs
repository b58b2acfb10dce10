//! No panic is known; if one happens, it reports its location, but not the input.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use mail_feedback::telemetry;
use support::authority::FOLDER;
use support::database::Database;
use support::environment::environment;

use super::{function, run_in_own_process};

#[test]
fn a_panic_reports_its_location_and_not_its_message() {
    let output = run_in_own_process("privacy::panics::a_panic");
    let line = output.lines().find(|line| line.contains("please report this as a bug")).expect(&output);
    assert!(line.contains(r#""level":"ERROR""#) && line.contains("tests/it/privacy/panics.rs:"), "{line}");
    assert!(!output.contains("jane@"), "{output}");
}

#[tokio::test]
#[ignore = "sets the panic hook of the whole process"]
async fn a_panic() {
    telemetry::init();
    let work = telemetry::redact_panic(async { panic!("no such address: {}", "jane@example.com") });
    let panicked = AssertUnwindSafe::<_>(work).catch_unwind().await.map(|(): ()| "it panics").unwrap_err();
    let reported = panicked.downcast_ref::<&str>().unwrap();
    assert_eq!(*reported, "the function panicked; its log names the place");
}

/// In test builds, the HTTPS client treats a file without certificates as a bug of its own.
#[tokio::test]
async fn a_panic_of_the_binary_is_a_line_of_the_log() {
    let database = Database::start().await;
    let file = FOLDER.join("no-certificates.pem");
    std::fs::write(&file, "jane@example.com").unwrap();
    let settings = [("SSL_CERT_FILE", file.to_str().unwrap())];
    let (code, output) = function(environment(&database), &settings).await.ended().await;
    assert_eq!(code, Some(101), "{output}");
    assert!(output.contains("please report this as a bug") && !output.contains("thread 'main'"), "{output}");
    assert!(!output.contains("jane@"), "{output}");
}
