//! What the pages about addresses and messages say.

use mail_feedback::event::{Kind, Recipient, Ruling};
use mail_feedback::suppression::SuppressionRecord;
use serde_json::{Value, json};
use support::database::SUPPRESSIONS;
use support::metrics_api::MetricsApi;

use super::world::{ARN, World, actions, event, put, request, soft, story, values, words};

fn assert_says(html: &str, expected: &[&str]) {
    let said = words(html);
    for words in expected {
        assert!(said.contains(words), "{words:?} is missing in:\n{said}");
    }
}

#[tokio::test]
async fn an_address_with_its_history() {
    let world = World::new().await;
    world.record(&story()).await;
    let html = world.html(json!({"page": "address", "address": " Jane@EXAMPLE.com "})).await;
    assert_says(
        &html,
        &[
            "jane@example.com ✕ Do not mail it. It is blocked for every send.",
            "complaint Scope * Since 2026-11-16 08:01:59 UTC 2026-11-16 09:01:59 +01:00 Until without end",
            "Decided by ses , code abuse",
            "a manual lift only Lift complaint for * …",
            "Soft bounces: 3 of 5 within 30 days, on 3 of 3 days; 2 more would suppress.",
            "Event bounced transient mailbox_full Code 4.2.2 Effect soft_bounce Details smtp; 452 4.2.2 mailbox full",
            "message 0100017e5d6f2b3c-1a2b3c4d-000000 from example.com",
            "aws sesv2 delete-suppressed-destination --email-address='Jane@Example.com'",
        ],
    );
    let rows = html.matches("<tr>").count();
    assert_eq!(rows, 1 + 1 + 1 + story().len(), "both tables with their headings, and every event");
    assert!(html.contains("+01:00) ses bounced transient mailbox_full 4.2.2</title>"), "{html}");
    assert!(html.contains("suppressed: complaint *"), "the picture has the suppression");
}

#[tokio::test]
async fn a_send_that_is_named_decides() {
    let world = World::new().await;
    let mut left = event(Ruling::of(Kind::Unsubscribed), "2026-11-10T10:00:00.000Z");
    left.effects = vec![mail_feedback::event::Effect::unsubscribe(mail_feedback::event::ScopeKind::List)];
    left.list = Some("News".to_owned());
    world.record(&[left]).await;
    let ask = |more: Value| {
        let mut fields = json!({"page": "address", "address": "jane@example.com"});
        for (name, value) in more.as_object().unwrap() {
            fields[name] = value.clone();
        }
        fields
    };
    assert_says(&world.html(ask(json!({}))).await, &["◐ It may be mailed, but not in some sends."]);
    let other = ask(json!({"provider": "SES", "list": "Offers"}));
    let expected = ["✓ It may be mailed in this send.", "Asked for * , provider:ses , list:ses:Offers ."];
    assert_says(&world.html(other).await, &expected);
    let this = ask(json!({"provider": "ses", "list": "News"}));
    assert_says(&world.html(this).await, &["✕ Do not mail it in this send.", "✕ blocks Reason unsubscribe"]);
    let none = ask(json!({"list": "News"}));
    assert_says(&world.html(none).await, &["The send cannot be as you say. a list without its provider"]);
    let odd = ask(json!({"provider": "sess"}));
    assert_says(&world.html(odd).await, &["no report comes from sess, only from ses, tencent, mailjet"]);
}

#[tokio::test]
async fn nothing_known_and_nothing_valid() {
    let world = World::new().await;
    assert_says(&world.html(json!({})).await, &["Why did it not arrive?", "Enter an address."]);
    let unknown = world.html(json!({"address": "nobody@example.com"})).await;
    assert_says(
        &unknown,
        &[
            "✓ It may be mailed: nothing blocks it.",
            "no events and no decisions are known. Either: nothing was sent to it",
        ],
    );
    let invalid = world.html(json!({"address": "<b>nobody"})).await;
    assert_says(&invalid, &["Not an e-mail address. <b>nobody can have no record; do not send to it."]);
}

