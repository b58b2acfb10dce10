//! What CloudWatch sends to the function of a custom widget.

use serde_json::{Map, Value};

use crate::view::{Ask, Fields, Home, MAX_BYTES, PageName, Reader, TYPED, View, Zone};

/// A request of a custom widget.
#[derive(Debug, PartialEq, Eq)]
pub enum WidgetRequest {
    /// What the widget does.
    Describe,
    /// A question.
    Ask {
        /// The question.
        ask: Box<Ask>,
        /// Who asks.
        view: WidgetView,
    },
}

/// What the request says about its reader.
#[derive(Debug, PartialEq, Eq)]
pub struct WidgetView {
    locale: String,
    offset: String,
    dark: bool,
}

impl WidgetRequest {
    /// Reads a request; `None` if it is not an object, or too long.
    ///
    /// The JSON of an action, and at first the widget's parameters, are at top level. What is typed anywhere in the widget
    /// is in `widgetContext.forms.all`, with every call: only the fields that the action accepts count, and none replaces
    /// what the action says. Whether parameters and context come along with `describe` is not documented, so it is looked
    /// for first.
    ///
    /// Whoever may edit a dashboard chooses the parameters, and a viewer's first call has them: they must change nothing.
    #[must_use]
    pub fn parse(payload: &str) -> Option<Self> {
        if payload.len() > MAX_BYTES.saturating_mul(16) {
            return None;
        }
        let request: Map<String, Value> = serde_json::from_str(payload).ok()?;
        if matches!(request.get("describe"), Some(value) if *value != Value::Bool(false) && !value.is_null()) {
            return Some(Self::Describe);
        }
        let context = request.get("widgetContext");
        let part = |path: &str| context.and_then(|context| context.pointer(path));
        let text = |path: &str| part(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let typed = part("/forms/all").and_then(Value::as_object).map(Fields::of_json).unwrap_or_default();
        let asked = Fields::of_json(&request);
        let accepted: Vec<&str> = asked.get(TYPED).unwrap_or_default().split(' ').collect();
        let typed = typed.only(&accepted);
        let decides = part("/params").is_some_and(decides);
        let ask = Ask::of(&asked.or(typed));
        let ask = if decides { ask.without_change() } else { ask };
        let view = WidgetView {
            locale: text("/locale"),
            offset: text("/timezone/offsetISO"),
            dark: part("/theme").and_then(Value::as_str) == Some("dark"),
        };
        Some(Self::Ask { ask: Box::new(ask), view })
    }
}

/// Whether the parameters of a widget are more than a page to begin with.
fn decides(params: &Value) -> bool {
    match params {
        Value::Null => false,
        Value::Object(params) => {
            let fields = Fields::of_json(params);
            fields.get("step").is_some() || Ask::of(&fields).page() == PageName::Decide
        }
        _ => true,
    }
}

impl WidgetView {
    /// The view of a widget whose actions call a function.
    pub(super) fn view(&self, function_arn: &str) -> View {
        let home = Home::Widget { endpoint: function_arn.to_owned(), dark: self.dark };
        View { home, reader: Reader::new(&self.locale, Zone::fixed(&self.offset)), actor: None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::WidgetRequest;
    use crate::view::{Ask, Fields};

    fn asked(request: &Value) -> Option<Ask> {
        match WidgetRequest::parse(&request.to_string())? {
            WidgetRequest::Ask { ask, .. } => Some(*ask),
            WidgetRequest::Describe => None,
        }
    }

    #[test]
    fn what_an_action_says_wins_over_what_is_typed() {
        let request = json!({
            "page": "decide", "step": "write", "actor": "jo", "typed": "note actor step",
            "widgetContext": {"params": {"page": "overview"}, "forms": {"all": {"actor": "eve", "note": "hello", "step": "form"}}},
        });
        let expected = Ask::of(&Fields::of_form("page=decide&step=write&actor=jo&note=hello"));
        assert_eq!(asked(&request), Some(expected));
    }

    #[test]
    fn what_an_action_does_not_accept_is_ignored() {
        let mut request = json!({
            "page": "address", "address": "jane@example.com",
            "widgetContext": {"forms": {"all": {"address": "bob@example.com", "provider": "ses", "before": "x"}}},
        });
        assert_eq!(asked(&request), Some(Ask::of(&Fields::of_form("address=jane@example.com"))));
        request["typed"] = "provider".into();
        assert_eq!(asked(&request), Some(Ask::of(&Fields::of_form("address=jane@example.com&provider=ses"))));
    }

    #[test]
    fn what_a_dashboard_says_decides_nothing() {
        let write = json!({"page": "decide", "step": "write", "action": "lift", "address": "jane@example.com"});
        let form = |step: &str| {
            Ask::of(&Fields::of_form(&format!("page=decide&step={step}&action=lift&address=jane@example.com")))
        };
        for params in [
            write.clone(),
            json!({"page": "decide"}),
            json!({"page": " decide "}),
            json!({"page": "address", "step": "write"}),
            json!({"step": 1}),
            json!("page: decide"),
            json!([write]),
        ] {
            let mut request = write.clone();
            request["widgetContext"] = json!({"params": params});
            assert_eq!(asked(&request), Some(form("form")), "{params}");
        }
        for params in [json!({"page": "address"}), json!({}), Value::Null] {
            let mut request = write.clone();
            request["widgetContext"] = json!({"params": params});
            assert_eq!(asked(&request), Some(form("write")), "{params}");
        }
    }

    #[test]
    fn a_description_is_asked_for_first() {
        for request in [json!({"describe": true}), json!({"describe": true, "page": "decide", "step": "write"})] {
            assert_eq!(WidgetRequest::parse(&request.to_string()), Some(WidgetRequest::Describe));
        }
        assert!(asked(&json!({"describe": false})).is_some());
    }

    #[test]
    fn anything_but_an_object_is_refused() {
        for payload in ["", "null", "[]", "\"describe\"", "{"] {
            assert_eq!(WidgetRequest::parse(payload), None, "{payload}");
        }
        assert!(asked(&json!({"widgetContext": "x", "page": 7})).is_some());
    }
}
