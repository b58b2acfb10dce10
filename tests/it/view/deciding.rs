//! Suppress and lift, step by step.

use std::sync::atomic::{AtomicBool, Ordering};

use mail_feedback::store::TimeLimits;
use serde_json::{Value, json};
use support::database::{Database, EVENTS, SUPPRESSIONS, entries, text};
use support::metrics_api::MetricsApi;
use support::proxy::Reply;
use tokio::runtime::Handle;

use super::world::{World, actions, complaint, noon, recorder, request, story, values, viewer, words};

/// The action of a page that writes.
fn write_action(html: &str) -> Value {
    let found: Vec<_> = actions(html).into_iter().filter(|action| action["step"] == "write").collect();
    let [action] = found.as_slice() else { panic!("one button that writes: {found:?}") };
    action.clone()
}

async fn typed(world: &World, fields: Value, typed: Value) -> String {
    world.serve(&request(fields, &typed)).await.as_str().unwrap().to_owned()
}

async fn state(world: &World) -> Vec<String> {
    let records = world.database.scan(SUPPRESSIONS).await;
    let line = |(scope, reason, entry)| {
        format!("{scope} {reason} {} {} {}", text(&entry, "state"), text(&entry, "actor"), text(&entry, "note"))
    };
    records.values().flat_map(entries).map(line).collect()
}

#[tokio::test]
async fn a_lift_is_confirmed_and_written_once() {
    let world = World::new().await;
    world.record(&story()).await;
    let page = world.html(json!({"address": "jane@example.com"})).await;
    let lift = actions(&page).into_iter().find(|action| action["action"] == "lift").unwrap();
    let form = typed(&world, lift, json!({})).await;
    let review = actions(&form).into_iter().find(|action| action["step"] == "review").unwrap();
    let without_name = typed(&world, review.clone(), json!({"note": "she asked"})).await;
    assert!(words(&without_name).contains("Please correct this. Your name: give one"), "{without_name}");

    // The search form of another page is still in the dashboard's memory.
    let confirm =
        typed(&world, review, json!({"actor": "ann", "note": "she asked", "address": "other@example.com"})).await;
    let said = words(&confirm);
    for expected in [
        "Lift complaint for * of jane@example.com .",
        "Now complaint for * , since 2026-11-16 08:01:59 UTC",
        "Afterwards Nothing blocks the address.",
        "An event lifted by ann , with the note she asked , kept for 400 days.",
        "At the provider SES may also have put it on its suppression list of the account",
    ] {
        assert!(said.contains(expected), "{expected:?} is missing in:\n{said}");
    }
    assert!(confirm.contains("confirmation=\"Lift complaint for * of jane@example.com?\""), "{confirm}");
    assert_eq!(state(&world).await, ["* complaint suppressed  "], "nothing is written yet");

    let write = write_action(&confirm);
    let done = typed(&world, write.clone(), json!({"actor": "eve", "note": "other"})).await;
    assert!(words(&done).contains("Lifted complaint for * ."), "{done}");
    assert_eq!(state(&world).await, ["* complaint lifted ann she asked"]);
    let decided: Vec<_> =
        world.database.scan(EVENTS).await.into_values().filter(|event| text(event, "kind") == "lifted").collect();
    assert_eq!((decided.len(), text(&decided[0], "actor"), text(&decided[0], "note")), (1, "ann", "she asked"));

    let again = typed(&world, write, json!({})).await;
    assert!(words(&again).contains("Nothing to lift: there is no complaint for *."), "{again}");
    assert_eq!(state(&world).await, ["* complaint lifted ann she asked"]);
}

#[tokio::test]
async fn a_record_that_changed_meanwhile_is_shown_again() {
    let world = World::new().await;
    world.record(&story()).await;
    let review = json!({"page": "decide", "step": "review", "action": "lift", "address": "jane@example.com",
        "reason": "complaint", "scope": "*", "actor": "ann"});
    let confirm = typed(&world, review, json!({})).await;
    world.record(&[complaint("2026-11-19T08:00:00.000Z")]).await;
    let stale = typed(&world, write_action(&confirm), json!({})).await;
    assert!(
        words(&stale).contains("Nothing was changed. The record has changed since you looked. Look again."),
        "{stale}"
    );
    assert_eq!(state(&world).await, ["* complaint suppressed  "]);
    typed(&world, write_action(&stale), json!({})).await;
    assert_eq!(state(&world).await, ["* complaint lifted ann "]);
}

