//! The values on the command line, and why one is wrong.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::address::{Address, normalize_domain};
use crate::event::Reason;
use crate::suppression::{Entry, ScopeError};
use crate::timestamp::Timestamp;
use crate::unsubscribe::{KeyId, LinkScope};

/// An address by its key.
pub(super) fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| "not an e-mail address; give one, such as jane@example.com".to_owned())
}

/// A domain as scopes spell it.
pub(super) fn domain(text: &str) -> Result<String, String> {
    normalize_domain(text).ok_or_else(|| ScopeError::Domain.to_string())
}

/// The scope of a link.
pub(super) fn link_scope(text: &str) -> Result<LinkScope, String> {
    LinkScope::parse(text).ok_or_else(|| {
        "not the scope of a link; give list:own:NAME, stream:NAME or domain:DOMAIN, with at most 64 letters, digits, - and _ in \
         a name"
            .to_owned()
    })
}

/// The id of a key for links.
pub(super) fn key_id(text: &str) -> Result<KeyId, String> {
    KeyId::parse(text).ok_or_else(|| "not the id of a key; give at most 32 letters, digits, - and _".to_owned())
}

/// A reason by its name; help and errors list the names.
pub(super) fn reason_parser() -> impl TypedValueParser<Value = Reason> {
    let names = PossibleValuesParser::new(Reason::ALL.iter().map(|reason| reason.as_str()));
    names.try_map(|name| Reason::from_label(&name).ok_or_else(reasons))
}

/// The names of the reasons.
pub(super) fn reasons() -> String {
    let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    format!("the reasons are {}", names.join(", "))
}

/// A text that fits into a record.
fn fits(what: &str, text: &str, limit: usize) -> Result<String, String> {
    if text.len() > limit {
        return Err(format!("the {what} is longer than {limit} bytes; shorten it"));
    }
    Ok(text.to_owned())
}

/// The name of the person who decides.
pub(super) fn actor(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("the name is blank; give the name of the person who decides".to_owned());
    }
    fits("name", text, Entry::ACTOR_BYTES)
}

/// The reason for a decision.
pub(super) fn note(text: &str) -> Result<String, String> {
    fits("note", text, Entry::NOTE_BYTES)
}

/// A time, or the beginning of a day in UTC.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    let found = Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")));
    found.ok_or_else(|| "not a time; give one, such as 2030-01-31 or 2030-01-31T12:00:00Z".to_owned())
}
