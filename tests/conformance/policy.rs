//! Abstract policies: sequences of events with a verdict, and checks of a send.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use mail_feedback::timestamp::Timestamp;
use support::database::SUPPRESSIONS;

use super::case::{Case, GivenSuppression, Step, When};
use super::certificates::Certificates;
use super::feedback::{CONTACT_LIST, Fact, Occurrence, RECIPIENT, SENDER_DOMAIN};
use super::replay::difference;
use super::state::History;
use super::verdict::{SendQuery, Suppressions};
use super::world::{Setup, World};

/// The time that a policy calls T: noon on 2026-01-01.
const T: &str = "2026-01-01T12:00:00.000Z";
/// How far ahead to check if the peer would delete what has expired: ten years.
const LATER_DAYS: u32 = 3_650;

/// The dates of a sequence: each event without its own time happens a day after the previous one.
struct Calendar {
    start: Timestamp,
    days: u32,
}

/// Replays a sequence of abstract events.
///
/// # Errors
/// The case is not understood.
pub(crate) async fn sequence(case: &Case, certificates: &Certificates) -> Result<Vec<String>, String> {
    let threshold = threshold(case.content.source.note.as_deref().unwrap_or_default());
    let world = World::start(&Setup { threshold, ..Setup::default() }, certificates).await?;
    let mut calendar = Calendar { start: Timestamp::parse(T).ok_or("T is no time")?, days: 0 };
    let mut history = History::default();
    let mut differences = Vec::new();
    for (number, step) in (1..).zip(case.content.sequence.as_deref().unwrap_or_default()) {
        match (step.event.as_deref(), Fact::of(step)) {
            (_, Some(fact)) => {
                for _ in 0..step.times.unwrap_or(1) {
                    let occurrence = calendar.next(step, fact.clone())?;
                    report(&world, &occurrence, &case.content.provider).await?;
                }
            }
            (Some("manual_add"), None) => add_by_hand(&world, step, calendar.start).await?,
            // There is no job that deletes: a suppression without expiry must still apply much later.
            (Some("prune"), None) => history.later = Some(calendar.start.plus_days(LATER_DAYS)),
            (Some(event), None) => differences.push(format!("event {event} does not exist here")),
            (None, None) => return Err("a step without an event is not understood".to_owned()),
        }
        let suppressed = history.look(&world.database).await;
        let found = difference("suppressed", step.after.as_ref().map(|after| after.suppressed), suppressed);
        differences.extend(found.map(|found| format!("step {number}: {found}")));
    }
    let end = case.content.expected.end.as_ref().ok_or("a policy without an end is not understood")?;
    differences.extend(history.differences(end, &world.database).await?);
    Ok(differences)
}

/// Checks whether a suppression applies to a send.
///
/// # Errors
/// The case is not understood.
pub(crate) async fn check(case: &Case, certificates: &Certificates) -> Result<Vec<String>, String> {
    let [step] = case.content.sequence.as_deref().unwrap_or_default() else {
        return Err("a question of several steps is not understood".to_owned());
    };
    let given = step.given_suppression.as_ref().ok_or("a question without a suppression is not understood")?;
    let query = query(step.send_kind.as_deref().unwrap_or_default())?;
    let at = Timestamp::parse(T).ok_or("T is no time")?;
    let world = World::start(&Setup::default(), certificates).await?;
    let occurrence = Occurrence { fact: fact(given)?, at: Some(at), serial: 1 };
    report(&world, &occurrence, &case.content.provider).await?;
    let blocked = !Suppressions::of(&world.database).await.blocking(&query, at).is_empty();
    Ok(difference("blocked", case.content.expected.blocked, blocked).into_iter().collect())
}

/// Reports an event, which must be accepted.
async fn report(world: &World, occurrence: &Occurrence, provider: &str) -> Result<(), String> {
    let reply = world.invoke(&occurrence.reported_by(provider)?).await?;
    if reply.status == 200 { Ok(()) } else { Err(format!("the report was answered {}", reply.status)) }
}

