//! The operators' commands, from the command line to the tables.

mod actor;
mod asked;
mod crowded;
mod env;
mod explaining;
mod forgetting;
mod history;
mod importing;
mod lists;
mod output;
mod redrive;
mod ses;
mod unsubscribe_link;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use clap::{CommandFactory, Parser};
use mail_feedback::event::{Cause, Effect, EmailEvent, EventId, Kind, Provider, Reason, Recipient, Ruling, ScopeKind};
use mail_feedback::operator::caller::Caller;
use mail_feedback::operator::cli::{Cli, Command};
use mail_feedback::operator::stop::Stop;
use mail_feedback::operator::tables::{Settings, Tables};
use mail_feedback::operator::{self, Console, Outcome};
use mail_feedback::store::TimeLimits;
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};

use tokio::sync::mpsc::channel;

use support::database::{Database, EVENTS, Item, SUPPRESSIONS, entries, text};

/// One deployment, and its operator's current time.
struct World {
    database: Database,
    tables: Tables,
    now: Timestamp,
}

/// The result of a command.
struct CommandResult {
    outcome: Result<Outcome, String>,
    out: String,
    err: String,
}

impl World {
    async fn new() -> Self {
        let database = Database::start().await;
        let client = database.client.clone();
        Self { tables: tables(client), database, now: time("2026-11-20T12:00:00Z") }
    }

    async fn run(&self, args: &[&str]) -> CommandResult {
        self.run_until(args, Stop::Message(channel(1).1)).await
    }

    async fn run_until(&self, args: &[&str], stop: Stop) -> CommandResult {
        let cli = Cli::try_parse_from([&["mail-feedbackctl"], args].concat()).expect("a right command line");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console { out: &mut out, err: &mut err, json: cli.json, progress: false, now: self.now };
        let Command::Tables(command) = &cli.command else { panic!("a command about the tables") };
        let outcome = operator::run(command, &self.tables, stop, &mut console).await;
        CommandResult {
            outcome: outcome.map_err(|failure| failure.to_string()),
            out: String::from_utf8(out).unwrap(),
            err: String::from_utf8(err).unwrap(),
        }
    }

    /// Runs a command that must succeed.
    async fn run_ok(&self, args: &[&str]) -> String {
        let ran = self.run(args).await;
        assert_eq!(ran.outcome, Ok(Outcome::Done), "{args:?}: {}{}", ran.out, ran.err);
        ran.out
    }

    async fn record(&self, events: &[EmailEvent]) {
        self.tables.recorder.record(vec![events.to_vec()], self.now, TimeLimits::default()).await.whole().unwrap();
    }

    async fn records(&self) -> Vec<Item> {
        self.database.scan(SUPPRESSIONS).await.into_values().collect()
    }
}

