//! What is to be recorded: each fact once, whichever reports contain it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::iter::{repeat, zip};

use super::event_item::{partition_key, sort_key};
use crate::address::Address;
use crate::error::{Error, Outage};
use crate::event::EmailEvent;
use crate::policy::{Policy, decide};
use crate::suppression::{Change, effect_text};
use crate::timestamp::Timestamp;

/// A fact with its consequences.
pub(super) struct Planned {
    pub(super) event: EmailEvent,
    /// The text of the consequences of the first report of it.
    pub(super) effect: Option<String>,
    /// The changes from every report of it.
    pub(super) changes: Vec<Change>,
    /// The places of these reports.
    reports: Vec<usize>,
}

/// The facts of some reports, and which of them are not recorded.
pub(super) struct Plan {
    pub(super) facts: Vec<Planned>,
    pub(super) failures: Failures,
    reports: usize,
}

/// For each fact why it is not recorded; all start without a failure.
pub(super) struct Failures(Vec<Option<Error>>);

/// The changes of one address, and the places of the facts that they follow from.
#[derive(Default)]
pub(super) struct AddressChanges {
    pub(super) changes: Vec<Change>,
    pub(super) facts: Vec<usize>,
}

/// What became of a plan.
pub(super) struct Outcome {
    /// Of each report, in their order: an error if one of its facts is not recorded.
    pub(super) reports: Vec<Result<(), Error>>,
    /// The recorded facts of the reports without an error.
    pub(super) events: Vec<EmailEvent>,
}

impl Plan {
    /// Plans each fact once, since a batch write refuses duplicate keys, with the consequences of every report of it.
    pub(super) fn new(reports: Vec<Vec<EmailEvent>>, policy: Policy, received_at: Timestamp) -> Self {
        let count = reports.len();
        let mut planned: BTreeMap<(String, String), Planned> = BTreeMap::new();
        let events = reports.into_iter().enumerate().flat_map(|(place, events)| zip(repeat(place), events));
        for (place, event) in events {
            let changes = decide(&event, policy, received_at);
            match planned.entry((partition_key(&event), sort_key(&event))) {
                Entry::Occupied(mut known) => known.get_mut().add(place, changes),
                Entry::Vacant(free) => {
                    let effect = effect_text(&changes);
                    free.insert(Planned { event, effect, changes, reports: vec![place] });
                }
            }
        }
        let facts: Vec<Planned> = planned.into_values().collect();
        Self { failures: Failures(vec![None; facts.len()]), facts, reports: count }
    }

    /// The changes of some kind that follow from facts without a failure, by address.
    pub(super) fn changes_by_address(&self, wanted: fn(&Change) -> bool) -> BTreeMap<Address, AddressChanges> {
        let mut grouped: BTreeMap<Address, AddressChanges> = BTreeMap::new();
        for place in self.pending() {
            let Some(fact) = self.facts.get(place) else { continue };
            let mut changes = fact.changes.iter().filter(|change| wanted(change)).cloned().peekable();
            if let Some(address) = fact.event.address().filter(|_| changes.peek().is_some()) {
                let of_address = grouped.entry(address.clone()).or_default();
                of_address.changes.extend(changes);
                of_address.facts.push(place);
            }
        }
        grouped
    }

    /// The places of the facts without a failure.
    pub(super) fn pending(&self) -> impl Iterator<Item = usize> {
        self.failures.0.iter().enumerate().filter(|(_, failure)| failure.is_none()).map(|(place, _)| place)
    }

    /// What became of it, once everything has been tried.
    pub(super) fn outcome(self) -> Outcome {
        let mut reports = vec![Ok(()); self.reports];
        for (fact, failure) in self.facts.iter().zip(&self.failures.0) {
            let Some(error) = failure else { continue };
            for place in &fact.reports {
                if let Some(outcome) = reports.get_mut(*place) {
                    *outcome = outcome.and(Err(*error));
                }
            }
        }
        let is_recorded = |fact: &Planned| fact.reports.iter().any(|place| reports.get(*place) == Some(&Ok(())));
        let facts = self.facts.into_iter().zip(self.failures.0).filter(|(_, failure)| failure.is_none());
        let events = facts.map(|(fact, _)| fact).filter(is_recorded).map(|fact| fact.event).collect();
        Outcome { reports, events }
    }
}

impl Planned {
    fn add(&mut self, report: usize, changes: Vec<Change>) {
        self.changes.extend(changes);
        if self.reports.last() != Some(&report) {
            self.reports.push(report);
        }
    }
}

impl Failures {
    /// Sets the outcome of some facts.
    pub(super) fn set(&mut self, facts: &[usize], outcome: Result<(), Error>) {
        for place in facts {
            if let Some(failure) = self.0.get_mut(*place) {
                *failure = outcome.err();
            }
        }
    }

    /// Lets facts fail as too late, until [`Self::set`] says otherwise: work that does not end in time says nothing.
    pub(super) fn expect(&mut self, facts: &[usize]) {
        self.set(facts, Err(Error::Transient(Outage::Deadline)));
    }
}
