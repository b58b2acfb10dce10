//! The answer about one address, as JSON.

use std::sync::Arc;

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

/// Suppressions of a verdict, which the answers about one address share.
#[derive(Clone, Debug)]
pub struct Blocks {
    verdict: Arc<Verdict>,
    part: fn(&Verdict) -> &[Block],
}

impl Serialize for Blocks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.part)(&self.verdict).iter().map(BlockedBy::from))
    }
}

/// The answer about one address.
///
/// Only `"allowed": true` permits mail. `null` means that the answer is not known; it has no `blocked_by`, which could
/// be mistaken for "nothing blocks".
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The address as in the question.
    pub address: String,
    /// The key in the tables; `null` if the text has none.
    pub key: Option<String>,
    /// Whether it may be mailed; `null` if that is not known.
    pub allowed: Option<bool>,
    /// What blocks the send; absent if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<Blocks>,
    /// What blocks other sends; absent unless requested and known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Blocks>,
    /// Why there is no verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<AnswerError>,
}

impl Answer {
    /// The answer about a text that has no key.
    #[must_use]
    pub fn without_key(address: String, elsewhere: bool) -> Self {
        let nothing = Blocks { verdict: Arc::default(), part: |verdict| &verdict.blocks };
        Self {
            address,
            key: None,
            allowed: Some(false),
            elsewhere: elsewhere.then(|| nothing.clone()),
            blocked_by: Some(nothing),
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

    /// The answer with the verdict on an address; `elsewhere`: with its suppressions in other scopes.
    #[must_use]
    pub fn known(address: String, key: &Address, verdict: &Arc<Verdict>, elsewhere: bool) -> Self {
        let blocks = |part: fn(&Verdict) -> &[Block]| Blocks { verdict: Arc::clone(verdict), part };
        Self {
            address,
            key: Some(key.as_str().to_owned()),
            allowed: Some(verdict.is_allowed()),
            blocked_by: Some(blocks(|verdict| &verdict.blocks)),
            elsewhere: elsewhere.then(|| blocks(|verdict| &verdict.elsewhere)),
            error: None,
        }
    }
}
