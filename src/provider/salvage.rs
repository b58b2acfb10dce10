//! Recovers the readable part of JSON with some unreadable values.
//!
//! A text cut in the middle of an emoji (`"\ud83d"`), a number out of range (`1e999`) or a repeated key makes a whole
//! document unreadable. None of that may invalidate the rest of the report.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// How deep objects and lists are searched; no documented report is deeper than 6.
const MAX_DEPTH: usize = 16;

/// The same document with `null` for unreadable values, and without keys that have several values.
///
/// `None` if even its outline is not JSON.
pub(super) fn salvaged(json: &str) -> Option<String> {
    let outline: &RawValue = serde_json::from_str(json).ok()?;
    let mut text = String::with_capacity(json.len());
    write(outline.get(), MAX_DEPTH, &mut text);
    Some(text)
}

fn write(json: &str, depth: usize, text: &mut String) {
    let depth = depth.saturating_sub(1);
    match json.trim_start().bytes().next() {
        Some(b'{') if depth > 0 => match serde_json::from_str::<Fields<'_>>(json) {
            Ok(Fields(fields)) => write_object(&fields, depth, text),
            Err(_) => text.push_str("null"),
        },
        Some(b'[') if depth > 0 => match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(items) => write_list(&items, depth, text),
            Err(_) => text.push_str("null"),
        },
        Some(b'{' | b'[') | None => text.push_str("null"),
        Some(_) if serde_json::from_str::<serde_json::Value>(json).is_ok() => text.push_str(json),
        Some(_) => text.push_str("null"),
    }
}

fn write_object(fields: &[(String, &RawValue)], depth: usize, text: &mut String) {
    // The value of each key, or `None` if it has several.
    let mut agreed: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for (name, value) in fields {
        let value_of_key = agreed.entry(name).or_insert(Some(value.get()));
        *value_of_key = value_of_key.filter(|earlier| *earlier == value.get());
    }
    text.push('{');
    let mut separator = "";
    for (name, value) in fields {
        // A key repeated with one value is written once, at its first position.
        if agreed.remove(name.as_str()).flatten().is_none() {
            continue;
        }
        text.push_str(separator);
        text.push_str(&serde_json::Value::from(name.as_str()).to_string());
        text.push(':');
        write(value.get(), depth, text);
        separator = ",";
    }
    text.push('}');
}

fn write_list(items: &[&RawValue], depth: usize, text: &mut String) {
    text.push('[');
    let mut separator = "";
    for item in items {
        text.push_str(separator);
        write(item.get(), depth, text);
        separator = ",";
    }
    text.push(']');
}

/// The fields of an object in order, unparsed, including repetitions.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::salvaged;

    #[test]
    fn only_what_cannot_be_read_is_lost() {
        let cases = [
            (r#"{"a":"550 \ud83d","b":"x"}"#, r#"{"a":null,"b":"x"}"#),
            (r#"{"a":1e999,"b":[1,1e999,{"c":"\udc00","d":2}]}"#, r#"{"a":null,"b":[1,null,{"c":null,"d":2}]}"#),
            (r#"{"a":1,"b":2,"a":1}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1,"b":2,"a":3}"#, r#"{"b":2}"#),
            (r#"{"a":1,"a":2,"a":1,"b":{"c":1,"c":1}}"#, r#"{"b":{"c":1}}"#),
        ];
        for (json, expected) in cases {
            assert_eq!(salvaged(json).as_deref(), Some(expected), "{json}");
        }
        assert_eq!(salvaged("{"), None);
        let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
        assert!(salvaged(&deep).is_some_and(|text| text.len() < 100));
    }
}
