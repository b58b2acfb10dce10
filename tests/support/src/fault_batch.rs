//! A batch that DynamoDB processes only in part.

use std::io;

use serde_json::{Map, Value, json};

use crate::http_message::Message;
use crate::proxy::Upstream;
use crate::seeded::Seeded;

/// A `BatchWriteItem` or `BatchGetItem` that is processed in part.
pub struct PartialBatch {
    /// The request with the part to process; `None` if there is none.
    done: Option<Value>,
    /// The name of the answer's field for the rest.
    name: &'static str,
    undone: Value,
}

impl PartialBatch {
    /// Splits the body of a batch at random; at least one item or key is left unprocessed.
    pub fn new(operation: &str, body: &Value, random: &mut Seeded) -> Self {
        let mut first = None;
        Self::without(operation, body, |place, length, _| {
            let first = *first.get_or_insert_with(|| random.below(length));
            place == first || random.percent(40)
        })
    }

    /// Splits the body of a batch; what contains a text is left unprocessed.
    pub fn without_text(operation: &str, body: &Value, text: &str) -> Self {
        Self::without(operation, body, |_, _, item| item.to_string().contains(text))
    }

    /// Leaves items or keys unprocessed by their place, the number of all, and their content.
    fn without(operation: &str, body: &Value, mut is_left: impl FnMut(usize, usize, &Value) -> bool) -> Self {
        let is_write = operation == "BatchWriteItem";
        let (mut done, mut undone) = (Map::new(), Map::new());
        for (table, asked) in body["RequestItems"].as_object().expect("tables") {
            let list = if is_write { asked } else { &asked["Keys"] }.as_array().expect("a list");
            let (left, kept): (Vec<_>, Vec<_>) =
                list.iter().cloned().enumerate().partition(|(place, item)| is_left(*place, list.len(), item));
            for (part, into) in [(left, &mut undone), (kept, &mut done)] {
                let part: Vec<Value> = part.into_iter().map(|(_, item)| item).collect();
                if part.is_empty() {
                    continue;
                }
                let mut same = asked.clone();
                *(if is_write { &mut same } else { &mut same["Keys"] }) = part.into();
                into.insert(table.clone(), same);
            }
        }
        let with = |tables: Map<String, Value>| {
            let mut request = body.clone();
            request["RequestItems"] = tables.into();
            request
        };
        Self {
            done: (!done.is_empty()).then(|| with(done)),
            name: if is_write { "UnprocessedItems" } else { "UnprocessedKeys" },
            undone: undone.into(),
        }
    }

    /// Has the database process its part of the request; returns the answer to the whole.
    pub(crate) async fn forward(&self, request: Message, upstream: &mut Upstream) -> io::Result<Message> {
        match &self.done {
            Some(done) => Ok(self.answer(&upstream.forward(&request.with_body(done)).await?.json())),
            None => Ok(self.answer(&json!({}))),
        }
    }

    /// Turns the answer to the processed part into the answer to the whole.
    fn answer(&self, answer: &Value) -> Message {
        let mut answer = answer.clone();
        if self.name == "UnprocessedKeys" && answer["Responses"].is_null() {
            answer["Responses"] = json!({});
        }
        answer[self.name] = self.undone.clone();
        Message::answer("200 OK", &answer)
    }
}
