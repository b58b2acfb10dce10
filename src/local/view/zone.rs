//! The zone of this machine, which is that of whoever reads the pages on it.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::timestamp::Timestamp;
use crate::view::Zone;

/// The zone that `TZ` names, or the system; UTC if neither does.
pub(super) fn of_this_machine() -> Zone {
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let name = zone.iana_name().unwrap_or("the zone of this machine").to_owned();
    let offset = move |at: Timestamp| {
        let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        zone.to_offset(at).seconds()
    };
    Zone { name, offset: Arc::new(offset) }
}
