//! Manual decisions, and the check before a send.

mod refused;

use harness::function::{InProcess, handler};
use mail_feedback::address::Address;
use mail_feedback::event::Reason;
use mail_feedback::suppression::{Context, Decision, Elsewhere, Scope, State};
use mail_feedback::timestamp::Timestamp;
use serde::Deserialize;
use support::database::Database;
use support::environment::environment;
use support::request::{authorization, post};

use crate::real_binary::invoke_both;

/// A function and its tables.
struct World {
    handler: InProcess,
    database: Database,
}

impl World {
    async fn open() -> Self {
        let database = Database::start().await;
        Self { handler: handler(&database, &environment(&database)), database }
    }

    /// Mailjet reports an event about `a@example.com`; `time` is in Unix seconds.
    async fn reports(&self, event: &str, time: i64, more: &str) {
        let body = format!(r#"{{"event":"{event}","time":{time},"MessageID":{time},"email":"a@example.com"{more}}}"#);
        let request = post("/webhooks/mailjet/example.com", &authorization(), &body);
        assert_eq!(invoke_both(&self.handler, &request.to_string()).await.unwrap()["statusCode"], 200);
    }

    /// `scope reason` of everything that blocks a send.
    async fn blocks(&self, context: &Context, now: Timestamp) -> Vec<String> {
        let suppressions = &self.handler.suppressions;
        let verdict = suppressions.check(&address(), &context.scopes().unwrap(), now).await.unwrap();
        assert_eq!(verdict.is_allowed(), verdict.blocks.is_empty());
        verdict.blocks.iter().map(|block| format!("{} {}", block.scope, block.reason)).collect()
    }

    async fn decide(&self, state: State, reason: Reason, scope: &str, now: Timestamp) {
        let decision = Decision {
            scope: Scope::from_text(scope),
            reason,
            until: None,
            actor: "jo".to_owned(),
            note: Some("called them".to_owned()),
        };
        let recorder = &self.handler.recorder;
        let outcome = match state {
            State::Suppressed => recorder.suppress(&address(), &decision, now).await,
            State::Lifted => recorder.lift(&address(), &decision, now).await,
        };
        outcome.unwrap();
    }
}

fn address() -> Address {
    Address::parse("A@example.com").unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000).unwrap()
}

/// A send through Mailjet.
fn mailjet() -> Context {
    Context {
        provider: Some("mailjet".to_owned()),
        sender_domain: Some("example.com".to_owned()),
        ..Context::default()
    }
}

const DAY: i64 = 86_400;
const START: i64 = 1_763_600_000;

#[tokio::test]
async fn a_lift_outlasts_older_reports_and_yields_to_newer_ones() {
    let world = World::open().await;
    world.reports("spam", START, "").await;
    assert_eq!(world.blocks(&mailjet(), at(START)).await, ["* complaint"]);
    world.decide(State::Lifted, Reason::Complaint, "*", at(START + 100)).await;
    assert_eq!(world.blocks(&mailjet(), at(START + 100)).await, Vec::<String>::new());
    world.reports("spam", START, "").await;
    world.reports("spam", START + 50, "").await;
    assert_eq!(world.blocks(&mailjet(), at(START + 100)).await, Vec::<String>::new(), "repeated and late reports");
    world.reports("spam", START + 200, "").await;
    assert_eq!(world.blocks(&mailjet(), at(START + 200)).await, ["* complaint"], "a new complaint");

    let record = world.handler.suppressions.get(&address()).await.unwrap();
    let entry = record.entry(&Scope::everything(), Reason::Complaint).unwrap();
    assert_eq!(entry.first_at, Some(at(START)), "lifts do not reset the beginning");
}

#[tokio::test]
async fn a_decision_wins_over_any_existing_entry_even_with_a_slow_clock() {
    let world = World::open().await;
    world.reports("spam", START, "").await;
    for state in [State::Lifted, State::Suppressed, State::Lifted] {
        world.decide(state, Reason::Complaint, "*", at(START - 1000)).await;
        let record = world.handler.suppressions.get(&address()).await.unwrap();
        let entry = record.entry(&Scope::everything(), Reason::Complaint).unwrap();
        assert_eq!(
            (entry.state, entry.actor.as_deref(), entry.note.as_deref()),
            (state, Some("jo"), Some("called them"))
        );
    }
}

