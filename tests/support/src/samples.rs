//! The sample invocations in `events/`, and their expected results from `events/expected.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::database::{self, Database, EVENTS, Item, SUPPRESSIONS, soft_bounces, text};

/// The folder of the samples.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

/// One sample.
pub struct Sample {
    /// `<provider>/<name>`.
    pub name: String,
    /// The invocation.
    pub json: String,
    /// Its expected result.
    pub expected: Expected,
}

/// The expected result of a sample.
#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    /// 200, or `"ok"` for SNS events.
    pub status: Value,
    /// The event records, in any order.
    pub events: Vec<EventRow>,
    /// The suppression entries.
    pub suppressions: Vec<SuppressionRow>,
    /// The addresses with one soft bounce.
    #[serde(default)]
    pub soft_bounces: Vec<String>,
}

/// The compared fields of an event record.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub struct EventRow {
    /// The address, or `unattributed`.
    pub address: String,
    /// What happened.
    pub kind: String,
    /// Whether it is permanent.
    #[serde(default)]
    pub permanence: String,
    /// Why.
    #[serde(default)]
    pub cause: String,
    /// On whose behalf the mail was sent.
    #[serde(default)]
    pub tenant: String,
    /// The stream it belongs to.
    #[serde(default)]
    pub stream: String,
}

/// The compared fields of a suppression entry.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub struct SuppressionRow {
    /// The address.
    pub address: String,
    /// The sends it applies to.
    pub scope: String,
    /// Why.
    pub reason: String,
    /// Whether it suppresses or is lifted.
    pub state: String,
}

/// The effect of a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// The event records.
    pub events: Vec<EventRow>,
    /// The suppression entries.
    pub suppressions: Vec<SuppressionRow>,
    /// The addresses with soft bounces, once per bounce.
    pub soft_bounces: Vec<String>,
}

impl Expected {
    /// The expected result as an effect.
    pub fn effect(&self) -> Effect {
        let mut effect = Effect {
            events: self.events.clone(),
            suppressions: self.suppressions.clone(),
            soft_bounces: self.soft_bounces.clone(),
        };
        effect.sort();
        effect
    }
}

impl Effect {
    fn sort(&mut self) {
        self.events.sort();
        self.suppressions.sort();
        self.soft_bounces.sort();
    }
}

/// All samples in order; asserts that each has an expectation, and each expectation a sample.
pub fn all() -> Vec<Sample> {
    let expected = std::fs::read_to_string(folder().join("expected.json")).expect("events/expected.json");
    let mut expected: BTreeMap<String, Expected> = serde_json::from_str(&expected).expect("valid expectations");
    let mut samples = Vec::new();
    for path in paths() {
        let stem = path.file_stem().expect("a name").to_string_lossy();
        let provider = path.parent().and_then(Path::file_name).expect("a folder").to_string_lossy();
        let name = format!("{provider}/{stem}");
        let expected = expected.remove(&name).unwrap_or_else(|| panic!("no expectation for the sample {name}"));
        let json = std::fs::read_to_string(&path).expect("a readable sample");
        samples.push(Sample { name, json, expected });
    }
    assert!(expected.is_empty(), "no sample for the expectations {:?}", expected.keys());
    samples
}

/// The files of the samples, by provider and name.
pub fn paths() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for provider in providers() {
        found.extend(entries(&folder().join(provider)).into_iter().filter(|path| is_json(path)));
    }
    found
}

/// The providers that have samples, by name: every folder with JSON in it.
pub fn providers() -> Vec<String> {
    let folders =
        entries(&folder()).into_iter().filter(|path| path.is_dir() && entries(path).iter().any(|it| is_json(it)));
    folders.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
}

/// The entries of a folder, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a readable folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// What was added to the tables since an earlier snapshot.
pub async fn observe(database: &Database, before: &Snapshot) -> (Effect, Snapshot) {
    let after = Snapshot::take(database).await;
    let mut effect = Effect::default();
    for (_, item) in after.events.iter().filter(|(key, item)| before.events.get(*key) != Some(item)) {
        let address = text(item, "address");
        effect.events.push(EventRow {
            address: if address.starts_with("unattributed#") { "unattributed" } else { address }.to_owned(),
            kind: text(item, "kind").to_owned(),
            permanence: text(item, "permanence").to_owned(),
            cause: text(item, "cause").to_owned(),
            tenant: text(item, "tenant").to_owned(),
            stream: text(item, "stream").to_owned(),
        });
    }
    for (_, item) in after.suppressions.iter().filter(|(key, item)| before.suppressions.get(*key) != Some(item)) {
        let address = text(item, "address").to_owned();
        effect.soft_bounces.extend(soft_bounces(item).iter().map(|_| address.clone()));
        effect.suppressions.extend(database::entries(item).into_iter().map(|(scope, reason, entry)| {
            let state = text(&entry, "state").to_owned();
            SuppressionRow { address: address.clone(), scope, reason, state }
        }));
    }
    effect.sort();
    (effect, after)
}

/// Both tables at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The event table.
    pub events: BTreeMap<String, Item>,
    /// The suppression table.
    pub suppressions: BTreeMap<String, Item>,
}

impl Snapshot {
    /// Reads both tables.
    pub async fn take(database: &Database) -> Self {
        Self { events: database.scan(EVENTS).await, suppressions: database.scan(SUPPRESSIONS).await }
    }
}
