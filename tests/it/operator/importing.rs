//! Imports of any length: how many requests they take, how they stop, and which lists they refuse.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
async fn import(world: &World, text: &str, more: &[&str]) -> CommandResult {
    import_until(world, text, more, Stop::Message(channel(1).1)).await
}

async fn import_until(world: &World, text: &str, more: &[&str], stop: Stop) -> CommandResult {
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
async fn a_row_that_the_table_refuses_fails_the_import_after_the_rows_before_it() {
    let mut world = World::new().await;
    let behind = world.database.behind(|request| {
        let is_bad = request.operation == "TransactWriteItems" && request.body.to_string().contains("user1234@");
        if is_bad { canceled("ValidationError", request) } else { Reply::Database }
    });
    world.tables = tables(behind.await.client);
    let failure = import(&world, &list(4_000), &[]).await.outcome.unwrap_err();
    assert!(failure.contains("rows imported before this; run the same command again to import the rest"), "{failure}");
}

#[tokio::test]
async fn a_stored_record_that_cannot_be_read_stops_the_import() {
    let world = World::new().await;
    let item = Item::from([("address".to_owned(), AttributeValue::S("user7@example.com".to_owned()))]);
    world.database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item.clone())).send().await.unwrap();
    let failure = import(&world, &list(10), &[]).await.outcome.unwrap_err();
    assert!(failure.contains("0 rows imported before this;"), "{failure}");
    assert_eq!(world.records().await, [item]);
}

#[tokio::test]
async fn a_stopped_import_says_how_many_rows_it_imported_and_the_next_one_imports_the_rest() {
    let world = World::new().await;
    let (sender, wishes) = channel(1);
    sender.send(()).await.unwrap();
    let ran = import_until(&world, &list(3_000), &[], Stop::Message(wishes)).await;
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
async fn a_list_of_another_format_stops_at_its_first_line() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "csv",
            "email,why\na@example.com,complaint\n",
            "line 1: no columns address and reason; found: email,why; name the",
        ),
        ("csv", "\n\naddress,why\na@example.com,complaint\n", "line 3: no column reason; found: address,why; name the"),
        ("csv", "address;reason\na@example.com;complaint\n", "found semicolons instead of commas; save the list with"),
        ("csv", "address\treason\n", "found tabs instead of commas"),
        (
            "csv",
            "a@example.com\nb@example.com\n",
            "line 1: no columns address and reason; found 1 field, an address among",
        ),
        ("csv", "a@example.com,complaint\n", "found 2 fields, an address among them"),
        ("csv", "\"address,reason\n", "line 1: a quote is not closed; found: \"address,reason"),
        ("ndjson", "address,reason\n", "line 1: not a list in the format ndjson; found: address,reason"),
        ("ses", "a@example.com\n", "line 1: not a list in the format ses; found 1 field, an address among them"),
        ("ses", "email,type\n", "line 1: not a list in the format ses; found: email,type"),
        ("mailjet", "Name,Date\n", "line 1: not a list in the format mailjet; found: Name,Date"),
        ("mailjet", "Email;Date\na@example.com;2026-01-01\n", "found semicolons instead of commas"),
        ("mailjet", "a@example.com;2026-01-01\n", "found semicolons instead of commas"),
    ];
    let world = World::new().await;
    for (format, text, expected) in cases {
        let ran = import(&world, text, &["--at", "2026-01-01", "--format", format]).await;
        let failure = ran.outcome.expect_err(text);
        assert!(failure.contains(expected) && failure.starts_with("line "), "{format} {text:?}: {failure}");
        assert!(!failure.contains("a@example.com"), "no address is shown: {failure}");
    }
    assert!(world.records().await.is_empty());
}

#[tokio::test]
async fn columns_may_have_other_names_and_any_case() {
    let world = World::new().await;
    let text = "Since,E-Mail,Status,Name\n2026-01-01,jane@example.com,complaint,Jane\n";
    let ran = import(&world, text, &["--column", "address=E-mail", "--column", "reason=status"]).await;
    assert_eq!(ran.out, "1 row imported, 1 new suppression, 0 rows rejected\n");
    let failure = import(&world, text, &["--column", "address=mail"]).await.outcome.unwrap_err();
    assert!(failure.starts_with("line 1: no columns mail and reason; found: Since,E-Mail,Status,Name;"), "{failure}");
    let failure = import(&world, text, &["--column", "address=a", "--format", "ndjson"]).await.outcome.unwrap_err();
    assert!(failure.starts_with("only csv has a heading"), "{failure}");
    for (wrong, words) in
        [("email=address", "no such column; the columns are address,"), ("address", "such as address=name")]
    {
        let args = ["mail-feedbackctl", "import", "--source", "old", "--column", wrong];
        let said = Cli::try_parse_from(args).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn rows_without_a_heading_have_the_columns_of_an_export() {
    let world = World::new().await;
    world.record(&[complaint("2026-11-01T09:00:00Z")]).await;
    let exported = world.run_ok(&["export"]).await;
    let (_, row) = exported.split_once('\n').unwrap();
    let other = World::new().await;
    assert_eq!(import(&other, row, &[]).await.outcome, Ok(Outcome::Done));
    assert_eq!(other.run_ok(&["export"]).await, exported);
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
