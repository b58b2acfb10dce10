//! The records of the suppression table's stream, as Lambda passes them on.
//!
//! Their form: <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>. Items are in DynamoDB's JSON.

use std::fmt;

use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::attribute::{item_from_json, text};
use super::record_item::{Stored, from_item};
use crate::suppression::SuppressionRecord;
use crate::timestamp::Timestamp;

/// The `eventSource` of stream records.
const SOURCE: &str = "aws:dynamodb";

/// One record of the stream.
#[derive(Debug)]
pub struct StreamRecord {
    /// Its place in the stream, by which Lambda knows it; absent only if it cannot be read.
    pub sequence_number: Option<String>,
    /// What it says.
    pub streamed: Streamed,
}

/// What a record of the stream says.
#[derive(Debug)]
pub enum Streamed {
    /// The record of an address was written or deleted.
    Change(Box<RecordChange>),
    /// Another item of the table was, such as that of the certificates.
    NoAddress,
    /// It cannot be read, or a state of the record is missing or cannot.
    Unreadable,
}

/// Both states of a suppression record around one write.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// The address, as the key of the table has it.
    pub address: String,
    /// The version that the write made; one more than the last if it deleted the item.
    pub version: u64,
    /// The attribute `updated_at` of the item, after the write or, if it deleted it, before; empty if it has none.
    ///
    /// With the version it names a write even if an item was deleted or restored, and its versions begin again.
    pub updated_at: String,
    /// When it was written.
    pub at: Timestamp,
    /// The record before; empty if there was none.
    pub before: SuppressionRecord,
    /// The record after; empty if the item was deleted.
    pub after: SuppressionRecord,
}

impl fmt::Debug for RecordChange {
    /// Shows nothing personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordChange").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The invocation does not come from a DynamoDB stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAStream;

impl fmt::Display for NotAStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not records of a DynamoDB stream; invoke this function through an event source mapping only")
    }
}

impl std::error::Error for NotAStream {}

impl From<NotAStream> for Diagnostic {
    fn from(error: NotAStream) -> Self {
        Self { error_type: "Malformed".to_owned(), error_message: format!("form: {error}") }
    }
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "eventSource")]
    event_source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    event_name: String,
    dynamodb: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    sequence_number: String,
    keys: Map<String, Value>,
    old_image: Option<Map<String, Value>>,
    new_image: Option<Map<String, Value>>,
    /// In seconds, as Lambda writes it; or in RFC 3339, as the AWS CLI does when somebody reads the stream by hand.
    #[serde(default)]
    approximate_creation_date_time: Value,
}

/// Reads an invocation, given as the JSON that Lambda received; its records stay in their order.
///
/// # Errors
/// It does not come from a DynamoDB stream. A single record that cannot be read is [`Streamed::Unreadable`].
pub fn read_stream(payload: &str) -> Result<Vec<StreamRecord>, NotAStream> {
    let batch: Batch<'_> = serde_json::from_str(payload).map_err(|_| NotAStream)?;
    let of_a_stream =
        |raw: &&RawValue| serde_json::from_str(raw.get()).is_ok_and(|Source { event_source }| event_source == SOURCE);
    // An answer to a queue would delete its messages.
    if !batch.records.iter().all(of_a_stream) {
        return Err(NotAStream);
    }
    Ok(batch.records.into_iter().map(read).collect())
}

fn read(raw: &RawValue) -> StreamRecord {
    let Ok(Sent { event_name, dynamodb }) = serde_json::from_str(raw.get()) else {
        return StreamRecord { sequence_number: None, streamed: Streamed::Unreadable };
    };
    let streamed = match dynamodb.address() {
        None => Streamed::NoAddress,
        Some(address) => {
            let change = dynamodb.change(&event_name, address);
            change.map_or(Streamed::Unreadable, |change| Streamed::Change(Box::new(change)))
        }
    };
    StreamRecord { sequence_number: Some(dynamodb.sequence_number), streamed }
}

impl Body {
    /// The key, if it is an address: each has an `@`, and no other key does.
    fn address(&self) -> Option<String> {
        let address = self.keys.get("address")?.get("S")?.as_str()?;
        address.contains('@').then(|| address.to_owned())
    }

    /// Both states; `None` if one cannot be read, or is missing because the stream has another view type.
    fn change(&self, event_name: &str, address: String) -> Option<RecordChange> {
        let before = Image::read(self.old_image.as_ref()).ok()?;
        let after = Image::read(self.new_image.as_ref()).ok()?;
        let (version, updated_at, at) = match (event_name, &before, &after) {
            ("INSERT", None, Some(after)) | ("MODIFY", Some(_), Some(after)) => {
                (after.version, &after.updated_at, Timestamp::parse(&after.updated_at).or(self.streamed_at())?)
            }
            ("REMOVE", Some(before), None) => (before.version.checked_add(1)?, &before.updated_at, self.streamed_at()?),
            _ => return None,
        };
        let updated_at = updated_at.clone();
        let record = |image: Option<Image>| image.map(|image| image.record).unwrap_or_default();
        Some(RecordChange { address, version, updated_at, at, before: record(before), after: record(after) })
    }

