//! `unsubscribe-link`: the header fields of one mail.

use clap::Parser;
use mail_feedback::operator::cli::{Cli, Command};
use mail_feedback::operator::{Console, Outcome, unsubscribe_link};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};

use super::CommandResult;

const KEYS: &str = r#"{"k1":"0123456789abcdef0123456789abcdef","k2":"fedcba9876543210fedcba9876543210"}"#;

fn run(keys: &str, more: &[&str]) -> CommandResult {
    let path = std::env::temp_dir().join(format!("mail-feedback-keys-{}-{}", std::process::id(), keys.len()));
    std::fs::write(&path, keys).unwrap();
    let fixed = ["mail-feedbackctl", "unsubscribe-link", "Jane@Example.com", "--scope", "list:own:weekly", "--keys"];
    let args = [&fixed, [path.to_str().unwrap()].as_slice(), more].concat();
    let cli = Cli::try_parse_from(args).expect("a right command line");
    let Command::UnsubscribeLink(given) = &cli.command else { panic!("a link") };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let now = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
    let mut console = Console { out: &mut out, err: &mut err, json: cli.json, progress: false, now };
    let outcome = unsubscribe_link::run(given, &mut console).map_err(|failure| failure.to_string());
    let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
    CommandResult { outcome, out, err }
}

#[test]
fn it_prints_both_fields_for_people_and_programs() {
    let host = ["--host", "u.example.com", "--key-id", "k2"];
    let plain = run(KEYS, &host);
    assert_eq!((plain.outcome, plain.err.as_str()), (Ok(Outcome::Done), ""));
    let lines: Vec<_> = plain.out.lines().collect();
    assert_eq!(lines[1..], ["List-Unsubscribe-Post: List-Unsubscribe=One-Click"]);
    let link = lines[0].strip_prefix("List-Unsubscribe: ").unwrap();
    // The payload, as any other base64 gives it.
    assert!(link.starts_with("<https://u.example.com/u/MQprMgoxNzk1"), "{link}");
    let object = run(KEYS, &[&host, ["--json"].as_slice()].concat());
    let object: Value = serde_json::from_str(&object.out).unwrap();
    assert_eq!(object, json!({"List-Unsubscribe": link, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}));
}

#[test]
fn a_failure_says_what_to_give() {
    for (keys, host, id, expected) in [
        (KEYS, "u.example.com", None, "there are several keys; give --key-id"),
        (KEYS, "u.example.com", Some("k3"), "there is no usable key of that id"),
        (KEYS, "unsubscribe.example.com", Some("k1"), "not a host for links"),
        ("0123456789abcdef0123456789abcdef", "u.example.com", None, "no keys; give a JSON object"),
        (r#"{"k1":"a-short-secret"}"#, "u.example.com", None, "no keys; give a JSON object"),
    ] {
        let id = id.map_or(Vec::new(), |id| vec!["--key-id", id]);
        let failed = run(keys, &[["--host", host].as_slice(), &id].concat());
        let message = failed.outcome.unwrap_err();
        assert!(message.starts_with(expected) && !message.contains("secret"), "{message}");
    }
    for (option, value) in [("--scope", "*"), ("--scope", "list:ses:News"), ("--key-id", "k 1")] {
        let args =
            ["mail-feedbackctl", "unsubscribe-link", "jane@example.com", "--host", "u.example.com", option, value];
        assert!(Cli::try_parse_from(args).is_err(), "{option} {value}");
    }
}
