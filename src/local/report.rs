//! What people see: where everything is, one line per sample, and a block to paste.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use support::database::{EVENTS, SUPPRESSIONS};
use support::request::CREDENTIALS;
use support::samples::Effect;

use super::check::NAME;
use super::log::Lines;
use super::session::Session;
use super::webhook::{WEBHOOKS, Webhook};

/// The sample whose lines and commands are shown.
pub(super) const SHOWN: &str = "ses/bounce-permanent-general";

/// The address in it.
pub(super) fn address() -> String {
    format!("{}@example.com", SHOWN.trim_start_matches("ses/"))
}

/// The result of one call.
pub(super) struct Outcome {
    /// The sample or the webhook.
    pub(super) name: String,
    /// `ok`, an HTTP status, or an error; with what was written.
    pub(super) got: (String, Effect),
    /// The expected result.
    pub(super) expected: (String, Effect),
    /// The answer as received.
    pub(super) answer: String,
}

impl Outcome {
    /// Whether it is as expected.
    pub(super) fn is_expected(&self) -> bool {
        self.got == self.expected
    }

    /// Prints the line of this call, its records on request, and every detail with the function's log if it failed.
    pub(super) fn print(&self, log: &[String], details: bool) {
        let (status, effect) = &self.got;
        let mark = if self.is_expected() { paint("32", "ok    ") } else { paint("1;31", "FAILED") };
        println!("{mark}  {:<50}  {status:<6}  {}", self.name, summary(effect));
        if details || !self.is_expected() {
            print_rows(effect);
        }
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

/// What was written, as one line.
fn summary(effect: &Effect) -> String {
    let events = effect.events.iter().map(|event| event.kind.clone());
    let entries = effect.suppressions.iter().map(|entry| match entry.state.as_str() {
        "suppressed" => format!("{} {}", entry.reason, entry.scope),
        state => format!("{} {} {state}", entry.reason, entry.scope),
    });
    let soft_bounces = effect.soft_bounces.iter().map(|_| "counted".to_owned());
    let [events, rest] = [counted(events), counted(entries.chain(soft_bounces))];
    match (events.is_empty(), rest.is_empty()) {
        (true, true) => "-".to_owned(),
        (_, true) => events,
        _ => format!("{events:<14}  {rest}"),
    }
}

/// Groups equal words, with a count if there are several.
fn counted(words: impl Iterator<Item = String>) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for word in words {
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => counts.push((word, 1)),
        }
    }
    let text = |(word, count): (String, usize)| if count == 1 { word } else { format!("{count} x {word}") };
    counts.into_iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Prints records, one per line.
pub(super) fn print_rows(effect: &Effect) {
    print_some(effect, usize::MAX);
}

/// Prints the first records, and how many more there are.
pub(super) fn print_some(effect: &Effect, limit: usize) {
    print!("{}", indented(effect, limit));
}

/// The first records as lines, and how many more there are.
pub(super) fn indented(effect: &Effect, limit: usize) -> String {
    rows(effect, limit).iter().flat_map(|row| ["          ", row, "\n"]).collect()
}

/// One line per record, with the address last because its length varies.
fn rows(effect: &Effect, limit: usize) -> Vec<String> {
    let row = |what, one: &str, two: &str, three: &str, address: &str| {
        format!("{what:<11}  {one:<15}  {two:<12}  {three:<18}  {address}")
    };
    let events =
        effect.events.iter().map(|event| row("event", &event.kind, &event.permanence, &event.cause, &event.address));
    let entries = effect
        .suppressions
        .iter()
        .map(|entry| row("suppression", &entry.reason, &entry.state, &entry.scope, &entry.address));
    let soft_bounces = effect.soft_bounces.iter().map(|address| row("soft bounce", "counted", "", "", address));
    let mut rows: Vec<String> = events.chain(entries).chain(soft_bounces).collect();
    if rows.is_empty() {
        return vec!["nothing written".to_owned()];
    }
    let more = rows.len().saturating_sub(limit);
    rows.truncate(limit);
    if more > 0 {
        rows.push(format!("… and {more} more"));
    }
    rows
}

/// Prints where the pages are, before anything else.
pub(super) fn print_view(view: SocketAddr) {
    println!(
        "http://{view}/   the pages for support: an address, a message, an overview, and new events as they come in"
    );
}

/// Prints what is running, and where.
pub(super) fn print_places(session: &Session) {
    let Session { function, check, database } = session;
    println!("function   http://{function}   under cargo lambda watch, which rebuilds it when the source changes");
    println!("check      http://{check}   the function that answers senders, behind Lambda's API");
    println!("DynamoDB   http://{database}   in memory: {EVENTS}, {SUPPRESSIONS}");
    println!(
        "SNS        none; the samples and `make ses-bounce` are signed by test authorities that the function trusts"
    );
}

/// Prints the heading of the table.
pub(super) fn print_heading() {
    println!("\n        {:<50}  {:<6}  {:<14}  suppression record", "sample", "answer", "events");
}

/// Prints how many calls had the expected result; returns whether all had.
pub(super) fn print_summary(outcomes: &[Outcome], took: Duration) -> bool {
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_expected()).collect();
    let good = outcomes.len().saturating_sub(failed.len());
    println!("\n{} samples and posts in {:.1} s, {good} as expected", outcomes.len(), took.as_secs_f64());
    for outcome in &failed {
        println!("  {} {}", paint("1;31", "FAILED"), outcome.name);
    }
    failed.is_empty()
}

