//! Validates the JSON Schema keywords that this project uses; any other keyword fails.

use std::path::Path;

use mail_feedback::timestamp::Timestamp;
use serde_json::Value;

/// A schema in `src/guide/schemas/`.
pub struct Schema(Value);

impl Schema {
    /// Reads a schema by name.
    pub fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/schemas").join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no schema {name}"));
        Self(serde_json::from_str(&text).unwrap())
    }

    /// The values at a path in the schema.
    pub fn values(&self, pointer: &str) -> Vec<&str> {
        let values = self.0.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"));
        values.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
    }

    /// The names of the properties at a path in the schema.
    pub fn fields(&self, pointer: &str) -> Vec<&str> {
        let schema = self.0.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"));
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// Whether a value is valid.
    pub fn admits(&self, value: &Value) -> bool {
        self.holds(&self.0, value)
    }

    fn holds(&self, schema: &Value, value: &Value) -> bool {
        let keywords = schema.as_object().expect("a schema");
        keywords.iter().all(|(keyword, demand)| self.keyword(keyword, demand, value))
    }

    fn keyword(&self, keyword: &str, demand: &Value, value: &Value) -> bool {
        let any = |of: &mut dyn Iterator<Item = &Value>| of.filter(|schema| self.holds(schema, value)).count();
        let list = || demand.as_array().expect("a list").iter();
        match keyword {
            "$schema" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let name = demand.as_str().unwrap().strip_prefix("#/$defs/").expect("a definition");
                self.holds(&self.0["$defs"][name], value)
            }
            "type" => match demand {
                Value::String(name) => is_of_type(name, value),
                names => names.as_array().unwrap().iter().any(|name| is_of_type(name.as_str().unwrap(), value)),
            },
            "const" => value == demand,
            "enum" => list().any(|allowed| allowed == value),
            "format" => {
                assert_eq!(demand, "date-time");
                let text = value.as_str();
                text.is_none_or(|text| Timestamp::parse(text).is_some_and(|time| time.to_string() == text))
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= demand.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= demand.as_u64().unwrap()),
            "pattern" => {
                assert_eq!(demand, "\\S");
                value.as_str().is_none_or(|text| !text.trim().is_empty())
            }
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= demand.as_u64().unwrap()),
            "items" => value.as_array().is_none_or(|items| items.iter().all(|item| self.holds(demand, item))),
            "required" => value
                .as_object()
                .is_none_or(|fields| list().all(|name| fields.contains_key(name.as_str().expect("a name")))),
            "properties" => value.as_object().is_none_or(|fields| {
                fields.iter().all(|(name, field)| demand.get(name).is_none_or(|schema| self.holds(schema, field)))
            }),
            // It is used only at the top level, next to all properties.
            "additionalProperties" => {
                assert_eq!(*demand, false);
                value.as_object().is_none_or(|fields| fields.keys().all(|name| !self.0["properties"][name].is_null()))
            }
            "oneOf" => any(&mut list()) == 1,
            "anyOf" => any(&mut list()) > 0,
            "not" => !self.holds(demand, value),
            other => panic!("unknown in a schema: {other}"),
        }
    }
}

fn is_of_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        other => panic!("unknown in a schema: {other}"),
    }
}