#[tokio::test]
async fn every_reason_can_be_decided_on() {
    for reason in Reason::ALL {
        let world = World::open().await;
        world.decide(State::Suppressed, *reason, "*", at(START)).await;
        let stands = world.blocks(&mailjet(), at(START)).await;
        // The soft-bounce entry is derived from bounces, so a manual one gets the reason `manual`.
        let expected = if *reason == Reason::SoftBounce { Reason::Manual } else { *reason };
        assert_eq!(stands, [format!("* {expected}")]);
        world.decide(State::Lifted, expected, "*", at(START)).await;
        assert_eq!(world.blocks(&mailjet(), at(START)).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn lifting_soft_bounces_voids_them_and_late_ones() {
    let world = World::open().await;
    let quota = r#","error":"quota exceeded""#;
    for day in 0..5 {
        world.reports("bounce", START + day * DAY, quota).await;
    }
    let now = at(START + 4 * DAY);
    assert_eq!(world.blocks(&mailjet(), now).await, ["* soft_bounce"]);
    world.decide(State::Lifted, Reason::SoftBounce, "*", now).await;
    world.reports("bounce", START + 3 * DAY + 5, quota).await;
    assert_eq!(world.blocks(&mailjet(), now).await, Vec::<String>::new());
    let record = world.handler.suppressions.get(&address()).await.unwrap();
    assert_eq!((record.soft_bounces.bounces().len(), record.soft_bounces.lifted_at()), (0, Some(now)));
    let lift = record.soft_bounces.lifted().unwrap();
    assert_eq!((lift.actor.as_deref(), lift.note.as_deref()), (Some("jo"), Some("called them")));
}

#[tokio::test]
async fn soft_bounces_suppress_until_the_cooldown_ends_or_a_message_arrives() {
    let world = World::open().await;
    for day in 0..5 {
        world.reports("bounce", START + day * DAY, r#","error":"quota exceeded""#).await;
    }
    let last = START + 4 * DAY;
    assert_eq!(world.blocks(&mailjet(), at(last + 30 * DAY - 1)).await, ["* soft_bounce"]);
    assert_eq!(world.blocks(&mailjet(), at(last + 30 * DAY)).await, Vec::<String>::new());
    world.reports("sent", last + 1, "").await;
    assert_eq!(world.blocks(&mailjet(), at(last)).await, Vec::<String>::new());
}

#[tokio::test]
async fn reasons_and_scopes_are_independent_and_apply_to_their_sends() {
    let world = World::open().await;
    world.reports("unsub", START, r#","mj_list_id":42"#).await;
    world.reports("unsub", START + 1, r#","mj_list_id":0"#).await;
    world.reports("blocked", START + 2, r#","error":"preblocked""#).await;
    let now = at(START + 10);
    let to_list = Context { lists: vec!["42".to_owned()], ..mailjet() };
    assert_eq!(
        world.blocks(&to_list, now).await,
        ["domain:example.com unsubscribe", "list:mailjet:42 unsubscribe", "provider:mailjet provider_block"]
    );
    let other = Context { provider: Some("ses".to_owned()), sender_domain: Some("example.net".to_owned()), ..to_list };
    assert_eq!(world.blocks(&other, now).await, Vec::<String>::new());
    assert_eq!(world.blocks(&Context::default(), now).await, Vec::<String>::new(), "nothing concerns every send");
    let later = at(START + 31 * DAY);
    assert_eq!(world.blocks(&mailjet(), later).await, ["domain:example.com unsubscribe"], "the block has ended");
}

#[tokio::test]
async fn a_topic_is_blocked_by_itself_and_by_its_list() {
    let topic =
        Context { provider: Some("ses".to_owned()), lists: vec!["News/Offers".to_owned()], ..Context::default() };
    for (scope, blocked) in [("list:ses:News", true), ("list:ses:News/Offers", true), ("list:ses:News/Other", false)] {
        let world = World::open().await;
        world.decide(State::Suppressed, Reason::Unsubscribe, scope, at(START)).await;
        assert_eq!(!world.blocks(&topic, at(START)).await.is_empty(), blocked, "{scope}");
    }
}

#[tokio::test]
async fn many_addresses_are_answered_in_their_order() {
    let world = World::open().await;
    world.reports("spam", START, "").await;
    let mut addresses: Vec<_> = (0..250).filter_map(|n| Address::parse(&format!("b{n}@example.com"))).collect();
    addresses.insert(130, address());
    addresses.push(address());
    let suppressions = &world.handler.suppressions;
    let verdicts =
        suppressions.check_all(&addresses, &mailjet().scopes().unwrap(), Elsewhere::All, at(START)).await.unwrap();
    let verdicts: Vec<_> = verdicts.into_iter().map(Result::unwrap).collect();
    let blocked: Vec<_> =
        verdicts.iter().enumerate().filter(|(_, verdict)| !verdict.is_allowed()).map(|(n, _)| n).collect();
    assert_eq!((verdicts.len(), blocked), (252, vec![130, 251]));
    let block = &verdicts[130].blocks[0];
    assert_eq!((block.since, block.until, block.lifted_by()), (at(START), None, "a manual lift only"));
}

#[test]
fn the_vectors_for_senders_in_other_languages_are_right() {
    #[derive(Deserialize)]
    struct Vector {
        address: String,
        key: Option<String>,
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/addresses.json");
    let vectors: Vec<Vector> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(vectors.len() >= 18);
    for vector in vectors {
        let key = Address::parse(&vector.address).map(|address| address.as_str().to_owned());
        assert_eq!(key, vector.key, "{}", vector.address);
    }
}
