//! Changes requests and answers as if the function made a mistake.

use serde_json::json;

use crate::http_message::Message;

/// A precaution that the proxy takes away from the function, to show that the test would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It ignores the items that a batch left unwritten.
    IgnoresUnprocessedItems,
    /// It ignores the keys that a batch left unread.
    IgnoresUnprocessedKeys,
    /// It overwrites suppression records even if others wrote since it read.
    OverwritesOthers,
    /// It does not search for a delivery after a soft bounce.
    SkipsDeliveryQuery,
    /// It treats a refused batch as written.
    TreatsErrorAsSuccess,
}

impl Mistake {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::IgnoresUnprocessedItems,
        Self::IgnoresUnprocessedKeys,
        Self::OverwritesOthers,
        Self::SkipsDeliveryQuery,
        Self::TreatsErrorAsSuccess,
    ];

    /// The request that the mistaken function would send.
    pub fn request(self, operation: &str, request: &Message) -> Message {
        let request = request.clone();
        if self != Self::OverwritesOthers || operation != "PutItem" {
            return request;
        }
        let mut body = request.json();
        let fields = body.as_object_mut().expect("an object");
        fields.remove("ConditionExpression");
        fields.remove("ExpressionAttributeValues");
        request.with_body(&body)
    }

    /// The answer as the mistaken function would read it.
    pub fn answer(self, operation: &str, answer: &Message) -> Message {
        let answer = answer.clone();
        let without = |name: &str| {
            let mut body = answer.json();
            body.as_object_mut().expect("an object").remove(name);
            answer.clone().with_body(&body)
        };
        match (self, operation) {
            (Self::IgnoresUnprocessedItems, "BatchWriteItem") => without("UnprocessedItems"),
            (Self::IgnoresUnprocessedKeys, "BatchGetItem") => without("UnprocessedKeys"),
            (Self::SkipsDeliveryQuery, "Query") => {
                Message::answer("200 OK", &json!({"Items": [], "Count": 0, "ScannedCount": 0}))
            }
            (Self::TreatsErrorAsSuccess, "BatchWriteItem") => Message::answer("200 OK", &json!({})),
            _ => answer,
        }
    }
}
