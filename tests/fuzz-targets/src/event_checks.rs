//! Invariants of every event, whatever its input.

use mail_feedback::event::{Cause, EmailEvent, Kind};
use mail_feedback::policy::{ComplaintScope, Policy, decide};
use mail_feedback::store::{Retention, to_item};
use mail_feedback::suppression::{Change, Scope, SoftBounceRules, SuppressionRecord, effect_text};
use support::size::item_bytes;

use super::{address, world::NOW};

/// The most bytes that an event takes in its table: a twelfth of what DynamoDB allows.
const ITEM_BYTES: usize = 32 * 1024;

/// Checks an event that was parsed from a text.
pub fn check(event: &EmailEvent, source: &str) {
    let id = event.id.as_str();
    assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    within(event.detail.as_ref(), 512);
    within(event.url.as_ref(), 1024);
    within(event.raw.as_ref(), 16 * 1024);
    for text in [
        &event.message_id,
        &event.sender_domain,
        &event.configuration_set,
        &event.recipient_isp,
        &event.list,
        &event.campaign,
        &event.code,
        &event.user_agent,
        &event.ip,
        &event.bot,
    ] {
        within(text.as_ref(), 256);
    }
    assert!(event.tags.len() <= 16);
    assert!(event.tags.iter().all(|(name, value)| (1..=256).contains(&name.len()) && value.len() <= 256));
    assert!(event.recipient.as_ref().is_none_or(|recipient| recipient.spelling.len() <= 256));
    if let Some(key) = event.address() {
        address::check(key);
    }
    match &event.raw {
        Some(raw) => {
            assert!(
                event.kind == Kind::Unknown && source.starts_with(raw.as_str()),
                "the text itself, or its beginning"
            );
            assert!(raw.len() == source.len() || raw.len() > 16 * 1024 - 4, "cut no shorter than it must be");
        }
        None if event.cause == Some(Cause::Misrouted) => assert_eq!(event.kind, Kind::Unknown),
        None => assert_ne!(event.kind, Kind::Unknown, "what is not understood is kept, except incoming mail"),
    }
    recorded(event);
}

fn within(text: Option<&String>, limit: usize) {
    assert!(text.is_none_or(|text| text.len() <= limit));
}

/// Checks its record and its effect, whatever is set.
fn recorded(event: &EmailEvent) {
    for complaint_scope in ComplaintScope::ALL {
        for hard_bounce_days in [0, 90] {
            recorded_under(Policy { complaint_scope: *complaint_scope, hard_bounce_days }, event);
        }
    }
}

fn recorded_under(policy: Policy, event: &EmailEvent) {
    let changes = decide(event, policy, *NOW);
    let item = to_item(event, effect_text(&changes).as_deref(), Retention::default(), *NOW);
    assert!(item_bytes(&item) <= ITEM_BYTES, "{} bytes", item_bytes(&item));
    let key = |name: &str| item[name].as_s().expect("a text").len();
    assert!((1..=2048).contains(&key("address")) && (1..=1024).contains(&key("event")));
    assert!(event.address().is_some() || changes.is_empty(), "no effect without an address");
    for change in &changes {
        if let Change::Entry { scope, .. } = change {
            assert_eq!(Scope::parse(scope.as_str()).as_ref(), Ok(scope), "it can be asked about, and lifted");
        }
    }
    let mut once = SuppressionRecord::default();
    for change in &changes {
        once.merge(change, SoftBounceRules::default());
    }
    let mut twice = once.clone();
    for change in changes.iter().rev() {
        twice.merge(change, SoftBounceRules::default());
    }
    assert_eq!(once, twice, "a repetition changes nothing");
}