/// The number after the word "threshold" in a note.
fn threshold(note: &str) -> Option<u32> {
    let (_, after) = note.split_once("threshold")?;
    let number = after.trim_start_matches([' ', '=']);
    number.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()
}

impl Calendar {
    /// The next occurrence of a fact, at the time that the step gives or on the next day.
    fn next(&mut self, step: &Step, fact: Fact) -> Result<Occurrence, String> {
        let at = match &step.occurred_at {
            When::Unsaid => Some(self.start.plus_days(self.days)),
            When::Never => None,
            When::At(text) => Some(self.time(text)?),
        };
        self.days = self.days.saturating_add(1);
        Ok(Occurrence { fact, at, serial: self.days })
    }

    /// `T`, `T+60s`, `T-1h`.
    fn time(&self, text: &str) -> Result<Timestamp, String> {
        let unknown = || format!("the time {text} is not understood");
        let offset = text.strip_prefix('T').ok_or_else(unknown)?;
        if offset.is_empty() {
            return Ok(self.start);
        }
        let (number, unit) = offset.split_at_checked(offset.len().saturating_sub(1)).ok_or_else(unknown)?;
        let unit_ms: i64 = match unit {
            "s" => 1_000,
            "h" => 3_600_000,
            _ => return Err(unknown()),
        };
        let number: i64 = number.parse().map_err(|_| unknown())?;
        let millis = self.start.millis().saturating_add(number.saturating_mul(unit_ms));
        Timestamp::from_millis(millis).ok_or_else(unknown)
    }
}

/// A suppression as an operator writes it into the table.
async fn add_by_hand(world: &World, step: &Step, at: Timestamp) -> Result<(), String> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let map = |fields: Vec<(&str, AttributeValue)>| -> HashMap<String, AttributeValue> {
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    };
    let at = at.to_string();
    let entry = map(vec![
        ("state", text("suppressed")),
        ("at", text(&at)),
        ("first_at", text(&at)),
        ("provider", text("operator")),
        ("event_id", text("manual")),
        ("detail", text(step.reason.as_deref().unwrap_or("by hand"))),
        ("recipient", text(RECIPIENT)),
    ]);
    let reasons = map(vec![("manual", AttributeValue::M(entry))]);
    let item = map(vec![
        ("address", text(RECIPIENT)),
        ("suppressions", AttributeValue::M(map(vec![("*", AttributeValue::M(reasons))]))),
        ("soft_bounces", AttributeValue::M(map(vec![("bounces", AttributeValue::L(Vec::new()))]))),
        ("version", AttributeValue::N("1".to_owned())),
        ("updated_at", text(&at)),
    ]);
    let call = world.database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item));
    call.send().await.map(|_| ()).map_err(|error| format!("the entry cannot be written: {error}"))
}

/// The fact that causes a suppression.
fn fact(given: &GivenSuppression) -> Result<Fact, String> {
    match given.reason.as_str() {
        "BOUNCE" => Ok(Fact::HardBounce { diagnostic: "smtp; 550 5.1.1 user unknown".to_owned() }),
        "COMPLAINT" => Ok(Fact::Complaint { feedback_type: "abuse".to_owned() }),
        "UNSUBSCRIBE" => Ok(Fact::Unsubscribe { topic: given.topic.clone() }),
        other => Err(format!("the reason {other} is not understood")),
    }
}

/// The scopes that apply to a send: marketing goes to the list, or to one of its topics if named.
fn query(kind: &str) -> Result<SendQuery, String> {
    let mut scopes = BTreeSet::from(["*".to_owned(), "provider:ses".to_owned(), format!("domain:{SENDER_DOMAIN}")]);
    let mut words = kind.split(' ');
    match words.next() {
        Some("TRANSACTIONAL") => {}
        Some("MARKETING") => {
            scopes.insert(format!("list:ses:{CONTACT_LIST}"));
        }
        other => return Err(format!("the send {other:?} is not understood")),
    }
    for word in words {
        let topic = word.strip_prefix("topic=").ok_or_else(|| format!("{word} is not understood"))?;
        scopes.insert(format!("list:ses:{CONTACT_LIST}/{topic}"));
    }
    Ok(SendQuery::Of(scopes))
}
