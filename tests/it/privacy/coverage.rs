//! No attack and no other invocation of a test escapes the scan, and the scan sees what the SDK would log.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use harness::function::handler;
use serde_json::Value;
use support::database::Database;
use support::environment::environment;
use support::request::{authorization, post};
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing_subscriber::fmt::MakeWriter;

use super::{print_uncaptured, run_in_own_process};
use crate::attacks::world::{Host, World, signed};
use crate::output_check::OutputChecker;
use crate::output_check::tally;
use crate::real_binary::invoke_both;

#[tokio::test]
async fn what_a_test_invokes_goes_to_the_real_binary_too() {
    let name = std::thread::current().name().unwrap().to_owned();
    let world = World::at(&Host::genuine()).await;
    assert_eq!(world.https(&signed(|_| {})).await, 200);
    assert!(tally::has_test(&name), "{name}");
    let figures = std::fs::read_to_string(tally::FILE).unwrap();
    assert!(figures.starts_with("privacy: "), "{figures}");
}

/// The files of the integration tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn no_test_invokes_a_handler_without_the_scan() {
    let calls = [[".handle", "("].concat(), ["function::", "invoke"].concat()];
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"));
    assert!(files.len() > 50, "{}", files.len());
    // Measured to the byte, or counted, with payloads of megabytes that repeat one character; the feed that goes
    // through the binary itself; and what invokes both.
    let excepted = |file: &&PathBuf| {
        ["extremes.rs", "costs.rs", "survival/run.rs", "real_binary.rs"]
            .iter()
            .any(|it| file.ends_with(Path::new("tests/it").join(it)))
    };
    for file in files.iter().filter(|file| !excepted(file)) {
        let text = std::fs::read_to_string(file).unwrap();
        let imports = text.split(';').any(|statement| {
            let import = statement.rsplit_once("use harness::function::");
            import.is_some_and(|(before, names)| before.ends_with('\n') && names.contains("invoke"))
        });
        assert!(
            !imports && !calls.iter().any(|call| text.contains(call)),
            "{}: call real_binary::invoke_both instead",
            file.display()
        );
    }
}

/// Everything that all crates log at all levels.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<Vec<u8>>>);

impl Write for Everything {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Everything {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Why the log is filtered: other crates log whole items at the finest level, and the scan reports it.
#[test]
fn what_other_crates_say_at_the_finest_level_would_be_found() {
    if STATIC_MAX_LEVEL < LevelFilter::TRACE {
        return print_uncaptured("NOT RUN: this build has no finer levels of the log than release builds have");
    }
    run_in_own_process("privacy::coverage::without_the_filter_of_the_log");
}

#[tokio::test]
#[ignore = "sets what the whole process logs"]
async fn without_the_filter_of_the_log() {
    let database = Database::start().await;
    let environment = environment(&database);
    let handler = handler(&database, &environment);
    let body = r#"{"event":"spam","time":1763600000,"MessageID":5,"email":"jane.doe+7@example.com"}"#;
    let request = post("/webhooks/mailjet", &authorization(), body).to_string();
    let everything = Everything::default();
    tracing_subscriber::fmt().json().with_max_level(LevelFilter::TRACE).with_writer(everything.clone()).init();
    let answer = invoke_both(&handler, &request).await.unwrap();
    let written = String::from_utf8(everything.0.lock().unwrap().clone()).unwrap();
    let found =
        OutputChecker::new(&environment, "test").check(&written, &request, &Ok::<_, Value>(answer)).unwrap_err();
    assert!(found.contains("Address of payload.body.email"), "{found:.2000}");
    assert!(found.contains("jane.doe+7@example.com"), "{found:.2000}");
}
