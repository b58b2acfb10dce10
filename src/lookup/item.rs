//! Conversions between DynamoDB items, text and JSON.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};

pub(crate) use crate::store::Item;

/// A text attribute.
pub(crate) fn text<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A text attribute, owned.
pub(crate) fn owned(item: &Item, name: &str) -> Option<String> {
    text(item, name).map(str::to_owned)
}

/// A map attribute.
pub(crate) fn map<'i>(item: &'i Item, name: &str) -> Option<&'i Item> {
    item.get(name)?.as_m().ok()
}

/// An item as JSON, with the attribute types that the function writes.
pub(crate) fn to_json(item: &Item) -> Value {
    let fields = item.iter().map(|(name, value)| (name.clone(), attribute_to_json(value)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn attribute_to_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::from(text.as_str()),
        AttributeValue::N(number) => number.parse::<serde_json::Number>().map_or(Value::Null, Value::Number),
        AttributeValue::Bool(flag) => Value::from(*flag),
        AttributeValue::M(fields) => to_json(fields),
        AttributeValue::L(list) => list.iter().map(attribute_to_json).collect(),
        _ => Value::Null,
    }
}
