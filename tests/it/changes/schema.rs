//! The schema for consumers describes what the code writes.

use mail_feedback::changes::ChangeEvent;
use mail_feedback::event::Reason;
use mail_feedback::store::RecordChange;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::records::{records, time};
use crate::check::schema::Schema;

/// Requires that the schema admits the `detail` of an event.
pub fn assert_admitted(detail: &Value) {
    assert!(Schema::read("change-event").admits(detail), "{detail}");
}

proptest! {
    #[test]
    fn it_admits_every_event(before in records(), after in records(), version in any::<u64>()) {
        let schema = Schema::read("change-event");
        let address = "jane@example.com".to_owned();
        let change = RecordChange { address, version, updated_at: String::new(), at: time(9), before, after };
        let mut known = schema.fields("");
        known.sort_unstable();
        for event in ChangeEvent::of(&change) {
            let detail = serde_json::to_value(&event).unwrap();
            prop_assert!(schema.admits(&detail), "{}", detail);
            let mut written: Vec<_> = detail.as_object().unwrap().keys().map(String::as_str).collect();
            written.sort_unstable();
            prop_assert_eq!(&written, &known, "no field is missing on either side");
        }
    }
}

#[test]
fn it_refuses_anything_else() {
    let schema = Schema::read("change-event");
    let reasons: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(schema.values("/properties/reason/enum"), reasons);
    let whole = json!({"schema": 1, "id": "0123456789abcdef0123456789abcdef", "record_version": 7,
        "address": "jane@example.com", "scope": "*", "reason": "complaint", "at": "2026-11-20T12:00:00.000Z",
        "until": null, "provider": "ses", "code": null, "event_id": null, "actor": null});
    assert!(schema.admits(&whole));
    for name in whole.as_object().unwrap().keys() {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(name);
        assert!(!schema.admits(&without), "without {name}");
        for value in [json!(true), json!(7.5), json!([]), json!({})] {
            let mut wrong = whole.clone();
            wrong[name] = value.clone();
            assert!(!schema.admits(&wrong), "{name}: {value}");
        }
    }
    let mut later = whole;
    later["schema"] = json!(2);
    assert!(!schema.admits(&later), "another form has another number");
}
