//! Between texts, numbers and DynamoDB attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

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
