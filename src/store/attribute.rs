//! Conversions between text, numbers and DynamoDB attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// An item, or a map within one.
pub type Item = HashMap<String, AttributeValue>;

/// Sets a text attribute, unless the text is absent or empty.
pub(super) fn set(item: &mut Item, name: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        item.insert(name.to_owned(), AttributeValue::S(text.to_owned()));
    }
}

/// A text attribute.
pub(super) fn text<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A map attribute.
pub(super) fn map<'i>(item: &'i Item, name: &str) -> Option<&'i Item> {
    item.get(name)?.as_m().ok()
}

/// Reads an item in DynamoDB's JSON, `{"name": {"S": "text"}}`; `None` if it is none.
pub(super) fn item_from_json(json: &Map<String, Value>) -> Option<Item> {
    json.iter().map(|(name, value)| Some((name.clone(), value_from_json(value)?))).collect()
}

/// Reads one value in DynamoDB's JSON.
///
/// Its depth is bounded by that of the parsed document.
fn value_from_json(json: &Value) -> Option<AttributeValue> {
    let mut pairs = json.as_object()?.iter();
    let ((kind, value), None) = (pairs.next()?, pairs.next()) else { return None };
    let texts = || value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    let blob = |text: &Value| Some(Blob::new(STANDARD.decode(text.as_str()?).ok()?));
    Some(match kind.as_str() {
        "S" => AttributeValue::S(value.as_str()?.to_owned()),
        "N" => AttributeValue::N(value.as_str()?.to_owned()),
        "B" => AttributeValue::B(blob(value)?),
        "BOOL" => AttributeValue::Bool(value.as_bool()?),
        "NULL" => AttributeValue::Null(value.as_bool()?),
        "SS" => AttributeValue::Ss(texts()?),
        "NS" => AttributeValue::Ns(texts()?),
        "BS" => AttributeValue::Bs(value.as_array()?.iter().map(blob).collect::<Option<_>>()?),
        "L" => AttributeValue::L(value.as_array()?.iter().map(value_from_json).collect::<Option<_>>()?),
        "M" => AttributeValue::M(item_from_json(value.as_object()?)?),
        _ => return None,
    })
}

/// A lower bound of an item's size as DynamoDB counts it, in bytes.
///
/// Names and values in UTF-8; 3 bytes per list or map, and 1 per element:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
pub(super) fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| attribute_bytes(name, value)).sum()
}

/// The bytes that an attribute adds to its item.
pub(super) fn attribute_bytes(name: &str, value: &AttributeValue) -> usize {
    name.len().saturating_add(value_bytes(value))
}

fn value_bytes(value: &AttributeValue) -> usize {
    let overhead = |elements: usize| elements.saturating_add(3);
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => number_bytes(digits),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(items) => overhead(items.len()).saturating_add(items.iter().map(value_bytes).sum()),
        AttributeValue::M(map) => overhead(map.len()).saturating_add(item_bytes(map)),
        AttributeValue::Ss(texts) => overhead(texts.len()).saturating_add(texts.iter().map(String::len).sum()),
        AttributeValue::Ns(numbers) => {
            overhead(numbers.len()).saturating_add(numbers.iter().map(|digits| number_bytes(digits)).sum())
        }
        AttributeValue::Bs(blobs) => {
            overhead(blobs.len()).saturating_add(blobs.iter().map(|bytes| bytes.as_ref().len()).sum())
        }
        // A type that DynamoDB does not have yet: no record contains it.
        _ => 0,
    }
}

/// Two digits take one byte, plus one byte for the number and one for a sign.
fn number_bytes(digits: &str) -> usize {
    digits.len().div_ceil(2).saturating_add(2)
}
