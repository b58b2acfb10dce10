//! The size of an item as DynamoDB counts it.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// An item of either table.
pub type Item = HashMap<String, AttributeValue>;

/// The size of an item in bytes: of its names and values.
pub fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // Two digits take one byte, plus one byte for the number and one for a sign.
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 2,
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(items) => 3 + items.iter().map(|item| 1 + value_bytes(item)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.len() + item_bytes(map),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        other => panic!("the tables contain no {other:?}"),
    }
}

/// The write units of an item: one per started KiB.
pub fn write_units(bytes: usize) -> usize {
    bytes.div_ceil(1_024).max(1)
}
