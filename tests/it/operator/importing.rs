//! Imports of any length: how many requests they take, how they stop, and which lists they refuse.

mod first_line;

use std::fmt::Write;
use std::fs::File;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::calls::Calls;
use support::http_message::Message;
use support::proxy::{Reply, Request};

use super::*;

/// A list with this many addresses.
fn list(rows: usize) -> String {
    let mut list = String::from("address,reason,since\n");
    for n in 0..rows {
        writeln!(list, "user{n}@example.com,hard_bounce,2026-01-01").unwrap();
    }
    list
}

/// Imports a text; `more` comes last on the command line.
async fn import(world: &World, text: impl AsRef<[u8]>, more: &[&str]) -> CommandResult {
    import_until(world, text, more, Stop::Message(channel(1).1)).await
}

async fn import_until(world: &World, text: impl AsRef<[u8]>, more: &[&str], stop: Stop) -> CommandResult {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let path = file(&format!("importing-{}", FILES.fetch_add(1, Ordering::Relaxed)), text);
    let args = [&["import", "--source", "old", "--file", &path][..], more].concat();
    let ran = world.run_until(&args, stop).await;
    std::fs::remove_file(path).unwrap();
    ran
}

fn counting(world: &World, calls: &Calls) -> Client {
    let config = world.database.client.config().to_builder().interceptor(calls.clone()).build();
    Client::from_conf(config)
}

/// The requests by operation; a transaction names no table of its own.
fn operations(calls: &Calls) -> Vec<(String, usize)> {
    calls.take().into_iter().map(|((operation, _), count)| (operation, count)).collect()
}

#[tokio::test]
async fn a_thousand_rows_take_forty_requests_and_half_of_that_again() {
    let mut world = World::new().await;
    let calls = Calls::default();
    world.tables = tables(counting(&world, &calls));
    let ran = import(&world, &list(1_000), &[]).await;
    assert_eq!(ran.out, "1000 rows imported, 1000 new suppressions, 0 rows rejected\n");
    let expected = [("BatchGetItem".to_owned(), 20), ("TransactWriteItems".to_owned(), 20)];
    assert_eq!(operations(&calls), expected);
    let events = world.database.scan(EVENTS).await;
    assert_eq!((events.len(), world.records().await.len()), (1_000, 1_000));

    let ran = import(&world, &list(1_000), &[]).await;
    assert_eq!(ran.out, "1000 rows imported, 0 new suppressions, 0 rows rejected\n");
    assert_eq!(operations(&calls), [("BatchGetItem".to_owned(), 20)]);
    assert_eq!(world.database.scan(EVENTS).await, events, "no event is written again");
}

#[tokio::test]
async fn rows_of_one_address_are_events_of_their_own() {
    let world = World::new().await;
    let mut list = String::from("address,reason,scope,since,until\n");
    for n in 0..70 {
        writeln!(list, "jane@example.com,unsubscribe,list:ses:{n},2026-01-01,").unwrap();
    }
    // The same reason and time, but another end; one of the rows twice.
    for day in [1, 2, 2] {
        writeln!(list, "jane@example.com,complaint,*,2026-01-01,2026-12-0{day}").unwrap();
    }
    // Older than the entry: it changes only the beginning.
    list.push_str("jane@example.com,complaint,*,2025-01-01,\njane@example.com,complaint,*,2025-02-01,\n");
    let ran = import(&world, &list, &[]).await;
    assert_eq!(ran.out, "75 rows imported, 71 new suppressions, 0 rows rejected\n", "{}", ran.err);
    let events = world.database.scan(EVENTS).await;
    assert_eq!(events.len(), 73);
    let complaint: Vec<_> = events.values().filter(|event| text(event, "reason") == "complaint").collect();
    let mut written: Vec<_> =
        complaint.iter().map(|event| (text(event, "occurred_at"), text(event, "until"))).collect();
    written.sort_unstable();
    let expected = [
        ("2025-01-01T00:00:00.000Z", ""),
        ("2026-01-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00.000Z", "2026-12-02T00:00:00.000Z"),
    ];
    assert_eq!(written, expected);
    import(&world, &list, &[]).await;
    assert_eq!(world.database.scan(EVENTS).await, events, "no event is written again");
}

