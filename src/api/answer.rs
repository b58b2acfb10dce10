//! The answer about one address, as JSON.

use serde::{Serialize, Serializer};

use super::BlockedBy;
use crate::address::Address;
use crate::label::labelled;
use crate::suppression::{Block, Verdict};

labelled! {
    /// Why there is no verdict about an address.
    pub enum AnswerError {
        /// The text has no key, so no record can exist for it: do not mail it.
        NotAnAddress = "not_an_address",
        /// The record of the address cannot be read; an operator must repair the item.
        RecordUnreadable = "record_unreadable",
    }
}

impl Serialize for AnswerError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The answer about one address.
///
/// Only `"allowed": true` permits mail. `null` means that the answer is not known; it has no `blocked_by`, which could
/// be mistaken for "nothing blocks".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The address as in the question.
    pub address: String,
    /// The key in the tables; `null` if the text has none.
    pub key: Option<String>,
    /// Whether it may be mailed; `null` if that is not known.
    pub allowed: Option<bool>,
    /// What blocks the send; absent if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<Vec<BlockedBy>>,
    /// What blocks other sends; absent unless requested and known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Vec<BlockedBy>>,
    /// Why there is no verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<AnswerError>,
}

impl Answer {
    /// The answer about a text that has no key.
    #[must_use]
    pub fn without_key(address: String, elsewhere: bool) -> Self {
        Self {
            address,
            key: None,
            allowed: Some(false),
            blocked_by: Some(Vec::new()),
            elsewhere: elsewhere.then(Vec::new),
            error: Some(AnswerError::NotAnAddress),
        }
    }

    /// The answer about an address whose record cannot be read.
    #[must_use]
    pub fn unreadable(address: String, key: &Address) -> Self {
        Self {
            address,
            key: Some(key.as_str().to_owned()),
            allowed: None,
            blocked_by: None,
            elsewhere: None,
            error: Some(AnswerError::RecordUnreadable),
        }
    }

    /// The answer with the verdict on an address, and with the suppressions in other scopes that `shown` selects.
    #[must_use]
    pub fn known(address: String, key: &Address, verdict: &Verdict, shown: Option<fn(&Block) -> bool>) -> Self {
        let elsewhere = |is_shown: fn(&Block) -> bool| {
            let blocks = verdict.elsewhere.iter().filter(|block| is_shown(block));
            blocks.map(BlockedBy::from).collect()
        };
        Self {
            address,
            key: Some(key.as_str().to_owned()),
            allowed: Some(verdict.is_allowed()),
            blocked_by: Some(verdict.blocks.iter().map(BlockedBy::from).collect()),
            elsewhere: shown.map(elsewhere),
            error: None,
        }
    }
}
