//! What SES answers about its lists.

use super::SesReason;
use crate::timestamp::Timestamp;

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::operator) struct SesEntry {
    /// The address in SES's spelling.
    pub(in crate::operator) spelling: String,
    /// Why; SES's text, if it is a new one.
    pub(in crate::operator) reason: Result<SesReason, String>,
    /// When SES last changed it.
    pub(in crate::operator) at: Option<Timestamp>,
}

/// A page of a list, and where the next one starts.
#[derive(Debug)]
pub(in crate::operator) struct ListedPage {
    pub(in crate::operator) entries: Vec<SesEntry>,
    pub(in crate::operator) next: Option<String>,
}

/// What became of one spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::operator) enum Removal {
    /// SES removed it.
    Removed,
    /// SES did not have it; its own words.
    Absent(String),
}