/// The id of a row without an end is that of earlier versions.
#[tokio::test]
async fn the_id_of_a_row_is_a_digest_of_its_facts() {
    let world = World::new().await;
    let rows =
        "address,reason,since,until\na@example.com,complaint,2026-01-01,\nb@example.com,manual,2026-01-01,2026-12-01\n";
    import(&world, rows, &[]).await;
    let day = |day: &str| format!("{day}T00:00:00.000Z");
    let (at, until) = (day("2026-01-01"), day("2026-12-01"));
    let ids = [
        EventId::of(&["import", "old", "a@example.com", "*", "complaint", &at].map(Some)).to_string(),
        EventId::of(&["import", "old", "b@example.com", "*", "manual", &at, &until].map(Some)).to_string(),
    ];
    let events = world.database.scan(EVENTS).await;
    assert_eq!(events.values().map(|event| text(event, "event_id")).collect::<Vec<_>>(), ids);
}

#[tokio::test]
async fn a_row_that_an_entry_outweighs_is_no_event() {
    let world = World::new().await;
    world.record(&[complaint("2026-06-01T00:00:00Z")]).await;
    world.run_ok(&["lift", "jane@example.com", "--reason", "complaint"]).await;
    let before = (world.records().await, world.database.scan(EVENTS).await);
    let ran = import(&world, "address,reason,since\njane@example.com,complaint,2026-06-01\n", &["--json"]).await;
    let line: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&line["imported"], &line["suppressed"]), (&json!(1), &json!(0)));
    assert_eq!((world.records().await, world.database.scan(EVENTS).await), before);
}

/// The answer that a transaction was canceled.
fn canceled(code: &str, request: &Request) -> Reply {
    let actions = request.body["TransactItems"].as_array().unwrap().len();
    let reasons: Vec<Value> = (0..actions).map(|n| json!({"Code": if n == 0 { code } else { "None" }})).collect();
    let body = json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "canceled", "CancellationReasons": reasons});
    Reply::Answer(Message::answer("400 Bad Request", &body))
}

#[tokio::test]
async fn a_canceled_batch_is_written_row_by_row() {
    for code in ["ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "ValidationError"] {
        let mut world = World::new().await;
        let whole = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&whole);
        let behind = world.database.behind(move |request| {
            let together = request.body["TransactItems"].as_array().is_some_and(|actions| actions.len() > 2);
            counted.fetch_add(usize::from(together), Ordering::Relaxed);
            if together { canceled(code, request) } else { Reply::Database }
        });
        world.tables = tables(behind.await.client);
        let ran = import(&world, &list(60), &[]).await;
        assert_eq!(ran.out, "60 rows imported, 60 new suppressions, 0 rows rejected\n", "{code}");
        assert_eq!(whole.load(Ordering::Relaxed), 2, "{code}: each part once");
        assert_eq!(world.database.scan(EVENTS).await.len(), 60, "{code}");
    }
}

#[tokio::test]
async fn a_table_that_fails_stops_the_import_which_says_how_far_it_came() {
    let mut world = World::new().await;
    let behind = world.database.behind(|request| {
        let is_bad = request.operation == "TransactWriteItems" && request.body.to_string().contains("user1234@");
        let denied = json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"});
        if is_bad { Reply::Answer(Message::answer("400 Bad Request", &denied)) } else { Reply::Database }
    });
    world.tables = tables(behind.await.client);
    let failure = import(&world, &list(4_000), &[]).await.outcome.unwrap_err();
    assert!(failure.starts_with("dynamodb denies access; "), "{failure}");
    assert!(failure.contains("rows imported before this; run the same command again to import the rest"), "{failure}");
}

