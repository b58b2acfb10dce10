//! Turns a row of a list into a change of a suppression record.

use super::format::Row;
use super::values;
use crate::address::{Address, addr_spec};
use crate::event::{EventId, Reason};
use crate::suppression::{Change, Entry, Scope, State};
use crate::text::clip;
use crate::timestamp::Timestamp;

/// The longest imported code, and the longest provider name, in bytes.
const CODE_BYTES: usize = 256;
const PROVIDER_BYTES: usize = 32;
/// The longest spelling of an address, in bytes.
const SPELLING_BYTES: usize = 256;

/// A row as a change that depends on the row and the source alone; `dated` is the time of a row without one.
pub(super) fn change(
    row: &Row,
    source: &str,
    dated: Option<Timestamp>,
    now: Timestamp,
) -> Result<(Address, Change), String> {
    let address = Address::parse(&row.address).ok_or("not an e-mail address")?;
    let scope = Scope::parse(&row.scope).and_then(Scope::limited).map_err(|error| error.to_string())?;
    let given = Reason::from_label(&row.reason).ok_or_else(|| format!("unknown reason; {}", values::reasons()))?;
    let time = |text: &String| values::time(text);
    let since = row.since.as_ref().map(time).transpose()?;
    let at = row.at.as_ref().map(time).transpose()?.or(since).or(dated);
    let at = at.ok_or("no time; fill the column since or at, or give --at")?;
    if at > now {
        return Err("its time is in the future, so it would outweigh everything that follows".to_owned());
    }
    let until = row.until.as_ref().map(time).transpose()?;
    if until.is_some_and(|until| until <= at) {
        return Err("it ends before it begins".to_owned());
    }
    // That entry is derived from the bounces, which are missing here: it would vanish at once.
    let derived = given == Reason::SoftBounce && scope == Scope::everything();
    let reason = if derived { Reason::Manual } else { given };
    let (at_text, until_text) = (at.to_string(), until.map(|until| until.to_string()));
    let tuple = ["import", source, address.as_str(), scope.as_str(), given.as_str(), &at_text];
    let tuple = tuple.into_iter().chain(until_text.as_deref());
    let entry = Entry {
        state: State::Suppressed,
        at,
        first_at: Some(since.map_or(at, |since| since.min(at))),
        until,
        suppressed_at: None,
        lifted_event: None,
        provider: clip(row.provider.as_deref().filter(|name| !name.is_empty()).unwrap_or("manual"), PROVIDER_BYTES)
            .to_owned(),
        event_id: EventId::of_elements(tuple.map(Some)).to_string(),
        code: row.code.as_deref().map(|code| clip(code, CODE_BYTES).to_owned()),
        detail: None,
        recipient: Some(clip(addr_spec(&row.address), SPELLING_BYTES).to_owned()),
        actor: Some(source.to_owned()),
        note: derived.then(|| "imported soft_bounce".to_owned()),
    };
    Ok((address, Change::Entry { scope, reason, entry }))
}
