//! What recipients tell through links, as events of the provider `own`.

use super::{Link, LinkScope};
use crate::event::{Effect, EmailEvent, EventId, Kind, Provider, Reason, Recipient, Ruling, ScopeKind};
use crate::timestamp::Timestamp;

/// Somebody unsubscribed at a time: that of the receipt.
#[must_use]
pub fn unsubscribed(link: &Link, at: Timestamp) -> EmailEvent {
    let effect = Effect::unsubscribe(scope_kind(link.scope()));
    let mut event = event(link, Kind::Unsubscribed, effect, &at.to_string());
    event.occurred_at = Some(at);
    event
}

/// Somebody undid an unsubscribe; the time is set when it is recorded.
#[must_use]
pub fn subscribed_again(link: &Link, undone: &EventId) -> EmailEvent {
    let effect = Effect::Lift { reason: Reason::Unsubscribe, scope_kind: scope_kind(link.scope()) };
    event(link, Kind::Subscribed, effect, undone.as_str())
}

/// An event whose id consists of the provider, its kind, address and scope, and what tells it from others of these.
fn event(link: &Link, kind: Kind, effect: Effect, distinction: &str) -> EmailEvent {
    let (provider, scope) = (Provider::Own, link.scope().to_string());
    let tuple = [provider.as_str(), kind.as_str(), link.address().as_str(), &scope, distinction];
    let mut event = EmailEvent::new(provider, EventId::of(&tuple.map(Some)), Ruling::of(kind));
    event.effects = vec![effect];
    event.recipient = Some(Recipient::parse(link.spelling()));
    match link.scope() {
        LinkScope::List(list) => event.list = Some(list.as_str().to_owned()),
        LinkScope::Stream(stream) => event.stream = Some(stream.clone()),
        LinkScope::Domain(domain) => event.sender_domain = Some(domain.clone()),
    }
    event
}

const fn scope_kind(scope: &LinkScope) -> ScopeKind {
    match scope {
        LinkScope::List(_) => ScopeKind::List,
        LinkScope::Stream(_) | LinkScope::Domain(_) => ScopeKind::Sender,
    }
}

#[cfg(test)]
mod tests {
    use super::{subscribed_again, unsubscribed};
    use crate::policy::{Policy, decide};
    use crate::timestamp::Timestamp;
    use crate::unsubscribe::{Link, LinkScope};

    #[test]
    fn both_facts_concern_the_scope_of_the_link() {
        for scope in ["list:own:weekly", "stream:marketing", "domain:example.com"] {
            let link = LinkScope::parse(scope).and_then(|it| Link::new("jane@example.com", it, Timestamp::MAX).ok());
            let facts = link.map(|link| {
                let left = unsubscribed(&link, Timestamp::MAX);
                let back = subscribed_again(&link, &left.id);
                [left, back].map(|fact| decide(&fact, Policy::default(), Timestamp::MAX))
            });
            let texts = facts.map(|facts| facts.map(|changes| changes.iter().map(ToString::to_string).collect()));
            let expected = [vec![format!("suppress unsubscribe {scope}")], vec![format!("lift unsubscribe {scope}")]];
            assert_eq!(texts, Some(expected));
        }
    }
}
