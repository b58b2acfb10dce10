//! A message as it lies in a queue.

use std::collections::BTreeMap;

use crate::timestamp::Timestamp;

/// A message of one of the three queues, and what SQS says of it.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its id in this queue.
    pub id: String,
    /// What is needed to delete it, or to show it again.
    pub receipt: String,
    /// Its text.
    pub body: String,
    /// The message attributes: what SNS and EventBridge say of a failed delivery.
    pub attributes: BTreeMap<String, String>,
    /// When it first came into a queue.
    pub sent_at: Option<Timestamp>,
    /// How often it was received, this time included.
    pub received: u32,
    /// The ARN of the queue that it was parked from.
    pub parked_from: Option<String>,
}

impl Message {
    /// A message attribute by the first of its names that is there.
    pub fn attribute(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.attributes.get(*name)).map(String::as_str)
    }
}