/// Prints what the function logged about one event.
pub(super) fn print_lines(lines: &Lines) {
    println!("\nWhat the function wrote about {SHOWN}, one line for metrics and log:\n");
    println!("{}", lines.metrics.last().map_or("nothing", String::as_str));
}

/// Prints commands to paste that use what is running.
pub(super) fn print_next(session: &Session, message: Option<&str>) {
    let Session { function, check, database } = session;
    let (ctl, address) = (program("mail-feedbackctl"), address());
    println!("\nEverything runs until Ctrl-C, and new records are shown here. To paste into another terminal:\n");
    println!("export AWS_ENDPOINT_URL_DYNAMODB=http://{database} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1");
    println!("export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local; unset AWS_PROFILE AWS_SESSION_TOKEN");
    println!("export EVENT_TABLE={EVENTS} SUPPRESSION_TABLE={SUPPRESSIONS}");
    println!("export AWS_ENDPOINT_URL_LAMBDA=http://{check} CHECK_FUNCTION_NAME={NAME}\n");
    println!("{ctl} --local check {address}");
    println!("{ctl} --local explain {address}");
    if let Some(message) = message {
        println!("{ctl} --local message ses {message}");
    }
    println!("aws dynamodb get-item --table-name {SUPPRESSIONS} --key '{{\"address\": {{\"S\": \"{address}\"}}}}'");
    println!(
        "answer=$(mktemp); aws lambda invoke --function-name {NAME} --payload fileb:///dev/stdin \"$answer\" <<< \
         '{{\"addresses\": [\"{address}\"]}}' && cat \"$answer\"; echo\n"
    );
    println!("make ses-bounce TO=jane@example.com");
    for webhook in &WEBHOOKS {
        let Webhook { path, query, .. } = webhook;
        let login = if query.is_empty() { format!("-u {CREDENTIALS} ") } else { String::new() };
        println!(
            "curl -i {login}-H 'Content-Type: application/json' 'http://{function}{path}{query}' -d '{}'",
            webhook.body("anybody")
        );
    }
    println!();
}

/// A program built next to this one, as it is called from the folder of the clone.
pub(super) fn program(name: &str) -> String {
    let path = std::env::current_exe().unwrap_or_default().with_file_name(name);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    path.strip_prefix(folder).unwrap_or(&path).display().to_string()
}

/// Colours text for terminals only.
fn paint(colour: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use support::samples::{Effect, EventRow, SuppressionRow};

    use super::{rows, summary};

    fn effect(events: usize) -> Effect {
        let event = |number| EventRow {
            address: format!("{number}@example.com"),
            kind: "bounced".to_owned(),
            permanence: "permanent".to_owned(),
            ..EventRow::default()
        };
        let entry = SuppressionRow {
            address: "0@example.com".to_owned(),
            scope: "*".to_owned(),
            reason: "hard_bounce".to_owned(),
            state: "suppressed".to_owned(),
        };
        Effect { events: (0..events).map(event).collect(), suppressions: vec![entry], soft_bounces: Vec::new() }
    }

    #[test]
    fn one_line_says_what_was_written() {
        assert_eq!(summary(&effect(1)), "bounced         hard_bounce *");
        assert_eq!(summary(&effect(3)), "3 x bounced     hard_bounce *");
        assert_eq!(summary(&Effect::default()), "-");
    }

    #[test]
    fn many_records_are_cut_and_counted() {
        let rows = rows(&effect(199), 20);
        assert_eq!((rows.len(), rows.last().unwrap().as_str()), (21, "… and 180 more"));
    }
}
