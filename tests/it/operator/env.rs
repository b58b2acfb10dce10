//! `env`: the lines that a shell evaluates, and the warning about a stack with another version.

use std::collections::BTreeMap;
use std::process::Command;

use clap::Parser;
use mail_feedback::operator::cli::{Cli, Command as Asked};
use mail_feedback::operator::{Console, Outcome, env};
use mail_feedback::timestamp::Timestamp;
use serde_json::Value;

use super::CommandResult;
use super::redrive::account::Account;

/// A name with everything that a shell could misread.
const ODD: &str = "a'b\"c$(id)`id`\\ d;e";

fn account() -> Account {
    let account = Account::new(Vec::new(), Vec::new());
    account.state().outputs.extend([
        ("EventTableName", "mf-events".to_owned()),
        ("SuppressionTableName", "mf-suppressions".to_owned()),
        ("DashboardUrl", ODD.to_owned()),
    ]);
    account
}

async fn run(account: &Account, args: &[&str]) -> CommandResult {
    let cli = Cli::try_parse_from([&["mail-feedbackctl", "env", "--stack", "mf"], args].concat()).expect("right");
    let Asked::Env(given) = &cli.command else { panic!("the environment") };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console { out: &mut out, err: &mut err, json: cli.json, progress: false, now: Timestamp::now() };
    let outcome = env::run(given, &account.cloud(), &mut console).await;
    let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
    CommandResult { outcome: outcome.map_err(|failure| failure.to_string()), out, err }
}

/// The variables of a shell after it has evaluated the lines.
fn evaluated(lines: &str) -> BTreeMap<String, String> {
    let script = "eval \"$1\"; env -0";
    let shell = Command::new("sh").args(["-c", script, "sh", lines]).env_clear().env("PATH", "/usr/bin:/bin").output();
    let text = String::from_utf8(shell.unwrap().stdout).unwrap();
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn a_shell_gets_the_tables_and_the_settings() {
    let ran = run(&account(), &[]).await;
    assert_eq!((ran.outcome, ran.err.as_str()), (Ok(Outcome::Done), ""));
    let variables = evaluated(&ran.out);
    for (name, value) in [
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("STACK", "mf"),
        ("EVENT_TABLE", "mf-events"),
        ("SUPPRESSION_TABLE", "mf-suppressions"),
        ("FAILED_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/mf-FailedQueue-1"),
        ("SOFT_BOUNCE_THRESHOLD", "7"),
        ("DASHBOARD_URL", ODD),
    ] {
        assert_eq!(variables.get(name).map(String::as_str), Some(value), "{}", ran.out);
    }
    assert!(!variables.contains_key("CONFIGURATION_SET"), "the stack has none");
}

#[tokio::test]
async fn a_program_gets_an_object() {
    let ran = run(&account(), &["--json"]).await;
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&object["EVENT_TABLE"], &object["DASHBOARD_URL"]), (&"mf-events".into(), &ODD.into()));
}

#[tokio::test]
async fn a_stack_of_another_application_is_refused() {
    let other = Account::new(Vec::new(), Vec::new());
    let ran = run(&other, &[]).await;
    let told = ran.outcome.unwrap_err();
    assert!(told.contains("the stack mf has no output EventTableName; give the name of a stack"), "{told}");
    assert_eq!(ran.out, "", "nothing that a shell would evaluate");
    other.state().refusals.insert("DescribeStacks", (99, "ValidationError"));
    let told = run(&other, &[]).await.outcome.unwrap_err();
    assert!(told.contains("there is no stack mf in us-east-1"), "{told}");
}

#[tokio::test]
async fn a_different_version_of_the_stack_is_reported() {
    let account = account();
    for (version, words) in [(Some("9.9.9"), "has version 9.9.9,"), (None, "has a version before 0.2.0,")] {
        account.state().outputs.remove("Version");
        account.state().outputs.extend(version.map(|version| ("Version", version.to_owned())));
        let ran = run(&account, &[]).await;
        assert_eq!(ran.outcome, Ok(Outcome::Done));
        assert!(ran.err.contains(words) && ran.err.contains(env!("CARGO_PKG_VERSION")), "{}", ran.err);
        assert!(!ran.out.contains("warning"), "a shell evaluates no warning");
        let ran = account.run(&[]).await;
        assert!(ran.err.contains(words), "{}", ran.err);
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let told = Cli::try_parse_from(["mail-feedbackctl", "--version"]).unwrap_err().to_string();
    assert!(told.starts_with(concat!("mail-feedbackctl ", env!("CARGO_PKG_VERSION"), " (")), "{told}");
}
