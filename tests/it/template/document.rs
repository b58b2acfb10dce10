//! The template as JSON, with its tags as intrinsic functions.

use std::path::Path;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// The template.
pub struct Template(pub Value);

impl Template {
    /// Reads `template.yaml`.
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("template.yaml");
        let text = std::fs::read_to_string(path).expect("a template");
        let documents = Yaml::load_from_str(&text).expect("the template is YAML");
        Self(value(&documents[0]))
    }

    /// The logical ids and bodies of all resources of a type.
    pub fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        let all = self.0["Resources"].as_object().expect("resources");
        all.iter().filter(|(_, body)| body["Type"] == kind).map(|(id, body)| (id.as_str(), body)).collect()
    }

    /// The properties of one resource.
    pub fn properties(&self, id: &str) -> &Value {
        &self.0["Resources"][id]["Properties"]
    }

    /// The statements of a role by `Sid`, as if every condition were true.
    pub fn statements(&self, role: &str) -> Vec<(String, Value)> {
        let all = self.properties(role)["Policies"][0]["PolicyDocument"]["Statement"].as_array().expect("statements");
        let plain = all.iter().map(|statement| statement.get("Fn::If").map_or(statement, |branches| &branches[1]));
        plain.map(|statement| (text(&statement["Sid"]), statement.clone())).collect()
    }

    /// One of them.
    pub fn statement(&self, role: &str, sid: &str) -> Value {
        let found = self.statements(role).into_iter().find(|(known, _)| known == sid);
        found.unwrap_or_else(|| panic!("{role} has no {sid}")).1
    }

    /// The names in a section.
    pub fn names(&self, section: &str) -> Vec<&str> {
        self.0[section].as_object().expect("a section").keys().map(String::as_str).collect()
    }

    /// The default of a parameter as text.
    pub fn default(&self, parameter: &str) -> String {
        text(&self.0["Parameters"][parameter]["Default"])
    }
}

/// A scalar as the text that a deployment turns it into.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn value(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(scalar) => scalar_value(scalar),
        Yaml::Sequence(items) => items.iter().map(value).collect(),
        Yaml::Mapping(pairs) => {
            let pair = |(key, item): (&Yaml<'_>, &Yaml<'_>)| (key.as_str().expect("a text").to_owned(), value(item));
            Value::Object(pairs.iter().map(pair).collect::<Map<_, _>>())
        }
        Yaml::Tagged(tag, inner) => function(&tag.suffix, value(inner)),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("the template has {yaml:?}"),
    }
}

fn scalar_value(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(is) => json!(is),
        Scalar::Integer(number) => json!(number),
        Scalar::FloatingPoint(number) => json!(number.into_inner()),
        Scalar::String(text) => json!(text),
    }
}

fn function(name: &str, argument: Value) -> Value {
    match (name, argument) {
        ("Ref" | "Condition", argument) => json!({name: argument}),
        ("GetAtt", Value::String(path)) => {
            let (resource, attribute) = path.split_once('.').expect("an attribute");
            json!({"Fn::GetAtt": [resource, attribute]})
        }
        (name, argument) => json!({format!("Fn::{name}"): argument}),
    }
}
