//! What the pages say when there is no answer, in words for people of support.

use std::time::Duration;

use serde_json::{Value, json};
use support::database::{EVENTS, SUPPRESSIONS};
use support::proxy::Reply;

use super::world::{ARN, World, actions, put, request, story, viewer, words};

/// The world, whose database never answers an operation.
async fn silent(operation: &'static str) -> World {
    let world = World::new().await;
    world.record(&story()).await;
    let watched = world.database.behind(
        move |request| {
            if request.operation == operation { Reply::Silence } else { Reply::Database }
        },
    );
    let viewer = viewer(&watched.await, &world.metrics, true);
    World { viewer, ..world }
}

/// The page of an invocation with little time.
async fn hurried(world: &World, fields: Value) -> String {
    let payload = request(fields, &json!({})).to_string();
    let served = world.viewer.serve(&payload, ARN, "test-request", Duration::from_millis(500)).await;
    served.unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_question_that_takes_too_long_keeps_what_was_typed() {
    let world = silent("Query").await;
    let html = hurried(&world, json!({"address": "jane@example.com", "provider": "ses", "list": "News"})).await;
    assert!(words(&html).contains("No answer. It took too long. Try again."), "{html}");
    for value in ["jane@example.com", "ses", "News"] {
        assert!(html.contains(&format!("value=\"{value}\"")), "{value}: {html}");
    }
    assert!(!words(&html).contains("was written"), "nothing would have been");
    let html = hurried(&world, json!({"page": "message", "id": "0100-1"})).await;
    assert!(html.contains("value=\"0100-1\""), "{html}");
}

#[tokio::test]
async fn a_decision_that_takes_too_long_may_be_written() {
    let world = silent("TransactWriteItems").await;
    let review = json!({"page": "decide", "step": "review", "action": "lift", "address": "jane@example.com",
        "reason": "complaint", "scope": "*", "actor": "ann", "note": "she asked"});
    let confirm = world.html(review).await;
    let write = actions(&confirm).into_iter().find(|action| action["step"] == "write").unwrap();
    let html = hurried(&world, write).await;
    let said = words(&html);
    assert!(said.contains("It is not known whether the decision was written. Before you repeat it, look"), "{said}");
    let asked: Vec<_> = actions(&html).into_iter().filter(|action| action["page"] == "address").collect();
    assert!(asked.contains(&json!({"page": "address", "address": "jane@example.com"})), "{asked:?}");
    assert!(html.contains("value=\"she asked\""), "{html}");
}

#[tokio::test]
async fn a_decision_that_was_written_is_said_to_be() {
    let world = silent("Query").await;
    let review = json!({"page": "decide", "step": "review", "action": "lift", "address": "jane@example.com",
        "reason": "complaint", "scope": "*", "actor": "ann"});
    let confirm = world.html(review).await;
    let write = actions(&confirm).into_iter().find(|action| action["step"] == "write").unwrap();
    let denying = world.database.behind(|request| match request.operation.as_str() {
        "Query" => Reply::Answer(support::http_message::Message::answer(
            "400 Bad Request",
            &json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"}),
        )),
        _ => Reply::Database,
    });
    let viewer = viewer(&denying.await, &world.metrics, true);
    let world = World { viewer, ..world };
    let said = words(&world.html(write).await);
    for expected in ["Lifted complaint for * .", "Its events cannot be shown. DynamoDB denies access."] {
        assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
    }
    let records = world.database.scan(SUPPRESSIONS).await;
    assert!(format!("{records:?}").contains("lifted"));
}

#[tokio::test]
async fn what_no_table_can_have_is_not_asked_for() {
    let world = World::new().await;
    let long = "x".repeat(2_045);
    for (fields, expected) in [
        (json!({"page": "message", "id": long}), "Not a message id. It is longer than the id of any provider."),
        (
            json!({"page": "message", "id": "x", "after_address": "a", "after_event": "x"}),
            "Not a page of its events. The link is damaged. Look the message up again.",
        ),
        (
            json!({"address": "jane@example.com", "before": "x"}),
            "Not a page of its events. The link is damaged. Look the address up again.",
        ),
        (
            json!({"address": "jane@example.com", "before": format!("#{long}")}),
            "Not a page of its events. The link is damaged.",
        ),
    ] {
        let said = words(&world.html(fields).await);
        assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
    }
    let said = words(&world.html(json!({"page": "message", "id": &long[1..]})).await);
    assert!(said.contains("Nothing is known about this message."), "{said}");
}

#[tokio::test]
async fn a_page_that_is_too_long_says_what_is_not() {
    let world = World::new().await;
    for number in 0..200 {
        let mut event = json!({"address": "jane@example.com", "event": format!("2026-11-18T08:00:00.000Z#{number:016x}"),
            "provider": "ses", "kind": "bounced"});
        for name in ["detail", "url", "user_agent", "raw", "recipient", "code", "campaign", "stream", "list"] {
            // A page writes each of these as its code.
            event[name] = "\u{1}\u{2}".repeat(900).into();
        }
        put(&world.database, EVENTS, &event).await;
    }
    let said = words(&world.html(json!({"address": "jane@example.com"})).await);
    assert!(said.contains("No answer. The answer is too long for a page here."), "{}", said.len());
}
