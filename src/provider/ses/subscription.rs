//! The SES rows of the decision table for changes of list and topic preferences.

use super::common::each;
use super::report::Report;
use super::wire::{Preferences, Subscription, TopicStatus};
use crate::event::{Breadth, Effect, EmailEvent, Kind, Reason, Recipient, Ruling};
use crate::lenient::Object;

/// One change of preferences: of the whole list (no topic), or of one topic.
struct Change<'a> {
    topic: Option<&'a str>,
    ruling: Ruling,
}

const LEFT: Ruling = Ruling::of(Kind::Unsubscribed).with(Effect::unsubscribe(Breadth::List));
const CAME_BACK: Ruling =
    Ruling::of(Kind::Subscribed).with(Effect::Lift { reason: Reason::Unsubscribe, breadth: Breadth::List });

impl Report<'_> {
    /// One event a change; the report names no recipient, so the message must have been sent to one.
    ///
    /// Event id: ses, subscription, messageId, contactList, topic, timestamp, address.
    pub(super) fn subscription(&self) -> Vec<EmailEvent> {
        let Some(subscription) = &self.wire.subscription.0 else {
            return self.only_destination(Ruling::of(Kind::Unknown));
        };
        let mut common = self.common(Ruling::of(Kind::Unsubscribed), subscription.timestamp.get());
        common.code = subscription.source.owned();
        common.recipient = self.sole_recipient();
        let (message_id, timestamp) = (self.message_id(), subscription.timestamp.get());
        let list = subscription.contact_list.get();
        each(common, changes(subscription), |event, change| {
            let address = event.recipient.as_ref().map(Recipient::key);
            event.id = self.id(&[message_id, timestamp], &[message_id, list, change.topic, timestamp, address]);
            event.rule(change.ruling);
            event.list = list.map(|list| match change.topic {
                Some(topic) => format!("{list}/{topic}"),
                None => list.to_owned(),
            });
        })
    }
}

fn changes<'a>(subscription: &'a Subscription<'_>) -> Vec<Change<'a>> {
    let old = subscription.old_preferences.0.as_ref();
    let had_left_all = old.is_some_and(|old| old.unsubscribe_all.is_true());
    let leaves_all = subscription.new_preferences.0.as_ref().and_then(|new| new.unsubscribe_all.flag());

    let whole_list = match (had_left_all, leaves_all) {
        (false, Some(true)) => Some(LEFT),
        (true, Some(false)) => Some(CAME_BACK),
        // Not saying so is no return.
        (true, Some(true) | None) | (false, Some(false) | None) => None,
    };
    let mut changes: Vec<Change<'a>> = whole_list.into_iter().map(|ruling| Change { topic: None, ruling }).collect();
    if let Some(new) = &subscription.new_preferences.0 {
        changes.extend(new.topics.0.iter().filter_map(|status| topic_change(status, old)));
    }
    if changes.is_empty() {
        let kind = if leaves_all == Some(true) { Kind::Unsubscribed } else { Kind::Subscribed };
        changes.push(Change { topic: None, ruling: Ruling::of(kind) });
    }
    changes
}

fn topic_change<'a>(now: &'a Object<TopicStatus<'_>>, old: Option<&Preferences<'_>>) -> Option<Change<'a>> {
    let now = now.0.as_ref()?;
    let topic = now.topic_name.get()?;
    let before = old.and_then(|old| status_of(old, topic));
    match (before.as_deref(), now.subscription_status.key().as_str()) {
        (Some("optout"), "optout") => None,
        (_, "optout") => Some(Change { topic: Some(topic), ruling: LEFT }),
        (Some("optout"), "optin") => Some(Change { topic: Some(topic), ruling: CAME_BACK }),
        _ => None,
    }
}

fn status_of(preferences: &Preferences<'_>, topic: &str) -> Option<String> {
    let statuses = preferences.topics.0.iter().filter_map(|status| status.0.as_ref());
    statuses
        .filter(|status| status.topic_name.get() == Some(topic))
        .map(|status| status.subscription_status.key())
        .next()
}
