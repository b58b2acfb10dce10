//! Everything that the function may write: anything else fails, whether or not it is a known secret.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use mail_feedback::api::{Action, ApiError, Flaw, Order, Question, Refusal};
use mail_feedback::error::Error;
use mail_feedback::event::Reason;
use mail_feedback::store::NotAStream;
use mail_feedback::suppression::ScopeError;
use mail_feedback::telemetry::{LinkOutcome, metric_names};
use serde_json::Value;

use super::secrets::Secrets;

/// The log messages other than the advice on errors.
const SENTENCES: [&str; 17] = [
    "a dependency logged a warning; see source and line",
    "a dependency logged an error; see source and line",
    "recorded",
    "answered",
    "decided",
    "served",
    "published",
    "shown",
    "not shown",
    "a record of the stream cannot be read, and makes no event; see the runbook, change events",
    "a change is too large for an event, and makes none; see the runbook, change events",
    "a subscription is waiting to be confirmed; set SNS_AUTO_CONFIRM and subscribe again",
    "a subscription of the topic to this endpoint has ended",
    "SNS_ALLOW_SHA1 also admits sha-1 over https; set SignatureVersion 2 on the topics instead",
    "dynamodb did not answer during the cold start; the first event tries again",
    "a certificate could not be stored; the next instance fetches it from sns",
    "attributes of other writers left no room for a suppression record; the largest were removed",
];
/// The log fields with numbers or booleans.
const FIGURES: [&str; 15] = [
    "events",
    "messages",
    "records",
    "failed",
    "status",
    "duration_ms",
    "authentication_ms",
    "recording_ms",
    "retry",
    "line",
    "dropped",
    "addresses",
    "blocked",
    "unreadable",
    "changed",
];
/// Its other fields, and those of an answer.
const FIELDS: [&str; 23] = [
    "timestamp",
    "level",
    "target",
    "mail_feedback::handler::outcome_log",
    "mail_feedback::handler::certificates",
    "mail_feedback::store::certificates",
    "mail_feedback::store::item_limit",
    "mail_feedback::telemetry::dependencies",
    "source",
    "message",
    "request_id",
    "message_id",
    "sequence_number",
    "class",
    "label",
    "signature_version_1_topics",
    "statusCode",
    "isBase64Encoded",
    "statusDescription",
    "multiValueHeaders",
    "batchItemFailures",
    "errorType",
    "errorMessage",
];
/// The parts of an answer's headers.
const HEADERS: [&str; 6] = [
    "content-type",
    "application/json",
    "www-authenticate",
    "Basic realm=\"mail-feedback\", charset=\"UTF-8\"",
    "allow",
    "POST",
];
/// The parts of the directives in a metrics line, other than metric names.
const DIRECTIVES: [&str; 13] = [
    "Timestamp",
    "CloudWatchMetrics",
    "Namespace",
    "Dimensions",
    "Metrics",
    "Name",
    "Unit",
    "Count",
    "Milliseconds",
    "function",
    "version",
    "mail-feedback",
    "$LATEST",
];

static METRICS: LazyLock<BTreeSet<String>> = LazyLock::new(metric_names);
static ADVICE: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| Error::all().map(Error::advice).collect());
static CLASSES: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| Error::all().map(Error::class).chain(["Refused"]).collect());
static LABELS: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| Error::labels().chain(Flaw::LABELS).chain([ApiError::REFUSED]).collect());
/// How the Lambda runtime prints an error of the handler.
static PRINTED: LazyLock<BTreeSet<String>> = LazyLock::new(|| Error::all().map(|error| format!("{error:?}")).collect());
static MESSAGES: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| Error::all().map(|error| error.to_string()).chain(flaws()).chain(of_changes()).collect());
/// The bodies of answers that say what to do.
static ANSWERS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let told = Error::all().filter_map(Error::answer);
    told.map(|sentence| format!("{{\"error\":\"{sentence}\"}}")).collect()
});

/// What the function `changes` says about a batch that failed, and about invocations from elsewhere.
fn of_changes() -> impl Iterator<Item = String> {
    #[cfg(feature = "changes")]
    let failures = mail_feedback::functions::changes::BusFailure::ALL.iter().map(|failure| failure.advice().to_owned());
    #[cfg(not(feature = "changes"))]
    let failures = std::iter::empty();
    failures.chain([NotAStream.to_string(), format!("form: {NotAStream}")])
}