#[tokio::test]
async fn a_message_with_every_recipient() {
    let world = World::new().await;
    let mut events = story();
    let mut other = soft("2026-11-02T09:12:45.000Z");
    other.recipient = Some(Recipient::parse("ann@example.org"));
    events.push(other);
    world.record(&events).await;
    let fields = json!({"page": "message", "id": "0100017e5d6f2b3c-1a2b3c4d-000000", "provider": "ses"});
    let html = world.html(fields).await;
    assert_says(
        &html,
        &["2 recipients . Latest event: bounced 1, complained 1.", "Recipient ann@example.org", "mailbox full"],
    );
    let asked: Vec<_> = actions(&html).into_iter().filter(|action| action["address"] == "ann@example.org").collect();
    assert_eq!(asked, [json!({"page": "address", "address": "ann@example.org"})]);
    let unknown = world.html(json!({"page": "message", "id": "x"})).await;
    assert_says(&unknown, &["Nothing is known about this message."]);
    let nobody = world.html(json!({"page": "message", "id": "x", "provider": "own"})).await;
    assert_says(&nobody, &["Not a provider. Give ses, tencent or mailjet."]);
    assert_says(&world.html(json!({"page": "message"})).await, &["What happened to this message?"]);
}

/// CloudWatch sends whatever is typed anywhere in the widget with every call.
#[tokio::test]
async fn a_link_asks_what_it_says_whatever_is_typed() {
    let world = World::new().await;
    let mut left = event(Ruling::of(Kind::Unsubscribed), "2026-11-10T10:00:00.000Z");
    left.effects = vec![mail_feedback::event::Effect::unsubscribe(mail_feedback::event::ScopeKind::List)];
    left.list = Some("News".to_owned());
    world.record(&[left]).await;
    let typed = json!({"id": "other", "provider": "ses", "address": "other@example.com", "list": "Offers"});
    let html = world.html(json!({"page": "message", "id": "0100017e5d6f2b3c-1a2b3c4d-000000"})).await;
    let recipient = actions(&html).into_iter().find(|action| action["address"] == "jane@example.com").unwrap();
    let html = world.serve(&request(recipient, &typed)).await;
    assert_says(html.as_str().unwrap(), &["jane@example.com ◐ It may be mailed, but not in some sends."]);
    let empty = world.serve(&request(json!({"page": "address"}), &typed)).await;
    assert_says(empty.as_str().unwrap(), &["Why did it not arrive?"]);
}

