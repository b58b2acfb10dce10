//! What `mail-feedbackctl` and the pages for support read to answer questions of people: the events of an address or a
//! message, and the record that follows from them.

pub(crate) mod item;

mod decisions;
mod entries;
mod event_log;
mod ses_list;
mod soft_bounce_count;

pub(crate) use decisions::unwritten_decisions;
pub(crate) use entries::{EntryStatus, entries, everything};
#[cfg(feature = "pages")]
pub(crate) use event_log::is_event_key;
pub(crate) use event_log::{EventLog, Order, Page, ReadError, event_key, time_of, wait};
pub(crate) use ses_list::SesList;
pub(crate) use soft_bounce_count::SoftBounceCount;

/// How many times keys or items that DynamoDB left unprocessed are sent.
pub(crate) const ATTEMPTS: u32 = 10;

/// What an event says about its message, each with the word before it.
pub(crate) const OF_THE_MESSAGE: [(&str, &str); 7] = [
    ("message", "message_id"),
    ("from", "sender_domain"),
    ("configuration set", "configuration_set"),
    ("tenant", "tenant"),
    ("stream", "stream"),
    ("list", "list"),
    ("campaign", "campaign"),
];

/// Why nothing may be known about an address; one cause per line, after a line that introduces them.
pub(crate) const UNKNOWN: &str = "\
no events and no decisions are known. Either
  nothing was sent to it, or
  it was sent without the SES configuration set, so SES reported nothing, or
  its events have expired (EVENT_, DELIVERY_ and ENGAGEMENT_RETENTION_DAYS) or were erased (forget), or
  it was sent to another spelling: case does not matter, but dots and anything after a + do";

/// Why there is a suppression record, but no event.
pub(crate) const EVENTS_GONE: &str = "its events were erased (forget) or have expired (EVENT_RETENTION_DAYS)";