/// The tables through a client, for somebody called jo.
fn tables(client: Client) -> Tables {
    let caller = Caller::Named(Some("jo".to_owned()));
    Tables::new(client, EVENTS.to_owned(), SUPPRESSIONS.to_owned(), Settings::default(), caller)
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn event(ruling: Ruling, at: &str) -> EmailEvent {
    let mut event = EmailEvent::new(Provider::Ses, EventId::of(&[Some("test"), Some(at)]), ruling);
    event.recipient = Some(Recipient::parse("Jane@Example.com"));
    event.occurred_at = Some(time(at));
    event.message_id = Some(format!("m-{at}"));
    event
}

fn soft(at: &str) -> EmailEvent {
    let mut event = event(Ruling::soft(Cause::MailboxFull), at);
    event.code = Some("4.2.2".to_owned());
    event.detail = Some("smtp; 452 4.2.2 mailbox\x1b[31m full".to_owned());
    event
}

fn complaint(at: &str) -> EmailEvent {
    let mut event = event(Ruling::of(Kind::Complained).with(const { &[Effect::suppress(Reason::Complaint)] }), at);
    event.code = Some("abuse".to_owned());
    event
}

fn unsubscribe(at: &str) -> EmailEvent {
    let mut event = event(Ruling::of(Kind::Unsubscribed).with(const { &[Effect::unsubscribe(ScopeKind::List)] }), at);
    event.list = Some("News".to_owned());
    event
}

/// `scope reason state provider actor` per entry.
fn entry_texts(record: &Item) -> Vec<String> {
    let line = |(scope, reason, entry): &(String, String, Item)| {
        let [state, provider, actor] = ["state", "provider", "actor"].map(|name| text(entry, name));
        format!("{} {scope} {reason} {state} {provider} {actor}", text(record, "address"))
    };
    entries(record).iter().map(line).collect()
}

/// A file with a list, which the caller removes.
fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = std::env::temp_dir().join(format!("mail-feedback-operator-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
    for wrong in [
        &["mail-feedbackctl", "explain", "nobody"][..],
        &["mail-feedbackctl", "check", "a@example.com", "--topic", "Offers"],
        &["mail-feedbackctl", "lift", "a@example.com", "--reason", "spam"],
        &["mail-feedbackctl", "lift", "a@example.com", "--reason", "complaint", "--scope", "everything"],
        &["mail-feedbackctl", "suppress", "a@example.com", "--reason", "manual", "--until", "tomorrow"],
    ] {
        assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn scripts_can_tell_blocked_from_failed() {
    assert_eq!([Outcome::Done, Outcome::Incomplete, Outcome::Blocked].map(Outcome::code), [0, 1, 2]);
}

#[tokio::test]
async fn check_says_why_and_what_would_lift() {
    let world = World::new().await;
    world.record(&[complaint("2026-11-01T09:00:00Z"), unsubscribe("2026-11-02T09:00:00Z")]).await;
    let ran = world.run(&["check", "JANE@example.com", "john@example.com"]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Blocked));
    assert_eq!(
        ran.out,
        "jane@example.com  blocked (asked for *); elsewhere: unsubscribe for list:ses:News\n  complaint        *  since \
         2026-11-01T09:00:00.000Z without end, from ses (abuse); ended by a manual lift only\njohn@example.com  allowed \
         for *\n"
    );
    let ran = world.run(&["check", "--json", "jane@example.com", "--provider", "ses", "--list", "News"]).await;
    let verdict: Value = serde_json::from_str(&ran.out).unwrap();
    let reasons: Vec<_> = verdict["blocked_by"].as_array().unwrap().iter().map(|block| &block["reason"]).collect();
    assert_eq!(reasons, ["complaint", "unsubscribe"]);
    world.run_ok(&["check", "john@example.com"]).await;
}

#[tokio::test]
async fn a_lift_stays_when_an_older_report_is_repeated() {
    let world = World::new().await;
    let report = complaint("2026-11-01T09:00:00Z");
    world.record(std::slice::from_ref(&report)).await;
    let args = ["lift", "jane@example.com", "--reason", "complaint", "--actor", "ops", "--note", "asked us"];
    assert!(world.run_ok(&args).await.ends_with("not blocked\n"));
    world.record(&[report]).await;
    world.run_ok(&["check", "jane@example.com"]).await;
    let again = world.run(&args).await.outcome.unwrap_err();
    assert_eq!(again, "nothing to lift: there is no complaint in scope *; nothing blocks the address");
}

#[tokio::test]
async fn suppress_takes_an_end_and_a_scope() {
    let world = World::new().await;
    let suppress = ["suppress", "jane@example.com", "--actor", "ops", "--reason", "manual", "--until"];
    let args = [&suppress[..], &["2026-12-01", "--scope", "domain:Bücher.example"]].concat();
    assert!(world.run_ok(&args).await.contains("until 2026-12-01T00:00:00.000Z"));
    world.run_ok(&["check", "jane@example.com"]).await;
    let ran = world.run(&["check", "jane@example.com", "--domain", "bücher.example"]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Blocked));
    let past = world.run(&[&suppress[..], &["2026-01-01"]].concat()).await;
    assert!(past.outcome.unwrap_err().starts_with("--until is in the past"));
    let counted = world.run(&["suppress", "jane@example.com", "--actor", "ops", "--reason", "soft_bounce"]).await;
    assert!(counted.outcome.unwrap_err().contains("is counted, not set"));
}

#[tokio::test]
async fn message_reads_the_whole_records_through_the_index() {
    let world = World::new().await;
    world.record(&[soft("2026-11-02T09:12:44Z")]).await;
    let shown = world.run_ok(&["message", "ses", "m-2026-11-02T09:12:44Z"]).await;
    assert!(shown.starts_with("jane@example.com\n  2026-11-02T09:12:44.000Z  ses"), "{shown}");
    assert!(shown.contains("mailbox_full"), "the index has no cause: {shown}");
    let ran = world.run(&["message", "mailjet", "1"]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete));
}

#[tokio::test]
async fn an_export_is_imported_into_other_tables_as_it_was() {
    let world = World::new().await;
    world.record(&[complaint("2026-11-01T09:00:00Z"), unsubscribe("2026-11-02T09:00:00Z")]).await;
    let list = ["manual", "--scope", "list:tencent:a,\"b\"", "--until", "2027-01-01", "--actor", "ops"];
    world.run_ok(&[&["suppress", "\"o'neil, x\"@example.com", "--reason"], &list[..]].concat()).await;
    world.run_ok(&["suppress", "lifted@example.com", "--reason", "manual", "--actor", "ops"]).await;
    world.run_ok(&["lift", "lifted@example.com", "--reason", "manual", "--actor", "ops"]).await;
    for format in ["csv", "ndjson"] {
        let exported = world.run_ok(&["export", "--format", format]).await;
        let path = file(&format!("round-trip.{format}"), &exported);
        let other = World::new().await;
        let import = ["import", "--format", format, "--source", "move", "--file", &path];
        assert_eq!(other.run_ok(&import).await, "3 rows imported, 3 new suppressions, 0 rows rejected\n");
        assert_eq!(other.run_ok(&["export", "--format", format]).await, exported);
        let once = other.records().await;
        assert!(once.iter().flat_map(entry_texts).all(|entry| entry.ends_with(" move")));
        assert_eq!(other.run_ok(&import).await, "3 rows imported, 0 new suppressions, 0 rows rejected\n");
        assert_eq!(other.records().await, once, "not even the version changes");
        std::fs::remove_file(path).unwrap();
    }
}

#[tokio::test]
async fn the_lists_of_providers_hold_what_they_can() {
    let world = World::new().await;
    world.record(&[complaint("2026-11-01T09:00:00Z"), unsubscribe("2026-11-02T09:00:00Z")]).await;
    for (address, reason) in [("hard@example.com", "hard_bounce"), ("by-hand@example.com", "manual")] {
        world.run_ok(&["suppress", address, "--reason", reason, "--actor", "ops"]).await;
    }
    let ses = world.run(&["export", "--format", "ses"]).await;
    let mut lines: Vec<_> = ses.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["Jane@Example.com,COMPLAINT", "hard@example.com,BOUNCE"]);
    assert!(ses.err.starts_with("1 suppressed address left out"), "{}", ses.err);
    let json = world.run_ok(&["export", "--format", "ses", "--json"]).await;
    assert!(json.contains(r#"{"emailAddress":"hard@example.com","reason":"BOUNCE"}"#), "{json}");
    assert_eq!(world.run_ok(&["export", "--format", "mailjet"]).await.lines().count(), 3);

    let other = World::new().await;
    let at = ["--at", "2026-01-01", "--source", "console", "--file"];
    let path = file("ses.json", &json);
    other.run_ok(&[&["import", "--format", "ses"], &at[..], &[&path]].concat()).await;
    std::fs::write(&path, "Email\nboth@example.com\n").unwrap();
    other.run_ok(&[&["import", "--format", "mailjet"], &at[..], &[&path]].concat()).await;
    std::fs::remove_file(path).unwrap();
    let found: Vec<_> = other.records().await.iter().flat_map(entry_texts).collect();
    let expected = [
        "both@example.com provider:mailjet provider_block suppressed mailjet console",
        "hard@example.com * hard_bounce suppressed ses console",
        "jane@example.com * complaint suppressed ses console",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn bad_rows_are_named_and_do_not_stop_the_rest() {
    let world = World::new().await;
    let rows = "reason,address,since,until\ncomplaint,a@example.com,2026-01-01,\nspam,b@example.com,2026-01-01,\n\
        complaint,nobody,2026-01-01,\ncomplaint,c@example.com,,\nmanual,d@example.com,2026-02-01,2026-01-01\n\
        \"open,e@example.com,2026-01-01,\nsoft_bounce,f@example.com,2026-01-01T00:00:00Z,2027-01-01\n";
    let path = file("bad.csv", rows);
    let ran = world.run(&["import", "--source", "old", "--file", &path]).await;
    std::fs::remove_file(path).unwrap();
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete));
    let expected = [
        "line 3: unknown reason",
        "line 4: not an e-mail address",
        "line 5: no time",
        "line 6: it ends before it begins",
        "line 7: a quote is not closed",
    ];
    for (line, expected) in ran.err.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    assert_eq!(
        (ran.err.lines().count(), ran.out.as_str()),
        (5, "2 rows imported, 2 new suppressions, 5 rows rejected\n")
    );
    let found: Vec<_> = world.records().await.iter().flat_map(entry_texts).collect();
    assert_eq!(
        found,
        ["a@example.com * complaint suppressed manual old", "f@example.com * manual suppressed manual old"]
    );
}

/// It is not about an address, although it is in the table of addresses.
#[tokio::test]
async fn an_export_leaves_the_certificates_alone() {
    let world = World::new().await;
    let key = AttributeValue::S("-".to_owned());
    let version = AttributeValue::N("1".to_owned());
    let call = world.database.client.put_item().table_name(SUPPRESSIONS).item("address", key).item("version", version);
    call.send().await.unwrap();
    assert_eq!(world.run_ok(&["export"]).await.lines().count(), 1);
    assert_eq!(world.run_ok(&["--json", "export"]).await, "");
    let checked = world.run(&["check", "-"]).await;
    assert_eq!(checked.out, "-  not an e-mail address; do not send\n");
    for command in ["explain", "forget"] {
        assert!(Cli::try_parse_from(["mail-feedbackctl", command, "-"]).is_err(), "{command}: it is no address");
    }
}
