//! The lines of the file of the state.

use std::io::{Error, Write};

use serde::{Deserialize, Serialize};

use super::super::cli_ses::Side;
use super::super::ses::SesReason;
use super::report::Tally;
use super::state_key::StateKey;
use crate::timestamp::Timestamp;

/// A line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The list and the table that the file is about.
    Of(StateKey),
    /// The runs before.
    Done(Done),
    /// What they saw.
    Seen(String),
    /// What a person lifted here, as SES has it.
    Lifted(Lifted),
    /// An address that a person lifted here was looked for on SES's list, and not found.
    Absent(Absent),
    /// Addresses that SES does not take.
    Refused(String),
    /// Addresses that SES refused when it took no others, either.
    Doubted(String),
    /// A run began.
    Begun(Begun),
    /// A page was compared.
    Page(Page),
    /// An address was put on SES's list.
    Put(String),
    /// An address was looked for on SES's list and is no longer there.
    Gone(Gone),
}

#[derive(Clone, Serialize, Deserialize, Default)]
pub(super) struct Done {
    /// When the last run began after which all of SES's list was known.
    pub(super) mark: Option<String>,
    /// When the last run began after which all of it was imported.
    #[serde(default)]
    pub(super) imported_to: Option<String>,
    /// How many entries SES's whole list had.
    pub(super) entries: Option<u64>,
}

/// An entry of SES's list that a person lifted here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Lifted {
    /// SES's spelling.
    pub(super) spelling: String,
    /// SES's reason, by SES's name.
    pub(super) reason: String,
    /// SES's time.
    at: String,
}

impl Lifted {
    /// An entry of SES's list.
    pub(super) fn new(spelling: &str, reason: SesReason, at: Timestamp) -> Self {
        Self { spelling: spelling.to_owned(), reason: reason.as_str().to_owned(), at: at.to_string() }
    }

    /// SES's reason and time.
    pub(super) fn entry(&self) -> Option<(SesReason, Timestamp)> {
        let reason = SesReason::from_label(&self.reason)?;
        Some((reason, Timestamp::parse(&self.at)?))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Absent {
    pub(super) digest: String,
    /// When the person lifted it.
    pub(super) lifted: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) at: String,
    pub(super) since: Option<String>,
    pub(super) apply: Option<String>,
}

impl Begun {
    /// Whether the run imports what only SES has.
    pub(super) fn imports(&self) -> bool {
        [Side::Here, Side::Both].into_iter().any(|side| self.apply.as_deref() == Some(side.as_str()))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Page {
    /// SES's token for the next page; without it, it was the last one.
    pub(super) next: Option<String>,
    pub(super) seen: String,
    pub(super) lifted: Vec<Lifted>,
    pub(super) tally: Tally,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Gone {
    pub(super) digest: String,
    pub(super) removed: bool,
}

/// Writes a line at once.
pub(super) fn write_line(out: &mut impl Write, line: &Line) -> Result<(), Error> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    out.write_all(text.as_bytes())
}
