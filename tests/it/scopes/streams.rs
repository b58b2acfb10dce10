//! Streams: which mail belongs to one, and what concerns it alone.

use serde_json::{Value, json};
use support::database::text;

use super::{World, bounce, complaint, mail};

const BY_TAG: &[(&str, &str)] = &[("STREAM_TAG", "kind")];

/// The contact left, and the report names no list.
fn unsubscribe(tags: &Value) -> Value {
    json!({"eventType": "Subscription", "mail": mail(tags), "subscription": {"timestamp": "2026-11-20T09:00:05.000Z",
        "newTopicPreferences": {"unsubscribeAll": true}, "oldTopicPreferences": {"unsubscribeAll": false}}})
}

#[tokio::test]
async fn a_tag_names_the_stream_and_stays_a_tag() {
    for (value, stream) in [
        (json!(["Marketing"]), "marketing"),
        (json!(["order_mail-2", "other"]), "order_mail-2"),
        (json!("transactional"), "transactional"),
        (json!(["spring sale"]), ""),
        (json!(["x".repeat(65)]), ""),
        (json!([""]), ""),
        (json!([]), ""),
        (json!(null), ""),
    ] {
        let world = World::open(BY_TAG).await;
        world.ses(&complaint(None, &json!({"kind": value, "stream": ["another"]}))).await;
        let event = world.event().await;
        assert_eq!(text(&event, "stream"), stream, "{value}");
        assert_eq!(text(event["tags"].as_m().unwrap(), "stream"), "another");
        assert_eq!(world.suppressed().await, ["* complaint"]);
    }
}

#[tokio::test]
async fn a_configuration_set_may_be_the_stream() {
    let world = World::open(&[("STREAM_TAG", "configuration-set")]).await;
    let tags = json!({"ses:configuration-set": ["Newsletter"], "configuration-set": ["another"]});
    world.ses(&unsubscribe(&tags)).await;
    let event = world.event().await;
    assert_eq!((text(&event, "stream"), text(&event, "configuration_set")), ("newsletter", "Newsletter"));
    assert_eq!(world.suppressed().await, ["stream:newsletter unsubscribe"]);
}

#[tokio::test]
async fn without_the_setting_no_mail_of_ses_has_a_stream() {
    let world = World::open(&[]).await;
    let tags = json!({"kind": ["marketing"], "stream": ["marketing"], "ses:configuration-set": ["marketing"]});
    world.ses(&unsubscribe(&tags)).await;
    assert_eq!(text(&world.event().await, "stream"), "");
    assert_eq!(world.suppressed().await, ["domain:example.com unsubscribe"]);
}

#[tokio::test]
async fn an_unsubscribe_concerns_its_list_or_else_its_stream() {
    let tags = json!({"kind": ["marketing"]});
    let mut of_a_list = unsubscribe(&tags);
    of_a_list["subscription"]["contactList"] = "News".into();
    for (report, expected) in [
        (of_a_list, "list:ses:News unsubscribe"),
        (unsubscribe(&tags), "stream:marketing unsubscribe"),
        (unsubscribe(&json!({})), "domain:example.com unsubscribe"),
    ] {
        let world = World::open(BY_TAG).await;
        world.ses(&report).await;
        assert_eq!(world.suppressed().await, [expected]);
    }
}

