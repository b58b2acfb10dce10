//! The records of an event.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// The most records of an event: SQS delivers at most this many messages, SNS one.
///
/// Three bytes of JSON (`{},`) become a record of hundreds of bytes in memory, so the number must be bounded.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html>
const MAX_RECORDS: usize = 10_000;

/// A list of at most [`MAX_RECORDS`]; a longer one makes the document invalid.
pub(super) struct Records<R>(pub(super) Vec<R>);

impl<'de, R: Deserialize<'de>> Deserialize<'de> for Records<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RecordsVisitor(PhantomData))
    }
}

struct RecordsVisitor<R>(PhantomData<R>);

impl<'de, R: Deserialize<'de>> Visitor<'de> for RecordsVisitor<R> {
    type Value = Records<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX_RECORDS} records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut records = Vec::new();
        while let Some(record) = seq.next_element()? {
            if records.len() == MAX_RECORDS {
                return Err(A::Error::invalid_length(MAX_RECORDS.saturating_add(1), &self));
            }
            records.push(record);
        }
        Ok(Records(records))
    }
}
