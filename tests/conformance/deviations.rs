//! The list of cases that intentionally differ from the peer, each with the exact difference and the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

/// The list, relative to the project root.
const LIST: &str = "tests/conformance-deviations.json";

/// One deliberate difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deviation {
    /// `<folder>/<file>`.
    pub(crate) case: String,
    /// The differences, in the runner's words.
    pub(crate) differs: String,
    /// The decision or rule that requires it.
    pub(crate) reason: String,
}

/// The deviations by case.
pub(crate) struct Deviations(BTreeMap<String, Deviation>);

impl Deviations {
    /// Reads the project's list.
    ///
    /// # Errors
    /// It cannot be read, lists a case twice, or lacks a reason.
    pub(crate) fn read() -> Result<Self, String> {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST));
        let text = text.map_err(|error| format!("{LIST} cannot be read: {error}"))?;
        let list: Vec<Deviation> = serde_json::from_str(&text).map_err(|error| format!("{LIST}: {error}"))?;
        let mut by_case = BTreeMap::new();
        for deviation in list {
            if deviation.reason.trim().is_empty() {
                return Err(format!("{LIST}: {} has no reason", deviation.case));
            }
            if let Some(twice) = by_case.insert(deviation.case.clone(), deviation) {
                return Err(format!("{LIST}: {} is listed twice", twice.case));
            }
        }
        Ok(Self(by_case))
    }

    /// The deviation listed for a case.
    pub(crate) fn of(&self, case: &str) -> Option<&Deviation> {
        self.0.get(case)
    }

    /// The listed cases that did not occur in a run, split by whether the corpus has their folder.
    pub(crate) fn unmet(&self, met: &BTreeSet<String>, folders: &BTreeSet<String>) -> (Vec<&str>, Vec<&str>) {
        let unmet = self.0.keys().map(String::as_str).filter(|case| !met.contains(*case));
        unmet.partition(|case| case.split_once('/').is_some_and(|(folder, _)| folders.contains(folder)))
    }
}
