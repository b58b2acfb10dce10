//! The generic half of the decision table: turns an event's effects into changes of the suppression record.
//!
//! The provider modules say what a report means; this module adds the address, the scope and the expiry. It knows no
//! provider, and the providers know no record.

mod settings;

pub use settings::{ComplaintScope, Policy};

use crate::event::{Effect, EmailEvent, Kind, Reason, ScopeKind};
use crate::suppression::{Change, Entry, Scope, SoftBounce, State};
use crate::text::clip;
use crate::timestamp::Timestamp;

/// The longest diagnostic text and the longest code of a soft bounce, in bytes: many of them share one item.
const SOFT_DETAIL_BYTES: usize = 128;
const SOFT_CODE_BYTES: usize = 48;

/// The changes that an event makes to the suppression record of its address, in the order of its effects.
///
/// An event without a usable address has none. Untimed soft bounces are not counted and untimed deliveries reset
/// nothing; any other untimed evidence takes the time of publication, or else `received_at`.
#[must_use]
pub fn decide(event: &EmailEvent, policy: Policy, received_at: Timestamp) -> Vec<Change> {
    if event.address().is_none() {
        return Vec::new();
    }
    event.effects.iter().filter_map(|effect| change(event, *effect, policy, received_at)).collect()
}

fn change(event: &EmailEvent, effect: Effect, policy: Policy, received_at: Timestamp) -> Option<Change> {
    match effect {
        Effect::SoftBounce => Some(Change::SoftBounce(soft_bounce(event, event.occurred_at?))),
        Effect::Delivered => Some(Change::Delivered { at: event.occurred_at? }),
        Effect::Suppress { reason, scope_kind, days } => {
            let at = event.effective_at(received_at);
            let days = days.or_else(|| policy.days(reason));
            let until = days.map(|days| at.plus_days(days));
            let entry = entry(event, State::Suppressed, at, until);
            let scope = narrowed(event, reason, policy.complaint_scope).or_else(|| scope(event, scope_kind))?;
            Some(Change::Entry { scope, reason, entry })
        }
        // A lift must not be widened: without its list it would undo suppressions that have other grounds.
        Effect::Lift { scope_kind: ScopeKind::List, .. } if list(event).is_none() => None,
        Effect::Lift { reason, scope_kind } => {
            let entry = entry(event, State::Lifted, event.effective_at(received_at), None);
            Some(Change::Entry { scope: scope(event, scope_kind)?, reason, entry })
        }
    }
}

/// The narrower scope of a complaint, if the deployment sets one and the event names it.
///
/// A refusal because of an earlier complaint is not narrowed: the reported mail may have been of another tenant or stream.
fn narrowed(event: &EmailEvent, reason: Reason, complaint_scope: ComplaintScope) -> Option<Scope> {
    if (event.kind, reason) != (Kind::Complained, Reason::Complaint) {
        return None;
    }
    match complaint_scope {
        ComplaintScope::Everything => None,
        ComplaintScope::Tenant => scope(event, ScopeKind::Tenant),
        ComplaintScope::Stream => event.stream.as_ref().map(Scope::stream),
    }
}

/// The scope of an effect, widened if the event lacks the name it needs; `None`: it applies to no send, as the refusal of a
/// tenant's list does if the tenant is not known.
fn scope(event: &EmailEvent, scope_kind: ScopeKind) -> Option<Scope> {
    let provider = event.provider.as_str();
    match scope_kind {
        ScopeKind::Everything => Some(Scope::everything()),
        ScopeKind::Provider => Some(Scope::provider(provider)),
        ScopeKind::Tenant => event.tenant.as_ref().map(|tenant| Scope::tenant(provider, tenant)),
        ScopeKind::Sender => Some(of_sender(event)),
        ScopeKind::List => Some(list(event).unwrap_or_else(|| of_sender(event))),
    }
}

/// The list of an event, unless nobody could ask about a list of that name, or lift a suppression of it.
fn list(event: &EmailEvent) -> Option<Scope> {
    Scope::list(event.provider.as_str(), event.list.as_ref()?)
}

/// The mail of the event's sender: of its stream, else of its domain, else through its provider.
fn of_sender(event: &EmailEvent) -> Scope {
    match (&event.stream, &event.sender_domain) {
        (Some(stream), _) => Scope::stream(stream),
        (None, Some(domain)) => Scope::domain(domain),
        (None, None) => Scope::provider(event.provider.as_str()),
    }
}

fn entry(event: &EmailEvent, state: State, at: Timestamp, until: Option<Timestamp>) -> Entry {
    Entry {
        state,
        at,
        first_at: (state == State::Suppressed).then_some(at),
        suppressed_at: None,
        lifted_event: None,
        until,
        provider: event.provider.as_str().to_owned(),
        event_id: event.id.to_string(),
        code: event.code.clone(),
        detail: event.detail.clone(),
        recipient: event.recipient.as_ref().map(|recipient| recipient.spelling.clone()),
        actor: None,
        note: None,
    }
}

