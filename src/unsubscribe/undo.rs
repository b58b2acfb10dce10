//! "It was a mistake": the form that undoes an unsubscribe.
//!
//! The link alone must not lift anything: mail with it is forwarded. So the form carries a MAC that only the answer to the
//! unsubscribe contains, over another text than any link's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Key;
use crate::event::EventId;

/// How long after the unsubscribe the form works, in milliseconds.
pub const UNDO_MS: i64 = 60 * 60 * 1000;
/// How long after the unsubscribe a repetition of the request gets the form, too, in milliseconds.
///
/// It is for double clicks, reloads and lost answers. Later, whoever has the link could get it.
pub const OFFER_MS: i64 = 60 * 1000;

/// The value of the form's field for an event: `<event id>.<mac>`.
#[must_use]
pub fn undo_value(event: &EventId, key: &Key) -> String {
    format!("{event}.{}", URL_SAFE_NO_PAD.encode(key.sign(signed_text(event).as_bytes())))
}

/// The event that a value names, if this key signed it.
#[must_use]
pub fn verified_undo(value: &str, key: &Key) -> Option<EventId> {
    let (event, mac) = value.split_once('.')?;
    let is_id = event.len() == 32 && event.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let event = is_id.then(|| EventId::stored(event))?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    key.verifies(signed_text(&event).as_bytes(), &mac).then_some(event)
}

/// No payload of a link begins like this.
fn signed_text(event: &EventId) -> String {
    format!("undo\n{event}")
}

#[cfg(test)]
mod tests {
    use super::{undo_value, verified_undo};
    use crate::event::EventId;
    use crate::unsubscribe::Key;

    #[test]
    fn only_the_signed_event_can_be_undone() -> Result<(), &'static str> {
        let keys = ["k", "o"].map(|char| Key::new(&char.repeat(32)));
        let [Some(key), Some(other)] = keys else { return Err("two keys") };
        let (event, another) = (EventId::of(&[Some("a")]), EventId::of(&[Some("b")]));
        let value = undo_value(&event, &key);
        assert_eq!(verified_undo(&value, &key), Some(event.clone()));
        assert_eq!(verified_undo(&value, &other), None);
        for wrong in [
            value.replace(event.as_str(), another.as_str()),
            value.to_uppercase(),
            format!("{value}A"),
            event.to_string(),
            format!("{event}."),
            String::new(),
        ] {
            assert_eq!(verified_undo(&wrong, &key), None, "{wrong}");
        }
        Ok(())
    }
}
