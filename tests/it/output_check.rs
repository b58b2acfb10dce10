//! Checks that nothing the function writes or answers reveals personal data or secrets.
//!
//! Every invocation of the real binary is checked in two independent ways: its output must consist of the
//! [`vocabulary`], and must not contain any of the [`secrets`] of the invocation in any form. What a test sends to the
//! handler in its own process goes to the real binary, too: see [`crate::real_binary`].

pub mod scan;
pub mod secrets;
pub mod tally;
pub mod views;
pub mod vocabulary;

use serde_json::Value;

use self::scan::leaks;
use self::secrets::Secrets;
use self::vocabulary::{Ids, unknown_answer_fields, unknown_fields};

/// The standards for the output of a function.
#[derive(Debug)]
pub struct OutputChecker {
    ids: Ids,
    /// Secrets of the environment.
    credentials: Vec<(String, String)>,
    /// Whether the log is JSON.
    is_json: bool,
}

impl OutputChecker {
    /// Creates a check for a function with an environment, whose invocation ids begin with `request`.
    pub fn new(environment: &[(String, String)], request: &str) -> Self {
        let get = |name: &str| environment.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        let topics = get("SNS_TOPIC_ARNS").split(',').map(str::trim);
        let configured = topics.chain([get("EVENT_TABLE"), get("SUPPRESSION_TABLE")]).map(str::to_owned).collect();
        let passwords = get("WEBHOOK_CREDENTIALS").split(',').filter_map(|pair| Some(pair.split_once(':')?.1));
        let keys = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "UNSUBSCRIBE_KEYS"].map(|name| (name, get(name)));
        let credentials = passwords.map(|password| ("WEBHOOK_CREDENTIALS", password)).chain(keys);
        let credentials = credentials.map(|(name, value)| (format!("the variable {name}"), value.to_owned()));
        Self {
            ids: Ids { request: request.to_owned(), configured },
            // The tests' shorter ones also occur in other words.
            credentials: credentials.filter(|(_, value)| value.len() >= 8).collect(),
            is_json: !get("AWS_LAMBDA_LOG_FORMAT").eq_ignore_ascii_case("text"),
        }
    }

    /// Checks what was written during an invocation, and its outcome.
    ///
    /// # Errors
    /// The findings.
    pub fn check(&self, written: &str, payload: &str, outcome: &Result<Value, Value>) -> Result<(), String> {
        let mut secrets = Secrets::of(payload);
        for (place, value) in &self.credentials {
            secrets = secrets.with_credential(place, value);
        }
        let answer = outcome.as_ref().unwrap_or_else(|error| error).to_string();
        let leaks = leaks(&format!("{written}\n{answer}"), &secrets, &self.ids.configured);
        let mut found: Vec<String> = leaks.iter().map(|leak| format!("shown is {leak}")).collect();
        if self.is_json {
            found.extend(unknown_fields(written, &self.ids, &secrets));
        }
        found.extend(unknown_answer_fields(outcome, &secrets));
        tally::add(written, &answer, secrets.all.len());
        if found.is_empty() {
            Ok(())
        } else {
            Err(format!("{}\nwritten: {written}\nanswer: {answer}", found.join("\n")))
        }
    }
}
