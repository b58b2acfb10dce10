//! A message in a queue.

use std::collections::BTreeMap;

use crate::timestamp::Timestamp;

/// A message of one of the three queues, with the metadata from SQS.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its id in this queue.
    pub id: String,
    /// The receipt handle, needed to delete it or make it visible again.
    pub receipt: String,
    /// Its text.
    pub body: String,
    /// The message attributes: the reason for a failed delivery, from SNS and EventBridge.
    pub attributes: BTreeMap<String, String>,
    /// When it was first sent to a queue.
    pub sent_at: Option<Timestamp>,
    /// How often it was received, including this time.
    pub received: u32,
    /// The ARN of the queue that it was parked from.
    pub parked_from: Option<String>,
}

impl Message {
    /// The message attribute with the first of these names that exists.
    pub fn attribute(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.attributes.get(*name)).map(String::as_str)
    }
}