fn soft_bounce(event: &EmailEvent, at: Timestamp) -> SoftBounce {
    SoftBounce {
        at,
        event_id: event.id.to_string(),
        provider: event.provider.as_str().to_owned(),
        code: event.code.as_deref().map(|code| clip(code, SOFT_CODE_BYTES).to_owned()),
        detail: event.detail.as_deref().map(|detail| clip(detail, SOFT_DETAIL_BYTES).to_owned()),
        recipient: event.recipient.as_ref().map(|recipient| recipient.spelling.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::{ComplaintScope, Policy, decide};
    use crate::event::{
        Effect, EmailEvent, EventId, Kind, Provider, Reason, Recipient, Ruling, ScopeKind, Stream, Tenant,
    };
    use crate::suppression::Change;
    use crate::timestamp::Timestamp;

    fn event(effect: Effect) -> EmailEvent {
        let mut event = EmailEvent::new(Provider::Ses, EventId::of(&[]), Ruling::of(Kind::Bounced));
        event.effects = vec![effect];
        event.recipient = Some(Recipient::parse("a@example.com"));
        event.occurred_at = Timestamp::from_unix("1700000000");
        event
    }

    fn scope_of(event: &EmailEvent) -> Option<String> {
        scope_under(ComplaintScope::Everything, event)
    }

    fn scope_under(complaint_scope: ComplaintScope, event: &EmailEvent) -> Option<String> {
        match decide(event, Policy { complaint_scope, ..Policy::default() }, Timestamp::MAX).as_slice() {
            [Change::Entry { scope, .. }] => Some(scope.to_string()),
            _ => None,
        }
    }

    #[test]
    fn a_scope_widens_where_its_name_is_missing() {
        let mut event = event(Effect::unsubscribe(ScopeKind::List));
        event.list = Some("News/Offers".to_owned());
        event.sender_domain = Some("example.com".to_owned());
        event.stream = Stream::parse("marketing");
        assert_eq!(scope_of(&event).as_deref(), Some("list:ses:News/Offers"));
        for none in [None, Some("Ne\0ws"), Some(" News")] {
            event.list = none.map(str::to_owned);
            assert_eq!(scope_of(&event).as_deref(), Some("stream:marketing"), "{none:?}");
        }
        event.stream = None;
        assert_eq!(scope_of(&event).as_deref(), Some("domain:example.com"));
        event.sender_domain = None;
        assert_eq!(scope_of(&event).as_deref(), Some("provider:ses"));
    }

    #[test]
    fn the_refusal_of_a_tenants_list_concerns_that_tenant_or_nobody() {
        let mut event = event(Effect::tenant_block());
        event.sender_domain = Some("example.com".to_owned());
        assert_eq!(decide(&event, Policy::default(), Timestamp::MAX), []);
        event.tenant = Tenant::parse("Acme");
        assert_eq!(scope_of(&event).as_deref(), Some("tenant:ses:Acme"));
    }

    #[test]
    fn a_complaint_reaches_as_far_as_is_set_and_everything_where_the_event_does_not_say() {
        let mut event = event(Effect::suppress(Reason::Complaint));
        event.kind = Kind::Complained;
        for complaint_scope in ComplaintScope::ALL {
            assert_eq!(scope_under(*complaint_scope, &event).as_deref(), Some("*"), "{complaint_scope}");
        }
        event.tenant = Tenant::parse("Acme");
        event.stream = Stream::parse("marketing");
        for (complaint_scope, expected) in [
            (ComplaintScope::Everything, "*"),
            (ComplaintScope::Tenant, "tenant:ses:Acme"),
            (ComplaintScope::Stream, "stream:marketing"),
        ] {
            assert_eq!(scope_under(complaint_scope, &event).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_complaint_itself_is_not_narrowed() {
        let mut refusal = event(Effect::suppress(Reason::Complaint));
        refusal.kind = Kind::Rejected;
        let mut bounce = event(Effect::suppress(Reason::HardBounce));
        for event in [&mut refusal, &mut bounce] {
            event.tenant = Tenant::parse("Acme");
            event.stream = Stream::parse("marketing");
            for complaint_scope in ComplaintScope::ALL {
                assert_eq!(scope_under(*complaint_scope, event).as_deref(), Some("*"), "{complaint_scope}");
            }
        }
    }

    #[test]
    fn a_lift_does_not_widen() {
        let mut event = event(Effect::Lift { reason: Reason::Unsubscribe, scope_kind: ScopeKind::List });
        event.sender_domain = Some("example.com".to_owned());
        for none in [None, Some("News\n")] {
            event.list = none.map(str::to_owned);
            assert_eq!(decide(&event, Policy::default(), Timestamp::MAX), [], "{none:?}");
        }
        event.list = Some("News".to_owned());
        assert_eq!(scope_of(&event).as_deref(), Some("list:ses:News"));
    }

    #[test]
    fn untimed_soft_bounces_and_deliveries_change_nothing() {
        for effect in [Effect::SoftBounce, Effect::Delivered] {
            let mut event = event(effect);
            assert_eq!(decide(&event, Policy::default(), Timestamp::MAX).len(), 1);
            event.occurred_at = None;
            assert_eq!(decide(&event, Policy::default(), Timestamp::MAX), []);
        }
    }

    #[test]
    fn nothing_follows_without_a_usable_address() {
        let mut event = event(Effect::suppress(Reason::Complaint));
        event.recipient = Some(Recipient::parse("nobody"));
        assert_eq!(decide(&event, Policy::default(), Timestamp::MAX), []);
    }

    #[test]
    fn an_end_counts_from_the_event() {
        for (effect, hard_bounce_days, days) in [
            (Effect::provider_block(Some(14)), 0, Some(14)),
            (Effect::provider_block(Some(14)), 90, Some(14)),
            (Effect::suppress(Reason::HardBounce), 0, None),
            (Effect::suppress(Reason::HardBounce), 90, Some(90)),
            (Effect::suppress(Reason::InvalidAddress), 90, None),
            (Effect::suppress(Reason::Complaint), 90, None),
        ] {
            let event = event(effect);
            let policy = Policy { hard_bounce_days, ..Policy::default() };
            let until = match decide(&event, policy, Timestamp::MAX).as_slice() {
                [Change::Entry { entry, .. }] => entry.until,
                _ => None,
            };
            assert_eq!(until, event.occurred_at.zip(days).map(|(at, days)| at.plus_days(days)), "{effect:?}");
        }
    }
}