#[tokio::test]
async fn a_row_that_the_table_refuses_is_rejected_by_its_line() {
    let mut world = World::new().await;
    let behind = world.database.behind(|request| {
        let is_bad = request.operation == "TransactWriteItems" && request.body.to_string().contains("user123@");
        if is_bad { canceled("ValidationError", request) } else { Reply::Database }
    });
    world.tables = tables(behind.await.client);
    let ran = import(&world, &list(400), &[]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete));
    assert_eq!(ran.err, "line 125: dynamodb refuses an item as it is; please report this as a bug\n");
    assert_eq!(ran.out, "399 rows imported, 399 new suppressions, 1 row rejected\n");
    assert_eq!(world.records().await.len(), 399);
}

#[tokio::test]
async fn a_stored_record_that_cannot_be_read_rejects_its_own_rows() {
    let world = World::new().await;
    let item = Item::from([("address".to_owned(), AttributeValue::S("user7@example.com".to_owned()))]);
    world.database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item.clone())).send().await.unwrap();
    let rows = format!("{}user7@example.com,complaint,2026-02-01\n", list(70));
    let why = "a stored suppression record cannot be read; repair the item";
    let expected = format!("line 9: {why}\nline 72: {why}\n");
    let dry = import(&world, &rows, &["--dry-run"]).await;
    assert_eq!((dry.outcome, dry.err), (Ok(Outcome::Incomplete), expected.clone()));
    assert_eq!(dry.out, "69 rows valid, at most 69 new suppressions, 2 rows rejected; nothing was written\n");
    let ran = import(&world, &rows, &[]).await;
    assert_eq!((ran.outcome, ran.err), (Ok(Outcome::Incomplete), expected));
    assert_eq!(ran.out, "69 rows imported, 69 new suppressions, 2 rows rejected\n");
    let records = world.records().await;
    assert!(records.len() == 70 && records.contains(&item), "{}", records.len());
    assert_eq!(world.database.scan(EVENTS).await.len(), 69);
}

/// A sender for a request to stop, and the closure that sends it once.
fn stopper() -> (impl Fn() + Send + Sync + 'static, Stop) {
    let (sender, wishes) = channel(1);
    let sender = Mutex::new(Some(sender));
    let stop = move || {
        let first = sender.lock().unwrap().take();
        if let Some(sender) = first {
            sender.try_send(()).unwrap();
        }
    };
    (stop, Stop::Message(wishes))
}

#[tokio::test]
async fn a_pipe_is_imported_as_it_is_filled_and_nobody_waits_for_its_end() {
    let mut world = World::new().await;
    let (stop, wish) = stopper();
    // The first rows are looked up before the end of the list is read.
    let behind = world.database.behind(move |_| {
        stop();
        Reply::Database
    });
    world.tables = tables(behind.await.client);
    let path = std::env::temp_dir().join(format!("mail-feedback-operator-{}-pipe", std::process::id()));
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    // Open in both directions, it makes neither side wait for the other.
    let mut pipe = File::options().read(true).write(true).open(&path).unwrap();
    let filling = std::thread::spawn(move || {
        pipe.write_all(list(3_200).as_bytes()).unwrap();
        pipe
    });
    let args = ["import", "--source", "old", "--dry-run", "--file", path.to_str().unwrap()];
    let import = tokio::time::timeout(Duration::from_mins(5), world.run_until(&args, wish));
    let ran = import.await.expect("it does not wait for the end");
    drop(filling.join().unwrap());
    std::fs::remove_file(path).unwrap();
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete));
    let advice = " lines; run the same command again to import the rest\n";
    assert!(ran.err.starts_with("stopped after ") && ran.err.ends_with(advice), "{}", ran.err);
    assert!(!ran.out.starts_with("0 rows valid"), "{}", ran.out);
}