/// Whoever may edit a dashboard must not decide in the name of who opens it.
#[tokio::test]
async fn a_widget_whose_parameters_decide_writes_nothing() {
    let world = World::new().await;
    let fields = json!({"page": "decide", "step": "review", "action": "suppress", "address": "new@example.com",
        "actor": "eve"});
    let confirm = typed(&world, fields, json!({})).await;
    let write = write_action(&confirm);
    let mut opening = request(write.clone(), &json!({}));
    opening["widgetContext"]["params"] = write.clone();
    let html = world.serve(&opening).await;
    assert!(words(html.as_str().unwrap()).contains("See what will change"), "{html}");
    assert_eq!(state(&world).await, [""; 0]);
    typed(&world, write, json!({})).await;
    assert_eq!(state(&world).await, ["* manual suppressed eve "]);
}

/// Records a complaint as another program would, while a request waits.
fn complain_meanwhile(database: &Database) {
    let database = Database::at(database.address);
    // The worker's other tasks go on elsewhere; the database may be one of them.
    tokio::task::block_in_place(|| {
        Handle::current().block_on(async {
            let events = vec![vec![complaint("2026-11-19T08:00:00.000Z")]];
            recorder(&database).record(events, noon(), TimeLimits::default()).await.whole().unwrap();
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_changes_between_read_and_write_is_not_changed() {
    let world = World::new().await;
    world.record(&story()).await;
    let (direct, is_done) = (world.database.clone(), AtomicBool::new(false));
    let watched = world.database.behind(move |request| {
        if request.operation == "TransactWriteItems" && !is_done.swap(true, Ordering::SeqCst) {
            complain_meanwhile(&direct);
        }
        Reply::Database
    });
    let viewer = viewer(&watched.await, &world.metrics, true);
    let world = World { viewer, ..world };
    let review = json!({"page": "decide", "step": "review", "action": "lift", "address": "jane@example.com",
        "reason": "complaint", "scope": "*", "actor": "ann"});
    let confirm = typed(&world, review, json!({})).await;
    let stale = typed(&world, write_action(&confirm), json!({})).await;
    assert!(words(&stale).contains("Nothing was changed. The record has changed since you looked."), "{stale}");
    assert_eq!(state(&world).await, ["* complaint suppressed  "]);
    typed(&world, write_action(&stale), json!({})).await;
    assert_eq!(state(&world).await, ["* complaint lifted ann "]);
}

#[tokio::test]
async fn a_suppression_with_an_end() {
    let world = World::new().await;
    let review = json!({"page": "decide", "step": "review", "action": "suppress", "address": "Bob@Example.com",
        "typed": "scope reason until actor note"});
    let fields = json!({"scope": "list:ses:News", "reason": "unsubscribe", "until": "2027-01-31", "actor": "ann"});
    let confirm = typed(&world, review.clone(), fields).await;
    let said = words(&confirm);
    assert!(
        said.contains("Suppress unsubscribe for list:ses:News of bob@example.com , until 2027-01-31 00:00:00 UTC"),
        "{said}"
    );
    typed(&world, write_action(&confirm), json!({})).await;
    assert_eq!(state(&world).await, ["list:ses:News unsubscribe suppressed ann "]);
    let page = words(&world.html(json!({"address": "bob@example.com"})).await);
    let decided = "by ann , until 2027-01-31 00:00:00 UTC 2027-01-31 01:00:00 +01:00";
    assert!(page.contains(decided), "{page}");
    let counted = typed(&world, review, json!({"scope": "*", "reason": "soft_bounce", "actor": "ann"})).await;
    assert!(words(&counted).contains("soft_bounce for * is counted, not set."), "{counted}");
}

#[tokio::test]
async fn pages_that_only_read_write_nothing() {
    let world = World::with(MetricsApi::start(values).await, false).await;
    world.record(&story()).await;
    let page = world.html(json!({"address": "jane@example.com"})).await;
    assert!(actions(&page).iter().all(|action| action["page"] != "decide"), "no button leads there");
    for step in ["form", "review", "write"] {
        let fields = json!({"page": "decide", "step": step, "action": "lift", "address": "jane@example.com",
            "reason": "complaint", "scope": "*", "actor": "ann", "seen": "x"});
        let html = typed(&world, fields, json!({})).await;
        let said = words(&html);
        assert!(said.contains("Not here. These pages may only read"), "{said}");
        assert!(
            said.contains("mail-feedbackctl lift --reason='complaint' --scope='*' --actor='ann' -- 'jane@example.com'"),
            "{said}"
        );
    }
    assert_eq!(state(&world).await, ["* complaint suppressed  "]);
}
