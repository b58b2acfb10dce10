//! The report of a run: a line for each folder, then every deviation and every failure.

use std::collections::{BTreeMap, BTreeSet};

use super::deviations::Deviations;

/// The results of one folder.
#[derive(Default)]
struct Tally {
    passed: usize,
    deviating: usize,
    failed: usize,
}

/// The results of a run so far.
pub(crate) struct Report {
    deviations: Deviations,
    folders: BTreeMap<String, Tally>,
    /// Case, difference and reason.
    deviating: Vec<(String, String, String)>,
    /// Case and difference.
    failed: Vec<(String, String)>,
    met: BTreeSet<String>,
}

impl Report {
    /// An empty report against a list of deviations.
    pub(crate) fn new(deviations: Deviations) -> Self {
        let (folders, met) = (BTreeMap::new(), BTreeSet::new());
        Self { deviations, folders, deviating: Vec::new(), failed: Vec::new(), met }
    }

    /// Adds a case with its differences, or the reason why it could not be replayed.
    pub(crate) fn add(&mut self, case: &str, outcome: Result<Vec<String>, String>) {
        let folder = case.split_once('/').map_or("", |(folder, _)| folder).to_owned();
        let tally = self.folders.entry(folder).or_default();
        let count = |counter: &mut usize| *counter = counter.saturating_add(1);
        let listed = self.deviations.of(case);
        let difference = outcome.map(|differences| differences.join("; "));
        match (difference, listed) {
            (Ok(difference), None) if difference.is_empty() => count(&mut tally.passed),
            (Ok(difference), Some(listed)) if difference == listed.differs => {
                count(&mut tally.deviating);
                self.met.insert(case.to_owned());
                self.deviating.push((case.to_owned(), difference, listed.reason.clone()));
            }
            (Ok(difference), listed) => {
                count(&mut tally.failed);
                let expected = listed.map(|listed| format!(" (listed: {})", listed.differs)).unwrap_or_default();
                let difference = if difference.is_empty() { "no difference any more" } else { &difference };
                self.met.insert(case.to_owned());
                self.failed.push((case.to_owned(), format!("{difference}{expected}")));
            }
            (Err(error), _) => {
                count(&mut tally.failed);
                self.met.insert(case.to_owned());
                self.failed.push((case.to_owned(), error));
            }
        }
    }

    /// Whether no case failed and no listed deviation is stale.
    pub(crate) fn is_good(&self) -> bool {
        self.failed.is_empty() && self.unmet().0.is_empty()
    }

    /// Prints everything.
    pub(crate) fn print(&self) {
        if !self.deviating.is_empty() {
            println!("deviating, as tests/conformance-deviations.json says:");
        }
        for (case, difference, reason) in &self.deviating {
            println!("  {case}: {difference}\n      {reason}");
        }
        let (stale, elsewhere) = self.unmet();
        for (title, lines) in [("failed:", self.failures()), ("stale deviations, whose case is gone:", owned(&stale))] {
            if !lines.is_empty() {
                println!("{title}\n  {}", lines.join("\n  "));
            }
        }
        if !elsewhere.is_empty() {
            println!("{} listed deviations belong to folders that this corpus lacks", elsewhere.len());
        }
        let mut total = Tally::default();
        for (folder, tally) in &self.folders {
            tally.print(folder);
            total.passed = total.passed.saturating_add(tally.passed);
            total.deviating = total.deviating.saturating_add(tally.deviating);
            total.failed = total.failed.saturating_add(tally.failed);
        }
        total.print("total");
    }

    /// The stale entries of the list, and those for folders that were not replayed.
    fn unmet(&self) -> (Vec<&str>, Vec<&str>) {
        self.deviations.unmet(&self.met, &self.folders.keys().cloned().collect())
    }

    /// A line for each failure.
    fn failures(&self) -> Vec<String> {
        self.failed.iter().map(|(case, difference)| format!("{case}: {difference}")).collect()
    }
}

impl Tally {
    /// One line of the table.
    fn print(&self, name: &str) {
        let Self { passed, deviating, failed } = self;
        println!("{name:<24}{passed:>5} passed {deviating:>5} deviating {failed:>5} failed");
    }
}

/// Copies of some texts.
fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