#[tokio::test]
async fn a_stopped_import_says_how_many_rows_it_imported_and_the_next_one_imports_the_rest() {
    let mut world = World::new().await;
    let (stop, wish) = stopper();
    let behind = world.database.behind(move |request| {
        if request.operation == "TransactWriteItems" {
            stop();
        }
        Reply::Database
    });
    world.tables = tables(behind.await.client);
    let ran = import_until(&world, list(3_000), &[], wish).await;
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete));
    let imported = world.records().await.len();
    assert!((1..3_000).contains(&imported), "{imported}: transactions that had begun were finished");
    assert_eq!(ran.out, format!("{imported} rows imported, {imported} new suppressions, 0 rows rejected\n"));
    let advice = " of 3001; run the same command again to import the rest\n";
    assert!(ran.err.starts_with("stopped after ") && ran.err.ends_with(advice), "{}", ran.err);
    let rest = import(&world, &list(3_000), &[]).await;
    assert_eq!(rest.out, format!("3000 rows imported, {} new suppressions, 0 rows rejected\n", 3_000 - imported));
}

#[tokio::test]
async fn each_provider_without_reports_is_told_once() {
    let world = World::new().await;
    let mut text = String::from("address,reason,scope,since\n");
    let scopes =
        ["provider:sess", "list:own:weekly", "list:sess:News", "provider:ses", "list:Postmark:News", "provider:sess"];
    for (n, scope) in (1..).zip(scopes) {
        writeln!(text, "user{n}@example.com,unsubscribe,{scope},2026-01-01").unwrap();
    }
    let warning =
        |name: &str| format!("no report comes from {name}, only from ses, tencent, mailjet; check the spelling");
    for more in [&["--dry-run"][..], &[]] {
        let ran = import(&world, &text, more).await;
        assert_eq!(ran.err, format!("warning: {}\nwarning: {}\n", warning("sess"), warning("postmark")), "{more:?}");
        assert_eq!(ran.outcome, Ok(Outcome::Done));
    }
    let line: Value = serde_json::from_str(&import(&world, &text, &["--json"]).await.out).unwrap();
    assert_eq!(line["warning"], json!(warning("postmark, sess")));
    let line: Value = serde_json::from_str(&import(&world, list(1), &["--json"]).await.out).unwrap();
    assert_eq!(line["warning"], Value::Null);
    let mut many = String::from("address,reason,scope,since\n");
    for n in 0..25 {
        writeln!(many, "user@example.com,manual,provider:p{n},2026-01-01").unwrap();
    }
    let ran = import(&world, many, &[]).await;
    let lines: Vec<_> = ran.err.lines().collect();
    assert_eq!((lines.len(), lines[20]), (21, "warning: more unknown providers; only the first 20 are named"));
}

/// Nothing can be suppressed for such a list, so nobody could ask about it.
#[tokio::test]
async fn a_row_for_a_list_that_cannot_exist_is_rejected() {
    let world = World::new().await;
    let text = "address,reason,since,scope\na@example.com,unsubscribe,2026-01-01,list:mailjet:News\n\
        b@example.com,unsubscribe,2026-01-01,\"list:ses:News \"\nc@example.com,unsubscribe,2026-01-01,list:mailjet:42\n";
    let ran = import(&world, text, &[]).await;
    let lines: Vec<_> = ran.err.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("line 2: not a list name"), "{lines:?}");
    assert_eq!(ran.out, "1 row imported, 1 new suppression, 2 rows rejected\n");
}

#[tokio::test]
async fn twenty_rejected_rows_are_named_and_the_rest_counted() {
    let world = World::new().await;
    let mut text = String::from("address,reason,since\n");
    for _ in 0..25 {
        text.push_str("nobody,complaint,2026-01-01\n");
    }
    let ran = import(&world, &text, &[]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete));
    let lines: Vec<_> = ran.err.lines().collect();
    assert_eq!((lines.len(), lines[19]), (21, "line 21: not an e-mail address"));
    assert_eq!(lines[20], "5 more rows rejected; only the first 20 are named");
    assert_eq!(ran.out, "0 rows imported, 0 new suppressions, 25 rows rejected\n");
}