/// The messages about malformed questions, and about malformed and refused orders.
fn flaws() -> impl Iterator<Item = String> {
    let wrong = [
        "5",
        r#"{"addresses":5}"#,
        r#"{"addresses":[],"x":5}"#,
        r#"{"tenant":1,"tenant":1}"#,
        r#"{"tenant":"\ud800"}"#,
    ];
    let values = ["provider", "sender_domain", "lists", "tenant", "stream", "elsewhere"];
    let values = values.map(|field| format!(r#"{{"addresses":["a@example.com"],"{field}":5}}"#));
    let malformed = wrong.map(str::to_owned).into_iter().chain(values);
    let scopes = [
        ScopeError::Provider,
        ScopeError::List,
        ScopeError::ListName,
        ScopeError::ListWithoutProvider,
        ScopeError::OtherProvider,
        ScopeError::Stream,
        ScopeError::Tenant,
        ScopeError::Domain,
        ScopeError::AskedTooLong,
    ];
    let read = malformed.map(|json| Question::parse(&json).expect_err("a malformed question"));
    let order = Order::parse("5").expect_err("a malformed order");
    let refused = ApiError::Refused(Refusal::Counted).to_string();
    read.chain(scopes.map(Flaw::Scope)).chain([order, Flaw::Size]).map(|flaw| flaw.to_string()).chain([refused])
}

/// The whole vocabulary as one text, in lower case.
static ALL: LazyLock<String> = LazyLock::new(|| {
    let fixed = SENTENCES.iter().chain(&FIELDS).chain(&FIGURES).chain(&DIRECTIVES).chain(&HEADERS);
    let ours = ADVICE.iter().chain(CLASSES.iter()).chain(LABELS.iter()).chain(fixed).copied();
    let made = PRINTED.iter().chain(MESSAGES.iter()).chain(ANSWERS.iter()).chain(METRICS.iter()).map(String::as_str);
    ours.chain(made).collect::<Vec<_>>().join("\n").to_lowercase()
});

/// Whether the function may write a text, given in lower case, without any report.
pub fn contains(text: &str) -> bool {
    ALL.contains(text)
}

/// The ids and names that may be written.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    /// The beginning of invocation ids.
    pub request: String,
    /// The tables and topics of the function.
    pub configured: Vec<String>,
}

/// The parts of the function's lines that are not in its vocabulary, as `<field>: <value>`.
pub fn unknown_fields(written: &str, ids: &Ids, secrets: &Secrets) -> Vec<String> {
    written.lines().flat_map(|line| unknown_parts(line, ids, secrets)).collect()
}

fn unknown_parts(line: &str, ids: &Ids, secrets: &Secrets) -> Vec<String> {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
        return vec![format!("a line that is not JSON: {line}")];
    };
    let known: &dyn Fn(&str, &Value) -> bool = if fields.contains_key("_aws") {
        &|field, value| is_metric(field, value, ids)
    } else {
        &|field, value| is_log(field, value, ids, secrets)
    };
    let unknown = fields.iter().filter(|(field, value)| !known(field, value));
    unknown.map(|(field, value)| format!("{field}: {value}")).collect()
}

fn is_log(field: &str, value: &Value, ids: &Ids, secrets: &Secrets) -> bool {
    let text = value.as_str();
    let is_text = |test: &dyn Fn(&str) -> bool| text.is_some_and(test);
    match field {
        "timestamp" => is_text(&|it| it.len() <= 30 && it.chars().all(|c| c.is_ascii_digit() || "-T:.Z".contains(c))),
        "level" => is_text(&|it| ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&it)),
        "target" => is_text(&|it| it.starts_with("mail_feedback") && is_path(it)),
        "source" => is_text(&is_path),
        "message" => is_text(&|it| {
            SENTENCES.contains(&it) || ADVICE.contains(it) || PRINTED.contains(it) || MESSAGES.contains(it)
        }),
        "request_id" => is_text(&|it| it.starts_with(&ids.request)),
        "message_id" => is_text(&|it| secrets.queued.iter().any(|id| id == it)),
        "sequence_number" => is_text(&|it| it.len() == 21 && it.bytes().all(|byte| byte.is_ascii_digit())),
        "table" => is_text(&|it| ids.configured.iter().any(|name| name == it)),
        "door" => is_text(&is_door),
        "class" => is_text(&|it| CLASSES.contains(it)),
        "label" => is_text(&|it| LABELS.contains(it)),
        "action" => is_text(&|it| Action::from_label(it).is_some()),
        "reason" => is_text(&|it| Reason::from_label(it).is_some()),
        #[cfg(feature = "view")]
        "page" => is_text(&|it| mail_feedback::view::PageName::from_label(it).is_some()),
        "outcome" => is_text(&|it| LinkOutcome::from_label(it).is_some()),
        _ => FIGURES.contains(&field) && (value.is_u64() || value.is_boolean()),
    }
}

