//! Suppression records, and the stream records of their writes.

use std::collections::BTreeMap;

use mail_feedback::event::Reason;
use mail_feedback::suppression::{Entry, Scope, State, SuppressionRecord};
use mail_feedback::timestamp::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The scopes and reasons of generated records.
pub const SCOPES: [&str; 4] = ["*", "provider:ses", "list:ses:News/a", "tenant:ses:Acme"];
/// See [`SCOPES`].
pub const REASONS: [Reason; 4] = [Reason::HardBounce, Reason::Complaint, Reason::Unsubscribe, Reason::SoftBounce];

/// A time in hours after some day.
pub fn time(hours: i64) -> Timestamp {
    Timestamp::from_millis(1_763_600_000_000 + hours * 3_600_000).unwrap()
}

/// An entry of a report.
pub fn entry(state: State, hours: i64, until: Option<i64>) -> Entry {
    Entry {
        state,
        at: time(hours),
        first_at: None,
        suppressed_at: None,
        lifted_event: None,
        until: until.map(time),
        provider: "ses".to_owned(),
        event_id: format!("event-{hours}"),
        code: None,
        detail: None,
        recipient: None,
        actor: None,
        note: None,
    }
}

fn entries() -> impl Strategy<Value = Entry> {
    let texts = (proptest::option::of("[a-z\"\\\\]{1,4}"), proptest::option::of("[a-z]{1,4}"), "event-[0-9]|folded");
    (any::<bool>(), 0_i64..3, proptest::option::of(0_i64..3), texts).prop_map(
        |(lifted, hours, until, (code, actor, event_id))| {
            let state = if lifted { State::Lifted } else { State::Suppressed };
            Entry { code, actor, event_id, ..entry(state, hours, until) }
        },
    )
}

/// Any record with some of these scopes and reasons.
pub fn records() -> impl Strategy<Value = SuppressionRecord> {
    let place = (proptest::sample::select(&SCOPES), proptest::sample::select(&REASONS));
    proptest::collection::vec((place, entries()), 0..12).prop_map(|entries| {
        let mut suppressions: BTreeMap<Scope, BTreeMap<Reason, Entry>> = BTreeMap::new();
        for ((scope, reason), entry) in entries {
            suppressions.entry(Scope::from_text(scope)).or_default().insert(reason, entry);
        }
        SuppressionRecord { suppressions, ..SuppressionRecord::default() }
    })
}

/// A record with an entry for each of many lists.
pub fn with_lists(lists: usize) -> SuppressionRecord {
    let entries = (0..lists).map(|list| {
        (
            Scope::list("ses", &format!("list-{list}")).unwrap(),
            BTreeMap::from([(Reason::Unsubscribe, entry(State::Suppressed, 0, None))]),
        )
    });
    SuppressionRecord { suppressions: entries.collect(), ..SuppressionRecord::default() }
}

/// The item of a record, in DynamoDB's JSON.
pub fn image(address: &str, version: u64, record: &SuppressionRecord) -> Value {
    let scopes = record.suppressions.iter().map(|(scope, reasons)| {
        let reasons = reasons.iter().map(|(reason, entry)| (reason.as_str().to_owned(), json!({"M": fields(entry)})));
        (scope.as_str().to_owned(), json!({"M": reasons.collect::<Map<_, _>>()}))
    });
    json!({"address": {"S": address}, "version": {"N": version.to_string()}, "updated_at": {"S": time(9).to_string()},
        "suppressions": {"M": scopes.collect::<Map<_, _>>()}, "soft_bounces": {"M": {"bounces": {"L": []}}}})
}

fn fields(entry: &Entry) -> Map<String, Value> {
    let texts = [
        ("state", Some(entry.state.to_string())),
        ("at", Some(entry.at.to_string())),
        ("until", entry.until.map(|until| until.to_string())),
        ("provider", Some(entry.provider.clone())),
        ("event_id", Some(entry.event_id.clone())),
        ("code", entry.code.clone()),
        ("actor", entry.actor.clone()),
    ];
    texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!({"S": text?})))).collect()
}

/// The sequence number of a write, which names no address.
pub fn sequence_number(address: &str, version: u64) -> String {
    let sum: u64 = address.bytes().map(u64::from).sum();
    format!("{:0>21}", sum * 1_000 + version)
}

/// A stream record: the write that made this version of a record.
pub fn write(address: &str, version: u64, before: &SuppressionRecord, after: &SuppressionRecord) -> Value {
    let mut body = json!({"Keys": {"address": {"S": address}}, "SequenceNumber": sequence_number(address, version),
        "ApproximateCreationDateTime": 1_763_640_000, "NewImage": image(address, version, after)});
    let name = if version == 1 { "INSERT" } else { "MODIFY" };
    if version > 1 {
        body["OldImage"] = image(address, version - 1, before);
    }
    json!({"eventID": "1", "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1", "dynamodb": body})
}
