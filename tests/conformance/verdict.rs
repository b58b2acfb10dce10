//! The check that senders make before a send, and other facts in a suppression record.

use std::collections::BTreeSet;

use mail_feedback::timestamp::Timestamp;
use support::database::{Database, EVENTS, Item, SUPPRESSIONS, entries, soft_bounces, text};

/// A send to check: which scopes apply to it.
pub(crate) enum SendQuery {
    /// Like the reported message, with its provider, domain and list: every scope.
    LikeReported,
    /// These scopes.
    Of(BTreeSet<String>),
}

/// The compared fields of a suppression entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Why.
    pub(crate) reason: String,
    /// Since when.
    pub(crate) at: String,
    /// The provider's code.
    pub(crate) code: String,
    /// Diagnostic text.
    pub(crate) detail: String,
    scope: String,
    suppressed: bool,
    until: String,
}

/// The suppression records of a case, usually just one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suppressions {
    /// All entries.
    pub(crate) entries: Vec<Entry>,
    /// How many soft bounces count.
    pub(crate) soft_bounces: usize,
}

impl SendQuery {
    /// Whether an entry of this scope applies to it.
    fn includes(&self, scope: &str) -> bool {
        match self {
            Self::LikeReported => true,
            Self::Of(scopes) => scopes.contains(scope),
        }
    }
}

impl Suppressions {
    /// Reads the suppression table.
    pub(crate) async fn of(database: &Database) -> Self {
        let mut suppressions = Self::default();
        for record in database.scan(SUPPRESSIONS).await.values() {
            suppressions.entries.extend(entries(record).into_iter().map(entry));
            suppressions.soft_bounces = suppressions.soft_bounces.saturating_add(soft_bounces(record).len());
        }
        suppressions
    }

    /// The entries that block a send at a time: suppressed, and not expired.
    pub(crate) fn blocking(&self, query: &SendQuery, at: Timestamp) -> Vec<&Entry> {
        let now = at.to_string();
        let stands = |entry: &&Entry| {
            entry.suppressed
                && query.includes(&entry.scope)
                && (entry.until.is_empty() || entry.until.as_str() > now.as_str())
        };
        self.entries.iter().filter(stands).collect()
    }
}

/// The time of the latest event in the log, or the current time if none has a time.
pub(crate) async fn latest_event(database: &Database) -> Timestamp {
    let events = database.scan(EVENTS).await;
    let times = events.values().filter_map(|event| Timestamp::parse(text(event, "occurred_at")));
    times.max().unwrap_or_else(Timestamp::now)
}

/// Reads an entry of the table.
fn entry((scope, reason, fields): (String, String, Item)) -> Entry {
    let field = |name: &str| text(&fields, name).to_owned();
    let suppressed = text(&fields, "state") == "suppressed";
    let (at, code, detail, until) = (field("at"), field("code"), field("detail"), field("until"));
    Entry { reason, at, code, detail, scope, suppressed, until }
}