#[tokio::test]
async fn a_form_accepts_exactly_its_own_inputs() {
    let world = World::new().await;
    world.record(&story()).await;
    let decide = |action: &str| json!({"page": "decide", "action": action, "address": "jane@example.com"});
    for fields in [
        json!({"page": "address"}),
        json!({"page": "message"}),
        json!({"page": "address", "address": "jane@example.com"}),
        decide("suppress"),
        decide("lift"),
    ] {
        let html = world.html(fields.clone()).await;
        let (_, form) = html.split_once("<form").unwrap();
        let inputs: Vec<_> =
            form.split("<input name=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0.to_owned()).collect();
        let accepted: Vec<_> =
            actions(&html).iter().filter_map(|action| Some(action.get("typed")?.as_str()?.to_owned())).collect();
        assert_eq!(accepted, [inputs.join(" ")], "{fields}");
    }
}

/// A page has 200 events; leafing shows each once.
#[tokio::test]
async fn many_events_are_leafed_through() {
    let world = World::new().await;
    for hours in 0..9 {
        let opened = (0..50).map(|n| event(Ruling::of(Kind::Opened), &format!("2026-11-1{hours}T10:{n:02}:00.000Z")));
        world.record(&opened.collect::<Vec<_>>()).await;
    }
    let mut fields = json!({"page": "address", "address": "jane@example.com"});
    let mut seen = Vec::new();
    for page in 0..3 {
        let html = world.html(fields).await;
        let said = words(&html);
        seen.extend(
            said.split("Time ")
                .skip(1)
                .filter_map(|rest| rest.get(..19))
                .filter(|at| at.starts_with("2026"))
                .map(str::to_owned),
        );
        let older = actions(&html).into_iter().find(|action| action.get("before").is_some());
        assert_eq!(older.is_some(), page < 2, "page {page}");
        fields = older.unwrap_or_default();
    }
    assert_eq!(seen.len(), 450);
    assert!(seen.is_sorted_by(|one, other| one > other), "the newest first, none twice");

    let mut fields = json!({"page": "message", "id": "0100017e5d6f2b3c-1a2b3c4d-000000"});
    let mut count = 0;
    for page in 0..3 {
        let html = world.html(fields).await;
        count += html.matches("<strong><span class=\"mf-text\">opened").count();
        let later = actions(&html).into_iter().find(|action| action.get("after_event").is_some());
        assert_eq!(later.is_some(), page < 2, "page {page}");
        fields = later.unwrap_or_default();
    }
    assert_eq!(count, 450);
}

#[tokio::test]
async fn a_decision_without_an_event_is_in_the_history() {
    let world = World::new().await;
    let entry = json!({"state": "lifted", "at": "2026-10-01T08:00:00.000Z", "first_at": "2026-09-01T08:00:00.000Z",
        "provider": "manual", "event_id": "x", "actor": "ann", "note": "called us"});
    let record = json!({"address": "jane@example.com", "updated_at": "x", "version": 1,
        "suppressions": {"*": {"complaint": entry}}, "soft_bounces": {"bounces": []}});
    put(&world.database, SUPPRESSIONS, &record).await;
    let html = world.html(json!({"address": "jane@example.com"})).await;
    assert_says(&html, &["Event lifted", "by ann : called us", "State lifted Reason complaint"]);
}

#[tokio::test]
async fn what_fails_is_said_on_the_page() {
    let world = World::with(MetricsApi::denying().await, true).await;
    let unreadable = json!({"address": "jane@example.com", "version": "x"});
    put(&world.database, SUPPRESSIONS, &unreadable).await;
    for (fields, expected) in [
        (json!({"address": "jane@example.com"}), "No answer. The suppression record of this address cannot be read."),
        (json!({"page": "overview"}), "No answer. CloudWatch denies the metrics."),
        (json!({"page": "failures"}), "No answer. CloudWatch denies the metrics."),
        (json!({"page": "live"}), "There is no such page here."),
    ] {
        assert_says(&world.html(fields).await, &[expected]);
    }
    assert_ne!(SuppressionRecord::default().suppressions.len(), 1);
}

#[tokio::test]
async fn the_widget_is_described_and_themed_and_calls_itself() {
    let world = World::with(MetricsApi::start(values).await, false).await;
    let described = world.serve(&json!({"describe": true})).await;
    let markdown = described["markdown"].as_str().unwrap();
    let yaml = markdown.split("```").nth(1).unwrap();
    assert!(yaml.starts_with("yaml\n") && yaml.contains("page: address"), "{markdown}");
    let mut dark = request(json!({"page": "address"}), &json!({}));
    dark["widgetContext"]["theme"] = "dark".into();
    let html = world.serve(&dark).await;
    assert!(html.as_str().unwrap().contains("class=\"mf mf-dark cwdb-no-default-styles\""));
    let html = world.html(json!({"page": "address"})).await;
    assert!(!html.contains("mf mf-dark "), "a light dashboard");
    assert_eq!(html.matches("<cwdb-action").count(), html.matches(&format!("endpoint=\"{ARN}\"")).count());
    let typed = request(json!({"page": "address", "typed": "address"}), &json!({"address": "typed@example.com"}));
    let html = world.serve(&typed).await;
    assert!(html.as_str().unwrap().contains("<h1><span class=\"mf-text\">typed@example.com"));
    let unread = world.viewer.serve("[]", ARN, "test-request", std::time::Duration::from_secs(1)).await;
    assert!(unread.is_err());
}
