//! The fields of a question, whatever form they come in.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::text::clip;

/// The most bytes of a question; a note has at most a kilobyte.
pub const MAX_BYTES: usize = 16 * 1024;
/// The most bytes of a field that are read.
const MAX_FIELD_BYTES: usize = 4_096;

/// Names and values, each name once; blank values are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// The fields of a query string, or of a form that a browser posts.
    #[must_use]
    pub fn of_form(text: &str) -> Self {
        let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let mut fields = Self::default();
        for (name, value) in clip(text, MAX_BYTES).split('&').filter_map(|pair| pair.split_once('=')) {
            fields.add(&decoded(name), &decoded(value));
        }
        fields
    }

    /// The texts and numbers of a JSON object.
    #[must_use]
    pub fn of_json(object: &Map<String, Value>) -> Self {
        let mut fields = Self::default();
        for (name, value) in object {
            match value {
                Value::String(text) => fields.add(name, text),
                Value::Number(number) => fields.add(name, &number.to_string()),
                _ => {}
            }
        }
        fields
    }

    /// The value of a field; `None` if it is absent or blank.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value as text of its own.
    #[must_use]
    pub fn owned(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// Sets a field, unless the value is blank or the field is set.
    pub fn add(&mut self, name: &str, value: &str) {
        let value = clip(value.trim(), MAX_FIELD_BYTES);
        if !value.is_empty() {
            self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }

    /// Only the fields with these names.
    #[must_use]
    pub fn only(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| names.contains(&name.as_str()));
        self
    }

    /// Adds the fields of another question that this one does not have.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Fields;

    #[test]
    fn both_forms_give_the_same_fields() {
        let form = Fields::of_form("address=%20jane%2Bnews%40example.com+&note=a+b&blank=+&address=other&odd");
        let json = json!({"address": "jane+news@example.com", "note": "a b", "forms": {"all": {}}, "flag": true});
        let json = json.as_object().cloned().unwrap_or_default();
        assert_eq!(form, Fields::of_json(&json));
        assert_eq!((form.get("blank"), form.get("note")), (None, Some("a b")));
    }

    #[test]
    fn the_first_of_two_questions_wins() {
        let fields = Fields::of_form("page=decide&address=a").or(Fields::of_form("address=b&note=n"));
        assert_eq!((fields.get("address"), fields.get("note")), (Some("a"), Some("n")));
        assert_eq!(fields.only(&["note", "x"]), Fields::of_form("note=n"));
    }
}
