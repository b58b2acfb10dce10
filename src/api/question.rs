//! The questions that the function `check` accepts.

use super::Flaw;
use super::fields::{Fields, Form};
use crate::suppression::Context;

/// The most addresses in a question.
pub const MAX_ADDRESSES: usize = 1_000;
/// The most lists in a question.
const MAX_LISTS: usize = 100;

/// The form of a question.
const FORM: Form = Form {
    demand: "not a question; send a JSON object with addresses; provider reports go to the function feedback",
    fields: &["addresses", "provider", "sender_domain", "lists", "tenant", "stream", "elsewhere"],
};

/// May these addresses be mailed?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The addresses, in any spelling, also as `"Name" <a@b>`.
    pub addresses: Vec<String>,
    /// The intended send; an absent field adds no scope.
    pub context: Context,
    /// Whether the answer also lists suppressions in other scopes.
    pub elsewhere: bool,
}

impl Question {
    /// Parses a question.
    ///
    /// # Errors
    /// It is not a JSON object, has an unknown field or one of the wrong type, or has no address or too many.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
        let mut fields = Fields::read(json, &FORM)?;
        Ok(Self {
            addresses: fields.texts("addresses", 1..=MAX_ADDRESSES)?,
            context: Context {
                provider: fields.text("provider")?,
                sender_domain: fields.text("sender_domain")?,
                lists: fields.texts("lists", 0..=MAX_LISTS)?,
                tenant: fields.text("tenant")?,
                stream: fields.text("stream")?,
            },
            elsewhere: fields.flag("elsewhere")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Question;
    use crate::api::Flaw;

    fn flaw(json: &str) -> Option<String> {
        Question::parse(json).err().map(|flaw| flaw.to_string())
    }

    #[test]
    fn absent_and_null_fields_add_no_scope() -> Result<(), Flaw> {
        let bare = Question::parse(r#"{"addresses":["a@example.com"]}"#)?;
        let nulls = r#"{"addresses":["a@example.com"],"provider":null,"sender_domain":null,"lists":null,"tenant":null,
            "stream":null,"elsewhere":null}"#;
        assert_eq!(Question::parse(nulls)?, bare);
        assert!(bare.context == crate::suppression::Context::default() && !bare.elsewhere);
        Ok(())
    }

    #[test]
    fn a_malformed_question_says_what_to_send() {
        let many = |count: usize| format!(r#"{{"addresses":[{}]}}"#, vec![r#""a@example.com""#; count].join(","));
        assert_eq!((flaw(&many(1)), flaw(&many(1_000))), (None, None));
        let addresses = "field: addresses must be an array of 1 to 1000 strings";
        for json in [
            r#"{"addresses":[]}"#,
            r#"{"addresses":null}"#,
            r#"{"addresses":"a@example.com"}"#,
            r#"{"addresses":["a@example.com",5]}"#,
            r#"{"addresses":[null]}"#,
            r#"{"provider":"ses"}"#,
            &many(1_001),
        ] {
            assert_eq!(flaw(json).as_deref(), Some(addresses), "{json}");
        }
        for (field, expected) in [
            (r#""provider":5"#, "field: provider must be a string"),
            (r#""tenant":{}"#, "field: tenant must be a string"),
            (r#""lists":"News""#, "field: lists must be an array of 0 to 100 strings"),
            (r#""elsewhere":"yes""#, "field: elsewhere must be true or false"),
        ] {
            assert_eq!(flaw(&format!(r#"{{"addresses":["a@b.c"],{field}}}"#)).as_deref(), Some(expected));
        }
        for json in ["", "5", "[]", "{", "{}x", r#"["a@example.com"]"#, r#"{"Records":[]}"#, "{\"version\":\"2.0\"}"] {
            assert!(flaw(json).is_some_and(|text| text.starts_with("form: not a question; ")), "{json}");
        }
        for (json, expected) in [
            (r#"{"addresses":["\ud83d@b.c"]}"#, "form: a string has half of a surrogate pair"),
            (r#"{"addresses":["a@b.c"],"stream":"\udc00"}"#, "form: a string has half of a surrogate pair"),
            (r#"{"addresses":["\ud83d@b.c"}"#, "form: not a question"),
            (r#"{"addresses":["a@b.c"],"addresses":["d@e.f"]}"#, "field: a field occurs twice; give each field once"),
            (r#"{"addresses":["a@b.c"],"tenant":"Acme","tenant":null}"#, "field: a field occurs twice"),
        ] {
            assert!(flaw(json).is_some_and(|text| text.starts_with(expected)), "{json}: {:?}", flaw(json));
        }
        assert_eq!(flaw(r#"{"addresses":["\ud83d\ude00@b.c"]}"#), None);
        let slip = flaw(r#"{"addresses":["a@b.c"],"list":["News"]}"#);
        assert!(
            slip.is_some_and(|text| { text.starts_with("field: unknown field; known fields are addresses, provider") })
        );
    }
}
