//! Reads the fields of a JSON object, and refuses unknown ones.

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::Flaw;
use crate::event::Reason;

/// What a function accepts.
pub(super) struct Form {
    /// What to send, as a message.
    pub(super) demand: &'static str,
    /// Every field.
    pub(super) fields: &'static [&'static str],
}

/// The fields of an object. `null` counts as absent, because many languages write it for unset values.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Parses a JSON object that has only the fields of a form.
    ///
    /// An unknown field is probably a typing error; without the refusal, the answer would ignore what it asks for.
    pub(super) fn read(json: &str, form: &'static Form) -> Result<Self, Flaw> {
        let Members { mut fields, is_repeated } = serde_json::from_str(json)
            .map_err(|error| Flaw::Form(if is_half_a_character(json, &error) { HALF } else { form.demand }))?;
        if fields.keys().any(|name| !form.fields.contains(&name.as_str())) {
            // An AWS event has none of them.
            let is_meant = form.fields.iter().any(|name| fields.contains_key(*name));
            return Err(if is_meant { Flaw::UnknownField(form.fields) } else { Flaw::Form(form.demand) });
        }
        if is_repeated {
            return Err(Flaw::Repeated);
        }
        fields.retain(|_, value| !value.is_null());
        Ok(Self(fields))
    }

    /// A string, if present.
    pub(super) fn text(&mut self, field: &'static str) -> Result<Option<String>, Flaw> {
        match self.0.remove(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Flaw::Field { field, demand: Demand::Text }),
        }
    }

    /// A string that must be present.
    pub(super) fn required(&mut self, field: &'static str) -> Result<String, Flaw> {
        self.text(field)?.ok_or(Flaw::Field { field, demand: Demand::Text })
    }

    /// A boolean; `false` if absent.
    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, Flaw> {
        match self.0.remove(field) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(Flaw::Field { field, demand: Demand::Flag }),
        }
    }

    /// An array of strings with a length in this range; empty if absent.
    pub(super) fn texts(&mut self, field: &'static str, count: RangeInclusive<usize>) -> Result<Vec<String>, Flaw> {
        let flaw = Flaw::Field { field, demand: Demand::Texts { least: *count.start(), most: *count.end() } };
        let values = match self.0.remove(field) {
            None => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(flaw),
        };
        if !count.contains(&values.len()) {
            return Err(flaw);
        }
        let text = |value| if let Value::String(text) = value { Ok(text) } else { Err(flaw) };
        values.into_iter().map(text).collect()
    }
}

/// What is wrong with half of a character.
const HALF: &str = "a string has half of a surrogate pair, such as \\ud83d alone; send whole characters";

/// Whether a text is JSON, but for an escape that is no character.
fn is_half_a_character(json: &str, error: &serde_json::Error) -> bool {
    error.is_syntax() && json.contains("\\u") && serde_json::from_str::<IgnoredAny>(json).is_ok()
}

/// The fields of an object.
#[derive(Default)]
struct Members {
    fields: Map<String, Value>,
    /// Whether a field occurs twice; which of the two counts, would be a guess.
    is_repeated: bool,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members::default();
                while let Some((name, value)) = map.next_entry()? {
                    members.is_repeated |= members.fields.insert(name, value).is_some();
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// What a field must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// A string.
    Text,
    /// A string with more than white space.
    Name,
    /// `true` or `false`.
    Flag,
    /// An array of strings.
    Texts {
        /// The fewest.
        least: usize,
        /// The most.
        most: usize,
    },
    /// An e-mail address.
    Address,
    /// A reason.
    Reason,
    /// An action.
    Action,
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("a string"),
            Self::Name => f.write_str("a string that is not blank"),
            Self::Flag => f.write_str("true or false"),
            Self::Texts { least, most } => write!(f, "an array of {least} to {most} strings"),
            Self::Address => f.write_str("one e-mail address"),
            Self::Reason => {
                let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
                write!(f, "one of {}", names.join(", "))
            }
            Self::Action => f.write_str("suppress or lift"),
        }
    }
}
