//! Compares the event records of a case with the outcomes that its peer expects, as multisets.

use std::cmp::Reverse;
use std::fmt;

use mail_feedback::address::Address;
use mail_feedback::timestamp::Timestamp;
use support::database::{Database, EVENTS, text};

use super::case::Neutral;

/// The text for an absent value.
const NONE: &str = "none";

/// An outcome that the peer expects, in our vocabulary; absent values are not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ExpectedRecord {
    recipient: Option<String>,
    message_id: Option<String>,
    kind: String,
    permanence: Option<String>,
    occurred_at: Option<String>,
}

/// The compared fields of an event record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    recipient: String,
    message_id: String,
    kind: String,
    permanence: String,
    occurred_at: String,
}

/// The differences between the outcomes expected of a provider and the event log.
pub(crate) async fn differences(expected: &[Neutral], provider: &str, database: &Database) -> Vec<String> {
    let wanted = expected.iter().filter_map(|outcome| ExpectedRecord::of(outcome, provider)).collect();
    let events = database.scan(EVENTS).await;
    let rows = events.values().map(|event| {
        let field = |name: &str| Some(text(event, name)).filter(|text| !text.is_empty()).unwrap_or(NONE).to_owned();
        let address = text(event, "address");
        let recipient = if address.starts_with("unattributed#") { NONE } else { address }.to_owned();
        let (message_id, kind) = (field("message_id"), field("kind"));
        let (permanence, occurred_at) = (field("permanence"), field("occurred_at"));
        Row { recipient, message_id, kind, permanence, occurred_at }
    });
    compare(wanted, rows.collect())
}

/// Removes matches, then compares each remaining outcome with the most similar record.
fn compare(mut wanted: Vec<ExpectedRecord>, mut rows: Vec<Row>) -> Vec<String> {
    rows.sort();
    wanted.sort();
    // The most specific ones choose first.
    wanted.sort_by_key(|outcome| Reverse(outcome.demands()));
    wanted.retain(|outcome| {
        let agreeing = rows.iter().position(|row| outcome.differences(row).is_empty());
        agreeing.map(|at| rows.remove(at)).is_none()
    });
    let mut found = Vec::new();
    for outcome in wanted {
        let candidates = rows.iter().enumerate().filter(|(_, row)| outcome.may_be(row));
        let nearest = candidates.min_by_key(|(_, row)| outcome.differences(row).len()).map(|(at, _)| at);
        found.push(match nearest {
            Some(at) => {
                let row = rows.remove(at);
                format!(
                    "{}: {}",
                    outcome.recipient.as_ref().unwrap_or(&row.recipient),
                    outcome.differences(&row).join(", ")
                )
            }
            None => format!("missing {outcome}"),
        });
    }
    found.extend(rows.iter().map(|row| format!("extra {row}")));
    found
}

impl ExpectedRecord {
    /// `None`: the peer expects no record.
    fn of(outcome: &Neutral, provider: &str) -> Option<Self> {
        let kind = match (outcome.kind.as_str(), provider) {
            ("none", _) => return None,
            ("delayed", _) => "deferred",
            // `processed`: Tencent has the message and has not tried yet.
            ("sent", "tencent-ses") => "queued",
            ("account", _) => "unknown",
            (kind, _) => kind,
        };
        let normalized = |mailbox: &String| {
            Address::parse(mailbox).map_or_else(|| mailbox.clone(), |address| address.as_str().to_owned())
        };
        let spelled = |time: &String| Timestamp::parse(time).map_or_else(|| time.clone(), |time| time.to_string());
        Some(Self {
            recipient: outcome.recipient.as_ref().map(normalized),
            message_id: outcome.message_id.clone(),
            kind: kind.to_owned(),
            permanence: outcome.permanence.clone(),
            occurred_at: outcome.occurred_at.as_ref().map(spelled),
        })
    }

    /// How many facts are asserted in addition to the kind.
    fn demands(&self) -> usize {
        [&self.recipient, &self.message_id, &self.permanence, &self.occurred_at].into_iter().flatten().count()
    }

    /// Whether a record may be about the same thing.
    fn may_be(&self, row: &Row) -> bool {
        self.kind == row.kind || self.recipient.as_ref() == Some(&row.recipient)
    }

    /// The differences in a record.
    fn differences(&self, row: &Row) -> Vec<String> {
        let fields = [
            ("kind", Some(&self.kind), &row.kind),
            ("recipient", self.recipient.as_ref(), &row.recipient),
            ("message_id", self.message_id.as_ref(), &row.message_id),
            ("permanence", self.permanence.as_ref(), &row.permanence),
            ("occurred_at", self.occurred_at.as_ref(), &row.occurred_at),
        ];
        let differing = fields.into_iter().filter_map(|(name, expected, actual)| {
            let expected = expected.filter(|expected| *expected != actual)?;
            Some(format!("{name} {expected} -> {actual}"))
        });
        differing.collect()
    }
}

impl fmt::Display for ExpectedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.recipient.as_deref().unwrap_or(NONE))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.recipient)
    }
}
