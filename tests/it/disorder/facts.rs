//! Random sets of facts, and the events that report them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use mail_feedback::event::{
    Cause, Effect, EmailEvent, EventId, Kind, Provider, Reason, Recipient, Ruling, ScopeKind, Stream, Tenant,
};
use mail_feedback::suppression::SoftBounceRules;
use mail_feedback::timestamp::Timestamp;
use support::seeded::Seeded;

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;
/// Midnight before the first fact.
const START: i64 = 20_000 * DAY;

/// The kinds of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// A permanent bounce.
    Hard,
    /// A spam report.
    Complaint,
    /// The recipient unsubscribed from a list, or from whatever else the event names.
    Unsubscribe,
    /// The recipient rejoined a list.
    Lift,
    /// The recipient unsubscribed from everything, for some days or forever.
    UnsubscribeAll(Option<u32>),
    /// A provider refuses the address, for some days or forever.
    Block(Option<u32>),
    /// A temporary bounce.
    Soft,
    /// A temporary bounce after which the provider refuses the address for 30 days.
    SoftAndBlock,
    /// A message was delivered.
    Delivered,
    /// Something without effect.
    Opened,
}

/// One fact about one address.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Who it concerns.
    pub address: String,
    /// What happened.
    pub kind: FactKind,
    /// Who says it.
    pub provider: Provider,
    /// When it happened, in milliseconds.
    pub at: i64,
    /// Whether the report has no time of its own, only that of its publication.
    pub untimed: bool,
    /// The list it names.
    pub list: Option<&'static str>,
    /// The sender domain it names.
    pub domain: Option<&'static str>,
    /// Distinguishes it from others.
    pub serial: usize,
}

impl Fact {
    /// The id of its event.
    pub fn id(&self) -> EventId {
        EventId::of(&[Some("disorder"), Some(&self.address), Some(&self.serial.to_string())])
    }

    /// The provider's code in its event.
    pub fn code(&self) -> String {
        format!("code {}", self.serial)
    }

    /// The stream of the mail it is about.
    pub fn stream(&self) -> Option<&'static str> {
        [None, Some("marketing"), Some("transactional")][self.serial % 3]
    }

    /// The tenant of the mail, where its provider has some.
    pub fn tenant(&self) -> Option<&'static str> {
        let named = [None, Some("Acme"), Some("Globex"), None][self.serial / 3 % 4];
        named.filter(|_| self.provider.has_tenants())
    }

    /// The event that reports it.
    pub fn event(&self) -> EmailEvent {
        let ruling = match self.kind {
            FactKind::Hard => Ruling::hard(Cause::UnknownMailbox),
            FactKind::Complaint => Ruling::of(Kind::Complained),
            FactKind::Unsubscribe | FactKind::UnsubscribeAll(_) => Ruling::of(Kind::Unsubscribed),
            FactKind::Lift => Ruling::of(Kind::Subscribed),
            FactKind::Block(_) => Ruling::rejected(Cause::ProviderList, &[]),
            FactKind::Soft | FactKind::SoftAndBlock => Ruling::soft(Cause::MailboxFull),
            FactKind::Delivered => Ruling::of(Kind::Delivered),
            FactKind::Opened => Ruling::of(Kind::Opened),
        };
        let mut event = EmailEvent::new(self.provider, self.id(), ruling);
        let reason = Reason::Unsubscribe;
        event.effects.extend(match self.kind {
            FactKind::Complaint => Some(Effect::suppress(Reason::Complaint)),
            FactKind::Unsubscribe => Some(Effect::unsubscribe(ScopeKind::List)),
            FactKind::Lift => Some(Effect::Lift { reason, scope_kind: ScopeKind::List }),
            FactKind::UnsubscribeAll(days) => {
                Some(Effect::Suppress { reason, scope_kind: ScopeKind::Everything, days })
            }
            FactKind::Block(days) => Some(Effect::provider_block(days)),
            FactKind::SoftAndBlock => Some(Effect::provider_block(Some(30))),
            FactKind::Delivered => Some(Effect::Delivered),
            FactKind::Hard | FactKind::Soft | FactKind::Opened => None,
        });
        event.recipient = Some(Recipient::parse(&self.address));
        event.code = Some(self.code());
        event.list = self.list.map(str::to_owned);
        event.sender_domain = self.domain.map(str::to_owned);
        event.stream = self.stream().and_then(Stream::parse);
        event.tenant = self.tenant().and_then(Tenant::parse);
        let at = Timestamp::from_millis(self.at);
        if self.untimed {
            event.published_at = at;
        } else {
            event.occurred_at = at;
        }
        event
    }
}

/// Facts about a few addresses, and the rules for counting them.
pub struct FactSet {
    /// The facts.
    pub facts: Vec<Fact>,
    /// The rules.
    pub rules: SoftBounceRules,
}

const KINDS: [FactKind; 16] = [
    FactKind::Hard,
    FactKind::Complaint,
    FactKind::Unsubscribe,
    FactKind::Unsubscribe,
    FactKind::Lift,
    FactKind::Lift,
    FactKind::Block(None),
    FactKind::Block(Some(3)),
    FactKind::Soft,
    FactKind::Soft,
    FactKind::Soft,
    FactKind::Soft,
    FactKind::SoftAndBlock,
    FactKind::Delivered,
    FactKind::Delivered,
    FactKind::Opened,
];

/// More lists than a record keeps apart.
static LISTS: LazyLock<Vec<String>> = LazyLock::new(|| (0..112).map(|nth| format!("list-{nth}")).collect());

