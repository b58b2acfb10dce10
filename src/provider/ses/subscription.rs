//! The SES rows of the decision table for changes of list and topic preferences.

use super::wire::{Preferences, Subscription, TopicStatus};
use crate::event::{Effect, Kind, Reason, Ruling, ScopeKind};
use crate::lenient::Object;

/// One change of preferences: of the whole list (no topic), or of one topic.
pub(super) struct Change<'a> {
    pub(super) topic: Option<&'a str>,
    pub(super) ruling: Ruling,
}

const UNSUBSCRIBED: Ruling = Ruling::of(Kind::Unsubscribed).with(&[Effect::unsubscribe(ScopeKind::List)]);
const SUBSCRIBED: Ruling =
    Ruling::of(Kind::Subscribed).with(&[Effect::Lift { reason: Reason::Unsubscribe, scope_kind: ScopeKind::List }]);

/// The changes in a report of preferences; if there are none, one without effect.
pub(super) fn changes<'a>(subscription: &'a Subscription<'_>) -> Vec<Change<'a>> {
    let old = subscription.old_preferences.0.as_ref();
    let had_unsubscribed = old.is_some_and(|old| old.unsubscribe_all.is_true());
    let unsubscribes = subscription.new_preferences.0.as_ref().and_then(|new| new.unsubscribe_all.flag());

    let whole_list = match (had_unsubscribed, unsubscribes) {
        (false, Some(true)) => Some(UNSUBSCRIBED),
        (true, Some(false)) => Some(SUBSCRIBED),
        // A missing statement does not resubscribe anybody.
        (true, Some(true) | None) | (false, Some(false) | None) => None,
    };
    let mut changes: Vec<Change<'a>> = whole_list.into_iter().map(|ruling| Change { topic: None, ruling }).collect();
    if let Some(new) = &subscription.new_preferences.0 {
        changes.extend(new.topics.0.iter().filter_map(|status| topic_change(status, old)));
    }
    if changes.is_empty() {
        let kind = if unsubscribes == Some(true) { Kind::Unsubscribed } else { Kind::Subscribed };
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
        (_, "optout") => Some(Change { topic: Some(topic), ruling: UNSUBSCRIBED }),
        (Some("optout"), "optin") => Some(Change { topic: Some(topic), ruling: SUBSCRIBED }),
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