#[tokio::test]
async fn a_dry_run_counts_new_suppressions_and_writes_nothing() {
    let world = World::new().await;
    world.run_ok(&["suppress", "user1@example.com", "--reason", "hard_bounce"]).await;
    let before = (world.records().await, world.database.scan(EVENTS).await);
    let text = format!("{}nobody,complaint,2026-01-01\n", list(120));
    let ran = import(&world, &text, &["--dry-run"]).await;
    assert_eq!(ran.err, "line 122: not an e-mail address\n");
    let expected = "120 rows valid, at most 119 new suppressions, 1 row rejected; nothing was written\n";
    assert_eq!(ran.out, expected);
    assert_eq!((world.records().await, world.database.scan(EVENTS).await), before);
}

#[test]
fn global_options_have_their_own_heading() {
    let mut command = Cli::command();
    command.build();
    let import = command.find_subcommand_mut("import").unwrap();
    let help = import.render_help().to_string();
    let (own, global) = help.split_once("Global options:").expect("a heading");
    for option in ["--event-table", "--suppression-table", "--local", "--json"] {
        assert!(global.contains(option) && !own.contains(option), "{option}: {help}");
    }
    assert!(own.contains("--dry-run") && own.contains("--column <COLUMN=NAME>"), "{help}");
}

#[tokio::test]
async fn a_quoted_field_over_several_lines_is_one_row() {
    let world = World::new().await;
    let text = "\"E-mail\naddress\",reason,note,since\n\
        a@example.com,complaint,\"two\r\n\"\"lines\"\"\",2026-01-01\n\
        b@example.com,complaint,\"not closed,2026-01-01\n\
        c@example.com,complaint,one,2026-01-01\n\
        d@example.com,complaint,\"two\nlines\",never\n";
    let ran = import(&world, text, &["--column", "address=E-mail\naddress"]).await;
    assert_eq!(ran.out, "2 rows imported, 2 new suppressions, 2 rows rejected\n", "{}", ran.err);
    let records = world.records().await;
    let known: Vec<_> = records.iter().map(|record| support::database::text(record, "address")).collect();
    assert_eq!(known, ["a@example.com", "c@example.com"]);
    let lines: Vec<_> = ran.err.lines().collect();
    assert!(lines.len() == 2 && lines[0] == "line 5: a quote is not closed", "{lines:?}");
    assert!(lines[1].starts_with("line 7: "), "{lines:?}");
}

async fn imported(world: &World, list: &str, arguments: &[&str]) {
    let ran = import(world, list, arguments).await;
    assert_eq!(ran.outcome, Ok(Outcome::Done), "{}", ran.err);
}

#[tokio::test]
async fn rows_without_a_reason_have_that_of_the_command() {
    let world = World::new().await;
    let list = "address,since\na@example.com,2026-01-01\n";
    let failure = import(&world, list, &[]).await.outcome.unwrap_err();
    assert!(failure.starts_with("line 1: no column reason; found: address,since"), "{failure}");
    imported(&world, list, &["--reason", "unsubscribe"]).await;
    let list = "address,reason,since\nb@example.com,,2026-01-01\nc@example.com,complaint,2026-01-01\n";
    imported(&world, list, &["--reason", "unsubscribe"]).await;
    let list = "{\"address\":\"d@example.com\",\"since\":\"2026-01-01\"}\n";
    let failure = import(&world, list, &["--format", "ndjson"]).await.outcome.unwrap_err();
    assert_eq!(failure, "line 1: no reason; fill the column reason, or give --reason");
    imported(&world, list, &["--format", "ndjson", "--reason", "unsubscribe"]).await;
    let of_record = |record: &Item| entries(record).into_iter().map(|(_, reason, _)| reason).collect::<Vec<_>>();
    let reasons: Vec<_> = world.records().await.iter().flat_map(of_record).collect();
    assert_eq!(reasons, ["unsubscribe", "unsubscribe", "complaint", "unsubscribe"]);

    let named = ["--column", "reason=status", "--reason", "unsubscribe"];
    let failure = import(&world, "address,since\n", &named).await.outcome.unwrap_err();
    assert!(failure.starts_with("line 1: no column status"), "a column that was named must be there: {failure}");
    let failure = import(&world, "a@example.com,BOUNCE\n", &["--format", "ses", "--reason", "manual"]).await;
    assert!(failure.outcome.unwrap_err().contains("leave out --reason"));
}