/// About as many lists as a record keeps apart, left and joined at any time, some of them twice. In half of the sets
/// the lists are only left, so that each time is decisive. Only people lift for every send, and they decide on what
/// they see.
fn wide(random: &mut Seeded, address: &str, first: usize) -> Vec<Fact> {
    let lists = 92 + random.below(20);
    let more = random.below(12);
    let quiet = random.percent(50);
    let fact = |nth: usize| {
        let kind = match (nth < lists, random.below(8)) {
            (false, 0 | 2) => FactKind::UnsubscribeAll(random.pick(&[None, Some(2)])),
            (true, _) if quiet => FactKind::Lift,
            (_, 3 | 4) => FactKind::Lift,
            _ => FactKind::Unsubscribe,
        };
        let list = if nth < lists { nth } else { random.below(lists) };
        Fact {
            address: address.to_owned(),
            kind,
            provider: Provider::Ses,
            at: START + i64::try_from(random.below(40)).unwrap() * 3_600_000,
            untimed: random.percent(8),
            list: Some(LISTS[list].as_str()),
            domain: None,
            serial: first + nth,
        }
    };
    (0..lists + more).map(fact).collect()
}

/// A set of facts about addresses that no other set has; a wide one names about as many lists for one address as a
/// record keeps apart.
pub fn set(random: &mut Seeded, name: &str, is_wide: bool) -> FactSet {
    let rules = |threshold, window_days, min_days, cooldown_days| SoftBounceRules {
        threshold,
        window_days,
        min_days,
        cooldown_days,
    };
    let rules = random.pick(&[rules(3, 5, 2, 4), rules(2, 4, 2, 3), rules(5, 30, 3, 30), rules(0, 30, 3, 30)]);
    let mut set = set_under(rules, random, name);
    if is_wide {
        let wide = wide(random, &format!("{name}-0@example.com"), set.facts.len());
        set.facts.extend(wide);
    }
    set
}

/// A set of facts to count with these rules.
pub fn set_under(rules: SoftBounceRules, random: &mut Seeded, name: &str) -> FactSet {
    let addresses = 1 + random.below(3);
    // A busy set tests the bound on the bounces of a day, which is independent of the order only without deliveries.
    let busy = random.percent(15);
    let (days, hours) = if busy { (3, 24) } else { (random.pick(&[2, 6, 14]), 4) };
    let count = if busy { 30 } else { 3 + random.below(18) };
    let mut facts = Vec::with_capacity(count);
    let mut bounces: BTreeMap<(usize, i64), u32> = BTreeMap::new();
    for serial in 0..count {
        let address = random.below(addresses);
        let day = i64::try_from(random.below(days)).unwrap();
        let hour = i64::try_from(random.below(hours)).unwrap();
        let mut kind = random.pick(&KINDS);
        let soft = matches!(kind, FactKind::Soft | FactKind::SoftAndBlock);
        if busy {
            kind = if kind == FactKind::Delivered { FactKind::Soft } else { kind };
        } else if soft {
            let known = bounces.entry((address, day)).or_default();
            *known += 1;
            if *known > 2 * rules.threshold.max(1) {
                kind = FactKind::Opened;
            }
        }
        facts.push(Fact {
            address: format!("{name}-{address}@example.com"),
            kind,
            provider: random.pick(&[Provider::Ses, Provider::Mailjet]),
            at: START + day * DAY + hour * 3_600_000,
            untimed: random.percent(8),
            list: random.pick(&[None, Some("41"), Some("42")]),
            domain: random.pick(&[None, Some("sender.example")]),
            serial,
        });
    }
    FactSet { facts, rules }
}

/// Facts about one address as a campaign to a full and angry mailbox causes them: all at once.
pub fn hot(count: usize) -> Vec<Fact> {
    let mut random = Seeded::new(7);
    let fact = |serial: usize| Fact {
        address: "hot@example.com".to_owned(),
        kind: match serial % 10 {
            0..=5 => FactKind::Soft,
            6 => FactKind::Hard,
            7 => FactKind::Complaint,
            8 => FactKind::Block(Some(3)),
            _ => FactKind::Unsubscribe,
        },
        provider: random.pick(&[Provider::Ses, Provider::Tencent, Provider::Mailjet]),
        at: START + i64::try_from(serial).unwrap() * DAY / 8,
        untimed: false,
        list: random.pick(&[None, Some("41"), Some("42"), Some("43")]),
        domain: random.pick(&[None, Some("sender.example")]),
        serial,
    };
    (0..count).map(fact).collect()
}

/// A temporary bounce for one address and the delivery after it.
pub fn crossing(name: &str) -> FactSet {
    let facts = voided(1).into_iter().map(|fact| Fact { address: format!("{name}@example.com"), ..fact });
    let rules = SoftBounceRules { threshold: 3, window_days: 5, min_days: 2, cooldown_days: 4 };
    FactSet { facts: facts.collect(), rules }
}

/// A temporary bounce for each of many addresses, and the delivery after it: whichever arrives first, no bounce counts.
pub fn voided(addresses: usize) -> Vec<Fact> {
    let mut random = Seeded::new(11);
    let mut fact = |serial: usize| Fact {
        address: format!("voided-{}@example.com", serial / 2),
        kind: if serial.is_multiple_of(2) { FactKind::Soft } else { FactKind::Delivered },
        provider: random.pick(&[Provider::Tencent, Provider::Mailjet]),
        at: START + i64::try_from(serial).unwrap() * 60_000,
        untimed: false,
        list: None,
        domain: None,
        serial,
    };
    let mut facts: Vec<Fact> = (0..2 * addresses).map(&mut fact).collect();
    random.shuffle(&mut facts);
    facts
}
