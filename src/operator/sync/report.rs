//! What a run found and did, for people and programs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::at_provider::list_json;
use super::super::cli_ses::Side;
use super::super::ses::{ListName, SesReason};
use super::super::show::counted;
use crate::timestamp::Timestamp;

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Tally {
    /// Entries of SES's list that were read.
    pub(super) compared: u64,
    /// Those that cannot be compared or imported.
    pub(super) rejected: u64,
    /// Those of them that a later run may be able to compare.
    pub(super) uncompared: u64,
    /// Those of them that were compared, and that a later run may be able to import.
    pub(super) unimported: u64,
    /// Those that are only there.
    pub(super) only_there: u64,
    /// Those that were imported, or were in the table meanwhile.
    pub(super) imported: u64,
    /// The suppressions that are new by that.
    pub(super) suppressed: u64,
    /// Addresses that were put on SES's list.
    pub(super) put: u64,
    /// Addresses that were removed from it.
    pub(super) removed: u64,
    /// Addresses that are suppressed only here.
    #[serde(skip)]
    pub(super) only_here: u64,
    /// Addresses that a person lifted here after SES listed them.
    #[serde(skip)]
    pub(super) lifted: u64,
    /// Addresses that a person lifted here, and that SES had in no spelling that is known here.
    #[serde(skip)]
    pub(super) unfound: u64,
    /// Those that were left on SES's list, because something changed meanwhile.
    #[serde(skip)]
    pub(super) kept: u64,
    /// Addresses that SES refuses to take.
    #[serde(skip)]
    pub(super) refused: u64,
    /// Addresses that it refused in an earlier run, and that it was not asked to take again.
    #[serde(skip)]
    pub(super) skipped: u64,
    /// Items of the table that are no records.
    #[serde(skip)]
    pub(super) unreadable: u64,
}

/// Something that only one side has.
#[derive(Debug)]
pub(super) enum Difference<'d> {
    /// SES has it.
    OnlyThere { spelling: &'d str, reason: SesReason, at: Timestamp },
    /// The table has it.
    OnlyHere { address: &'d str, reason: SesReason },
    /// SES has it, although a person lifted it here since.
    Lifted { address: &'d str, reason: SesReason, at: Timestamp },
}

impl Difference<'_> {
    /// For people.
    pub(super) fn text(&self) -> String {
        match self {
            Self::OnlyThere { spelling, reason, at } => {
                format!("only at SES  {:<11}  {spelling}  since {at}", reason.as_str())
            }
            Self::OnlyHere { address, reason } => format!("only here    {:<11}  {address}", reason.own().as_str()),
            Self::Lifted { address, reason, at } => {
                format!("lifted here  {:<11}  {address}  at {at}, but on SES's list", reason.own().as_str())
            }
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::OnlyThere { spelling, reason, at } => json!({
                "difference": "only_at_ses", "address": spelling, "reason": reason.own().as_str(), "at": at.to_string(),
            }),
            Self::OnlyHere { address, reason } => {
                json!({"difference": "only_here", "address": address, "reason": reason.own().as_str()})
            }
            Self::Lifted { address, reason, at } => json!({
                "difference": "lifted_here", "address": address, "reason": reason.own().as_str(), "at": at.to_string(),
            }),
        }
    }
}

/// A run that ended.
pub(super) struct Summary<'s> {
    pub(super) list: &'s ListName,
    pub(super) tally: Tally,
    pub(super) since: Option<Timestamp>,
    pub(super) apply: Option<Side>,
    /// Whether the whole list of SES is known, so that the table could be compared with it.
    pub(super) is_complete: bool,
    /// Whether it was stopped.
    pub(super) stopped: bool,
    pub(super) requests: u64,
    pub(super) seconds: f64,
}

impl Summary<'_> {
    /// Lines for people.
    pub(super) fn text(&self) -> String {
        let Tally { compared, only_there, imported, suppressed, only_here, put, lifted, removed, kept, .. } =
            self.tally;
        let since = self.since.map_or_else(String::new, |since| format!(" changed since {since}"));
        let done = |is: fn(Side) -> bool, what: String| {
            if self.apply.is_some_and(is) { format!("; {what}") } else { String::new() }
        };
        let new = counted(suppressed, "new suppression", "new suppressions");
        let mut lines = vec![
            format!("{}: {}{since}", self.list, counted(compared, "entry", "entries")),
            format!("  {only_there} only at SES{}", done(Side::is_here, format!("{imported} imported, {new}"))),
        ];
        lines.push(if self.is_complete {
            format!("  {only_here} only here{}", done(Side::is_there, format!("{put} put on SES's list")))
        } else {
            "  what is only here was not compared: that takes a run with --from-start".to_owned()
        });
        let removed = done(Side::is_there, format!("{removed} removed from SES's list, {kept} kept"));
        lines.push(format!("  {lifted} lifted here and still on SES's list{removed}"));
        let rest = [
            (
                self.tally.unfound,
                "lifted here, and perhaps on SES's list in an unknown spelling: --from-start finds it",
            ),
            (self.tally.rejected, "of SES's entries cannot be compared"),
            (self.tally.refused, "refused by SES"),
            (self.tally.skipped, "refused by SES before, and left out: --from-start tries them again"),
            (self.tally.unreadable, "of the table's items cannot be read as suppression records; repair them"),
        ];
        lines.extend(rest.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("  {count} {what}")));
        lines.push(format!("{} to SES in {:.0} s", counted(self.requests, "request", "requests"), self.seconds));
        lines.join("\n")
    }

    /// One object for programs.
    pub(super) fn json(&self) -> Value {
        let Tally { compared, rejected, only_there, imported, suppressed, .. } = self.tally;
        let Tally { only_here, put, lifted, removed, unfound, kept, refused, skipped, unreadable, .. } = self.tally;
        json!({
            "list": list_json(self.list), "since": self.since.map(|since| since.to_string()), "entries": compared,
            "only_at_ses": only_there, "imported": imported, "suppressed": suppressed,
            "only_here": self.is_complete.then_some(only_here), "put": put,
            "lifted_here": lifted, "removed": removed, "kept": kept, "unfound": unfound,
            "bad": rejected, "refused": refused, "skipped": skipped, "unreadable": unreadable,
            "requests": self.requests, "seconds": self.seconds, "stopped": self.stopped,
        })
    }

    /// Whether something is left that should not be.
    pub(super) const fn is_incomplete(&self) -> bool {
        self.stopped || self.tally.rejected > 0 || self.tally.refused > 0 || self.tally.unreadable > 0
    }
}
