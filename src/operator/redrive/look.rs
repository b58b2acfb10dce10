//! Looks into a queue: receives each message once, and makes it visible again at once.

use std::collections::BTreeSet;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message as Received, MessageSystemAttributeName as Attribute,
};

use super::super::call::Call;
use super::super::failure::Failure;
use super::checks::Checks;
use super::cloud::Cloud;
use super::diagnosis::Diagnosis;
use super::message::Message;
use super::stack::{Queue, time};
use crate::timestamp::Timestamp;

/// The most messages in one request.
const BATCH: i32 = 10;
/// How long a message is hidden while the others are received; then SQS makes it visible again.
pub(super) const HIDDEN_S: i32 = 60;
/// How many consecutive answers must be empty: each samples only some SQS servers.
const EMPTY_ANSWERS: u32 = 2;

/// The result of a look.
pub struct Look {
    /// The messages.
    pub found: Vec<Diagnosis>,
    /// Why they could not be made visible again at once, if that failed.
    pub not_shown_again: Option<Failure>,
}

impl Queue {
    /// Receives up to `limit` messages, describes them, and makes them visible again.
    pub async fn look(&self, cloud: &Cloud, checks: &Checks, limit: usize, now: Timestamp) -> Result<Look, Failure> {
        let received = self.receive(cloud, limit).await?;
        let not_shown_again = self.show_again(cloud, &received).await.err();
        let mut found = Vec::with_capacity(received.len());
        for message in received {
            found.push(Diagnosis::of(message, self.limits, checks, now).await);
        }
        Ok(Look { found, not_shown_again })
    }

    /// Receives each message once, and leaves it hidden.
    pub async fn receive(&self, cloud: &Cloud, limit: usize) -> Result<Vec<Message>, Failure> {
        let (mut found, mut known, mut empty) = (Vec::new(), BTreeSet::new(), 0_u32);
        while found.len() < limit && empty < EMPTY_ANSWERS {
            let left = i32::try_from(limit.saturating_sub(found.len())).unwrap_or(BATCH).min(BATCH);
            let call = cloud.sqs.receive_message().queue_url(&self.url).max_number_of_messages(left);
            let call = call.visibility_timeout(HIDDEN_S).wait_time_seconds(1).message_attribute_names("All");
            let output = call.message_system_attribute_names(Attribute::All).send().await;
            let output = output.map_err(|error| Call { right: "sqs:ReceiveMessage", on: &self.url }.failure(&error))?;
            let messages = output.messages.unwrap_or_default();
            empty = if messages.is_empty() { empty.saturating_add(1) } else { 0 };
            // A message received twice has a new receipt, and the old one may be void.
            for message in messages.into_iter().map(read) {
                if known.insert(message.id.clone()) {
                    found.push(message);
                } else if let Some(same) = found.iter_mut().find(|same| same.id == message.id) {
                    *same = message;
                }
            }
        }
        Ok(found)
    }

    /// Makes received messages visible again.
    pub async fn show_again(&self, cloud: &Cloud, messages: &[Message]) -> Result<(), Failure> {
        for part in messages.chunks(usize::try_from(BATCH).unwrap_or(1)) {
            let entries = part.iter().enumerate().map(|(number, message)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(number.to_string());
                entry.receipt_handle(&message.receipt).visibility_timeout(0).build()
            });
            let entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(|error| Failure::new(error.to_string()))?;
            let call = cloud.sqs.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
            let answer = call.send().await;
            let answer =
                answer.map_err(|error| Call { right: "sqs:ChangeMessageVisibility", on: &self.url }.failure(&error))?;
            if let Some(failed) = answer.failed().first() {
                return Err(Failure::new(format!("sqs:ChangeMessageVisibility failed: {}", failed.code())));
            }
        }
        Ok(())
    }
}

/// Converts a message from SQS.
fn read(received: Received) -> Message {
    let system = received.attributes.unwrap_or_default();
    let attribute = |name| system.get(&name).cloned();
    let attributes = received.message_attributes.unwrap_or_default().into_iter();
    Message {
        id: received.message_id.unwrap_or_default(),
        receipt: received.receipt_handle.unwrap_or_default(),
        body: received.body.unwrap_or_default(),
        attributes: attributes.filter_map(|(name, value)| Some((name, value.string_value?))).collect(),
        sent_at: attribute(Attribute::SentTimestamp).as_deref().and_then(time),
        received: attribute(Attribute::ApproximateReceiveCount)
            .and_then(|count| count.parse().ok())
            .unwrap_or_default(),
        parked_from: attribute(Attribute::DeadLetterQueueSourceArn),
    }
}
