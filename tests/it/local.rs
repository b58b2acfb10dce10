//! Custom events, as `make ses-bounce` creates them, through the handler.

use harness::function::{environment, handler};
use mail_feedback::address::Address;
use mail_feedback::local::certificates::Certificates;
use mail_feedback::local::event::invocation;
use mail_feedback::timestamp::Timestamp;
use support::database::{Database, SUPPRESSIONS, entries};
use support::samples;

use crate::real_binary::invoke_both;

#[tokio::test]
async fn a_custom_event_is_genuine_and_recorded() {
    let folder = std::env::temp_dir().join(format!("mail-feedback-local-{}", std::process::id()));
    let certificates = Certificates::of(&folder);
    certificates.write().unwrap();
    let database = Database::start().await;
    let mut settings = environment(&database);
    for (name, value) in [("SNS_TRUST_ANCHORS", certificates.roots()), ("SNS_CERTIFICATES", folder.clone())] {
        settings.push((name.to_owned(), value.to_string_lossy().into_owned()));
    }
    let handler = handler(&database, &settings);
    let now = Timestamp::now();
    for kind in ["bounce", "complaint", "delivery", "subscription-unsubscribe-all"] {
        let to = Address::parse(&format!("{kind}@example.com")).unwrap();
        let event = invocation(kind, &to, now, &certificates).unwrap();
        invoke_both(&handler, &event.to_string()).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
    let records = database.scan(SUPPRESSIONS).await;
    let found: Vec<_> =
        records.values().flat_map(entries).map(|(scope, reason, _)| format!("{reason} {scope}")).collect();
    assert_eq!(found[..2], ["hard_bounce *", "complaint *"], "{found:?}");
    assert!(found[2].starts_with("unsubscribe "), "{found:?}");

    // The samples keep their own authority.
    let sample = samples::all().into_iter().find(|sample| sample.name == "ses/bounce-permanent-general").unwrap();
    invoke_both(&handler, &sample.json).await.unwrap();

    let to = Address::parse("jane@example.com").unwrap();
    let mut forged = invocation("bounce", &to, now, &certificates).unwrap();
    forged["Records"][0]["Sns"]["Subject"] = "another".into();
    invoke_both(&handler, &forged.to_string()).await.unwrap_err();
    std::fs::remove_dir_all(folder).unwrap();
}
