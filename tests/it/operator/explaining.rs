//! The history of an address, and why there may be none.

use mail_feedback::event::{Stream, Tenant};

use super::*;

#[tokio::test]
async fn explain_shows_the_history_of_the_current_state() {
    let world = World::new().await;
    let bounces = ["2026-11-02T09:12:44Z", "2026-11-05T09:12:31Z", "2026-11-14T17:30:02Z"].map(soft);
    world.record(&bounces).await;
    world.record(&[complaint("2026-11-16T08:01:59Z")]).await;
    world.run_ok(&["lift", "jane@example.com", "--reason", "complaint", "--actor", "ops", "--note", "a slip"]).await;
    let shown = world.run_ok(&["explain", "jane@example.com"]).await;
    let expected = "\
jane@example.com

2026-11-02T09:12:44.000Z  ses       bounced        transient     mailbox_full      4.2.2     -> soft_bounce
                          smtp; 452 4.2.2 mailbox [31m full
                          message m-2026-11-02T09:12:44Z
2026-11-05T09:12:31.000Z  ses       bounced        transient     mailbox_full      4.2.2     -> soft_bounce
                          smtp; 452 4.2.2 mailbox [31m full
                          message m-2026-11-05T09:12:31Z
2026-11-14T17:30:02.000Z  ses       bounced        transient     mailbox_full      4.2.2     -> soft_bounce
                          smtp; 452 4.2.2 mailbox [31m full
                          message m-2026-11-14T17:30:02Z
2026-11-16T08:01:59.000Z  ses       complained                                     abuse     -> suppress complaint *
                          message m-2026-11-16T08:01:59Z
2026-11-20T12:00:00.000Z  manual    lifted                                                   -> lift complaint *
                          by ops: a slip

now, 2026-11-20T12:00:00.000Z: not blocked
  lifted   complaint        *  at 2026-11-20T12:00:00.000Z by ops
  counted  soft_bounce      3 of 5 within 30 days, on 3 of 3 days; 2 more would suppress
";
    assert_eq!(shown, expected);
    let json: Value = serde_json::from_str(&world.run_ok(&["explain", "jane@example.com", "--json"]).await).unwrap();
    assert_eq!(json["timeline"].as_array().unwrap().len(), 5);
    assert_eq!(json["soft_bounces"]["missing"], 2);
}

#[tokio::test]
async fn explain_names_the_message_of_an_event() {
    let world = World::new().await;
    let mut event = unsubscribe("2026-11-02T09:00:00Z");
    event.sender_domain = Some("example.com".to_owned());
    event.configuration_set = Some("newsletters".to_owned());
    event.tenant = Tenant::parse("Acme");
    event.stream = Stream::parse("marketing");
    event.campaign = Some("autumn\u{1b}".to_owned());
    world.record(&[event]).await;
    let expected = "message m-2026-11-02T09:00:00Z, from example.com, configuration set newsletters, tenant Acme, stream \
                    marketing, list News, campaign autumn \n";
    for command in [&["explain", "jane@example.com"][..], &["message", "ses", "m-2026-11-02T09:00:00Z"]] {
        let shown = world.run_ok(command).await;
        assert!(shown.contains(expected), "{shown}");
    }
}

#[tokio::test]
async fn explain_says_why_there_may_be_no_events() {
    const UNKNOWN: &str = "no events and no decisions are known";
    let world = World::new().await;
    assert!(world.run_ok(&["explain", "jane@example.com"]).await.contains(UNKNOWN));
    world.record(&[complaint("2026-11-16T08:01:59Z")]).await;
    world.run_ok(&["forget", "jane@example.com", "--yes"]).await;
    let erased = world.run_ok(&["explain", "jane@example.com"]).await;
    assert!(
        erased.contains("by jo: erased earlier reports and personal texts\n") && !erased.contains(UNKNOWN),
        "{erased}"
    );

    // The event of the erasure expires, too.
    for event in world.database.scan(EVENTS).await.into_values() {
        let call = world.database.client.delete_item().table_name(EVENTS);
        let call = call.key("address", event["address"].clone()).key("event", event["event"].clone());
        call.send().await.unwrap();
    }
    let expired = world.run_ok(&["explain", "jane@example.com"]).await;
    assert!(expired.contains("its events were erased (forget) or have expired"), "{expired}");
    assert!(expired.contains("blocked for every send") && !expired.contains(UNKNOWN), "{expired}");
}