fn is_door(text: &str) -> bool {
    text.len() <= 16 && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn is_path(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ':' || c == '_')
}

fn is_metric(field: &str, value: &Value, ids: &Ids) -> bool {
    match field {
        "_aws" | "function" | "version" => is_directive(value),
        "signature_version_1_topics" => value
            .as_array()
            .is_some_and(|topics| topics.iter().all(|it| ids.configured.iter().any(|known| it == known))),
        "lag_ms" => value.as_array().is_some_and(|lags| lags.iter().all(Value::is_i64)),
        "request_id" => value.as_str().is_some_and(|id| id.starts_with(&ids.request)),
        "door" => value.as_str().is_some_and(is_door),
        "events" | "duration_ms" => value.is_u64(),
        _ => METRICS.contains(field) && value.is_u64(),
    }
}

fn is_directive(value: &Value) -> bool {
    let known = |text: &str| DIRECTIVES.contains(&text) || METRICS.contains(text);
    match value {
        Value::String(text) => known(text),
        Value::Array(list) => list.iter().all(is_directive),
        Value::Object(map) => map.iter().all(|(key, value)| known(key) && is_directive(value)),
        Value::Number(_) => true,
        Value::Bool(_) | Value::Null => false,
    }
}

/// The parts of an answer that are not in the vocabulary.
pub fn unknown_answer_fields(outcome: &Result<Value, Value>, secrets: &Secrets) -> Vec<String> {
    let known = |field: &str, value: &Value| match outcome {
        Ok(_) => is_answer(field, value, secrets),
        Err(_) => is_error(field, value),
    };
    let answer = outcome.as_ref().unwrap_or_else(|error| error).as_object();
    let unknown = answer.into_iter().flatten().filter(|(field, value)| !known(field, value));
    unknown.map(|(field, value)| format!("the answer's {field}: {value}")).collect()
}

fn is_answer(field: &str, value: &Value, secrets: &Secrets) -> bool {
    let events =
        |text: &str| text.strip_prefix("{\"events\":").and_then(|it| it.strip_suffix('}')).map(str::parse::<u64>);
    match field {
        "events" | "statusCode" => value.is_u64(),
        "isBase64Encoded" | "statusDescription" => value.is_boolean() || value.is_null(),
        "body" => value
            .as_str()
            .is_some_and(|text| text.is_empty() || matches!(events(text), Some(Ok(_))) || ANSWERS.contains(text)),
        "headers" | "multiValueHeaders" => is_header(value),
        "cookies" => value.as_array().is_some_and(Vec::is_empty),
        "batchItemFailures" => value.as_array().is_some_and(|list| {
            list.iter().all(|failure| secrets.queued.iter().any(|id| failure["itemIdentifier"] == id.as_str()))
        }),
        _ => false,
    }
}

fn is_header(value: &Value) -> bool {
    match value {
        Value::String(text) => HEADERS.contains(&text.as_str()),
        Value::Array(list) => list.iter().all(is_header),
        Value::Object(map) => map.iter().all(|(key, value)| HEADERS.contains(&key.as_str()) && is_header(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_error(field: &str, value: &Value) -> bool {
    match field {
        "errorType" => value.as_str().is_some_and(|text| CLASSES.contains(text)),
        "errorMessage" => value.as_str().is_some_and(|text| MESSAGES.contains(text)),
        _ => false,
    }
}