#[tokio::test]
async fn the_path_names_the_stream_of_mailjets_reports() {
    let unsubscribe = |list: i64| {
        json!({"event": "unsub", "time": 1_763_600_000, "MessageID": 5,
        "email": "a@example.com", "mj_list_id": list})
    };
    for (path, list, stream, expected) in [
        ("/webhooks/mailjet/example.com/Marketing", 0, "marketing", "stream:marketing unsubscribe"),
        ("/webhooks/mailjet/example.com/marketing", 42, "marketing", "list:mailjet:42 unsubscribe"),
        ("/webhooks/mailjet/example.com", 0, "", "domain:example.com unsubscribe"),
        ("/webhooks/mailjet", 0, "", "provider:mailjet unsubscribe"),
    ] {
        let world = World::open(&[]).await;
        assert_eq!(world.posts(path, &unsubscribe(list)).await, 200);
        assert_eq!(text(&world.event().await, "stream"), stream, "{path}");
        assert_eq!(world.suppressed().await, [expected], "{path}");
    }
    let world = World::open(&[]).await;
    for path in ["/webhooks/mailjet/example.com/spring sale", "/webhooks/tencent/example.com/marketing"] {
        assert_eq!(world.posts(path, &unsubscribe(0)).await, 404, "{path}");
    }
    assert_eq!(world.suppressed().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_complaint_reaches_as_far_as_is_set() {
    let tags = json!({"ses:tenant-name": ["Acme"], "kind": ["marketing"]});
    for (setting, tags, expected) in [
        ("", &tags, "* complaint"),
        ("everything", &tags, "* complaint"),
        ("tenant", &tags, "tenant:ses:Acme complaint"),
        ("stream", &tags, "stream:marketing complaint"),
        ("tenant", &json!({"kind": ["marketing"]}), "* complaint"),
        ("stream", &json!({"ses:tenant-name": ["Acme"]}), "* complaint"),
        ("stream", &Value::Null, "* complaint"),
    ] {
        let world = World::open(&[BY_TAG, &[("COMPLAINT_SCOPE", setting)]].concat()).await;
        world.ses(&complaint(None, tags)).await;
        assert_eq!(world.suppressed().await, [expected], "{setting}");
        let (scope, reason) = expected.split_once(' ').unwrap();
        assert_eq!(text(&world.event().await, "effect"), format!("suppress {reason} {scope}"));
    }
}

/// A hard bounce is a fact about the address.
#[tokio::test]
async fn a_hard_bounce_reaches_every_send_whatever_is_set() {
    let tags = json!({"ses:tenant-name": ["Acme"], "kind": ["marketing"]});
    for setting in ["tenant", "stream"] {
        let world = World::open(&[BY_TAG, &[("COMPLAINT_SCOPE", setting)]].concat()).await;
        world.ses(&bounce("Permanent", "General", &tags)).await;
        assert_eq!(world.suppressed().await, ["* hard_bounce"]);
    }
}

/// Notifications of an identity carry no tags, so the same complaint reaches every send.
#[tokio::test]
async fn of_a_complaint_through_both_ways_the_wider_scope_holds() {
    let published = complaint(None, &json!({"kind": ["marketing"]}));
    let mut notified = published.clone();
    notified["mail"].as_object_mut().unwrap().remove("tags");
    notified["notificationType"] = notified.as_object_mut().unwrap().remove("eventType").unwrap();
    for order in [[&published, &notified], [&notified, &published]] {
        let world = World::open(&[BY_TAG, &[("COMPLAINT_SCOPE", "stream")]].concat()).await;
        for report in order {
            world.ses(report).await;
        }
        assert_eq!(world.suppressed().await, ["* complaint", "stream:marketing complaint"]);
        world.event().await;
    }
}

/// What Mailjet refuses may have been reported in another stream.
#[tokio::test]
async fn a_refusal_because_of_an_earlier_complaint_reaches_every_send() {
    let report = |event: &str, error: &str| {
        json!({"event": event, "time": 1_763_600_000, "MessageID": 5,
        "email": "a@example.com", "error": error})
    };
    for (event, error, expected) in
        [("spam", "", "stream:marketing complaint"), ("blocked", "spam reporter", "* complaint")]
    {
        let world = World::open(&[("COMPLAINT_SCOPE", "stream")]).await;
        world.posts("/webhooks/mailjet/example.com/marketing", &report(event, error)).await;
        assert_eq!(world.suppressed().await, [expected]);
    }
}