    /// When the write came into the stream, to the second.
    fn streamed_at(&self) -> Option<Timestamp> {
        if let Some(text) = self.approximate_creation_date_time.as_str() {
            return Timestamp::parse(text);
        }
        // A number of seconds that is too large for a time becomes the largest integer, which is none either.
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
        let seconds = self.approximate_creation_date_time.as_f64()? as i64;
        Timestamp::from_millis(seconds.checked_mul(1_000)?)
    }
}

/// A state of an item.
struct Image {
    record: SuppressionRecord,
    version: u64,
    updated_at: String,
}

impl Image {
    /// Reads a state that may be missing.
    ///
    /// # Errors
    /// It is not a suppression record.
    fn read(json: Option<&Map<String, Value>>) -> Result<Option<Self>, ()> {
        let Some(json) = json else { return Ok(None) };
        let item = item_from_json(json).ok_or(())?;
        let Stored { record, version, .. } = from_item(&item).ok_or(())?;
        let updated_at = text(&item, "updated_at").unwrap_or_default().to_owned();
        Ok(Some(Self { record, version: version.ok_or(())?, updated_at }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{NotAStream, StreamRecord, Streamed, read_stream};

    fn item(version: u64) -> Value {
        json!({"address": {"S": "a@example.com"}, "version": {"N": version.to_string()}, "suppressions": {"M": {}},
            "soft_bounces": {"M": {"bounces": {"L": []}}}, "updated_at": {"S": "2026-11-20T12:00:00.000Z"},
            "theirs": {"L": [{"B": "AA=="}, {"NS": ["1"]}, {"BOOL": true}, {"NULL": true}, {"BS": ["AA=="]}, {"SS": []}]}})
    }

    fn record(event_name: &str, images: &Value) -> Value {
        let mut body = json!({"Keys": {"address": {"S": "a@example.com"}}, "SequenceNumber": "7",
            "ApproximateCreationDateTime": 1_763_640_001.0, "StreamViewType": "NEW_AND_OLD_IMAGES"});
        for (name, image) in images.as_object().into_iter().flatten() {
            body[name] = image.clone();
        }
        json!({"eventID": "1", "eventName": event_name, "eventSource": "aws:dynamodb", "dynamodb": body})
    }

    fn read(record: &Value) -> Option<StreamRecord> {
        read_stream(&json!({"Records": [record]}).to_string()).ok()?.pop()
    }

    #[test]
    fn a_write_has_its_version_and_time() {
        let cases = [
            (record("INSERT", &json!({"NewImage": item(1)})), 1, "2026-11-20T12:00:00.000Z"),
            (record("MODIFY", &json!({"OldImage": item(1), "NewImage": item(2)})), 2, "2026-11-20T12:00:00.000Z"),
            (record("REMOVE", &json!({"OldImage": item(2)})), 3, "2025-11-20T12:00:01.000Z"),
        ];
        for (record, version, at) in cases {
            let read = read(&record);
            let Some(StreamRecord { sequence_number, streamed: Streamed::Change(change) }) = read else {
                unreachable!("{record}")
            };
            assert_eq!((sequence_number.as_deref(), change.version), (Some("7"), version));
            assert_eq!((change.at.to_string().as_str(), change.address.as_str()), (at, "a@example.com"));
        }
    }

    #[test]
    fn what_the_aws_cli_prints_can_be_read_too() {
        let mut record = record("REMOVE", &json!({"OldImage": item(2)}));
        record["dynamodb"]["ApproximateCreationDateTime"] = json!("2025-11-20T13:00:01+01:00");
        let Some(Streamed::Change(change)) = read(&record).map(|one| one.streamed) else { unreachable!() };
        assert_eq!(change.at.to_string(), "2025-11-20T12:00:01.000Z");
    }

    #[test]
    fn a_state_that_is_missing_or_strange_is_unreadable() {
        let mut strange = item(1);
        strange["suppressions"] = json!({"M": {"*": {"M": {"manual": {"M": {"state": {"S": "unknown"}}}}}}});
        let images = [
            ("MODIFY", json!({"NewImage": item(2)})),
            ("INSERT", json!({})),
            ("REMOVE", json!({"OldImage": {"address": {"S": "a@example.com"}}})),
            ("MODIFY", json!({"OldImage": strange, "NewImage": item(2)})),
            ("MODIFY", json!({"OldImage": item(1), "NewImage": {"version": {"S": 1, "N": "1"}}})),
            ("EXPIRE", json!({"OldImage": item(1)})),
        ];
        for (event_name, images) in images {
            let read = read(&record(event_name, &images));
            assert!(matches!(read.map(|one| one.streamed), Some(Streamed::Unreadable)), "{event_name} {images}");
        }
    }

    #[test]
    fn other_items_are_no_addresses() {
        let mut other = record("INSERT", &json!({"NewImage": {"address": {"S": "-"}}}));
        other["dynamodb"]["Keys"]["address"]["S"] = json!("-");
        assert!(matches!(read(&other).map(|one| one.streamed), Some(Streamed::NoAddress)));
    }

    #[test]
    fn what_does_not_come_from_a_stream_is_refused() {
        let of_a_queue = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}]});
        for payload in ["{}", "[]", "5", "{\"Records\":5}", "{\"Records\":[5]}", of_a_queue.to_string().as_str()] {
            assert_eq!(read_stream(payload).err(), Some(NotAStream), "{payload}");
        }
    }
}
