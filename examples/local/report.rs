//! What people see: a block a sample, a summary, and how to go on.

use std::io::IsTerminal;

use support::database::{EVENTS, SUPPRESSIONS};
use support::request::CREDENTIALS;
use support::samples::Effect;

use crate::feed::Feed;
use crate::webhook::{WEBHOOKS, Webhook};

/// What became of one call.
pub struct Outcome {
    /// The sample or the webhook.
    pub name: String,
    /// `ok`, an HTTP status, or an error; with what was written.
    pub got: (String, Effect),
    /// The same as it must be.
    pub expected: (String, Effect),
    /// The answer as it came.
    pub answer: String,
}

impl Outcome {
    /// Whether it is as expected.
    pub fn is_expected(&self) -> bool {
        self.got == self.expected
    }

    /// Prints the block of this call; the lines of the function's log are for one that failed.
    pub fn print(&self, log: &[String]) {
        let (status, effect) = &self.got;
        let mark = if self.is_expected() { paint("32", "ok    ") } else { paint("1;31", "FAILED") };
        println!("{mark}  {:<56}  {status}", self.name);
        print_rows(effect);
        if !self.is_expected() {
            println!("        expected: {}", self.expected.0);
            print_rows(&self.expected.1);
            println!("        answer: {}", self.answer);
            for line in log {
                println!("        log: {line}");
            }
        }
    }
}

/// Prints records, one a line, the address last since it has any length.
pub fn print_rows(effect: &Effect) {
    let row = |what, one: &str, two: &str, three: &str, address| {
        println!("          {what:<11}  {one:<15}  {two:<12}  {three:<18}  {address}");
    };
    for event in &effect.events {
        row("event", &event.kind, &event.permanence, &event.cause, &event.address);
    }
    for entry in &effect.suppressions {
        row("suppression", &entry.reason, &entry.state, &entry.scope, &entry.address);
    }
    for address in &effect.soft_bounces {
        row("soft bounce", "counted", "", "", address);
    }
    if effect == &Effect::default() {
        println!("          nothing written");
    }
}

/// Prints how to read the blocks.
pub fn print_legend() {
    println!("\nEach call below: its mark, name and answer; under it the records that it wrote, as");
    println!("          event        kind             permanence    cause               address");
    println!("          suppression  reason           state         scope               address\n");
}

/// Prints how many calls of a kind did what they must; whether all did.
pub fn print_summary(what: &str, outcomes: &[Outcome]) -> bool {
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_expected()).collect();
    println!("{} {what}, {} as expected", outcomes.len(), outcomes.len().saturating_sub(failed.len()));
    for outcome in &failed {
        println!("  {} {}", paint("1;31", "FAILED"), outcome.name);
    }
    failed.is_empty()
}

/// Prints what can be done with what is running.
pub fn print_help(feed: &Feed) {
    let Feed { address, database, .. } = feed;
    let port = address.port();
    let database = database.endpoint();
    println!(
        "Function and tables stay up until Ctrl-C. What is written is shown here; a changed source is built anew.\n"
    );
    println!("Post to it as a provider does:\n");
    for webhook in &WEBHOOKS {
        let Webhook { path, query, .. } = webhook;
        let login = if query.is_empty() { format!("-u {CREDENTIALS} ") } else { String::new() };
        println!("  curl -i {login}-H 'Content-Type: application/json' 'http://{address}{path}{query}' \\");
        println!("    -d '{}'\n", webhook.body("anybody"));
    }
    println!("Invoke it as SNS does (this sample was sent above, and a repetition changes nothing):\n");
    println!("  .venv/bin/cargo-lambda lambda invoke --invoke-address 127.0.0.1 --invoke-port {port} \\");
    println!("    --data-file events/ses/bounce-permanent-general.json mail-feedback\n");
    println!("Read the tables, {EVENTS} and {SUPPRESSIONS}, with the AWS CLI or with curl:\n");
    println!("  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws dynamodb scan --region us-east-1 \\");
    println!("    --endpoint-url {database} --table-name {SUPPRESSIONS}\n");
    println!("  curl -s --aws-sigv4 aws:amz:us-east-1:dynamodb -u local:local {database} \\");
    println!("    -H 'Content-Type: application/x-amz-json-1.0' -H 'X-Amz-Target: DynamoDB_20120810.Scan' \\");
    println!("    -d '{{\"TableName\": \"{SUPPRESSIONS}\"}}'\n");
}

/// Colours for terminals only.
fn paint(colour: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
}
