//! An element that cannot be understood is kept as received, cut to a limit, and does not affect its neighbours.

use std::collections::BTreeSet;

use harness::function::{InProcess, handler};
use serde_json::json;
use support::database::{Database, EVENTS, SUPPRESSIONS, text};
use support::door::RequestForm;
use support::environment::environment;
use support::request::{authorization, post};
use support::size::item_bytes;

use crate::attacks::world::{Host, World, signed};
use crate::real_binary::invoke_both;

/// The longest raw text kept, in bytes.
const RAW_BYTES: usize = 16 * 1024;
/// Elements of every JSON type, as written in a body.
const BAD: [&str; 17] = [
    "null",
    "true",
    "0",
    "-1.50",
    "1e999",
    "123456789012345678901234567890",
    r#""""#,
    r#""text""#,
    r#""\ud83d""#,
    "[]",
    "[ [1], {} ]",
    "{}",
    r#"{ "a" : 1 }"#,
    r#"{"event":null}"#,
    r#"{"event":{"event":"spam"}}"#,
    r#"{"event":"","email":"x@example.com"}"#,
    r#"{"event":"spam","event":"open","email":"x@example.com"}"#,
];

/// A complaint in the format of a provider.
fn good(provider: &str) -> String {
    let name = if provider == "mailjet" { "spam" } else { "spamreport" };
    format!(
        r#"{{"event":"{name}","time":1763600000,"timestamp":1763600000,"MessageID":5,"bulkId":"5","email":"good@example.com"}}"#
    )
}

/// A body in each form of a request.
fn requests(provider: &str, body: &str) -> [String; 6] {
    let request = post(&format!("/webhooks/{provider}"), &authorization(), body).to_string();
    RequestForm::ALL.map(|form| form.request(&request))
}

async fn answered(handler: &InProcess, request: &str, events: usize) {
    let answer = invoke_both(handler, request).await.unwrap();
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &json!(format!("{{\"events\":{events}}}"))));
}

/// The raw texts of the unknown events, and the addresses of the others.
async fn recorded(database: &Database) -> (BTreeSet<String>, Vec<String>) {
    let (unknown, known): (Vec<_>, Vec<_>) =
        database.scan(EVENTS).await.into_values().partition(|item| text(item, "kind") == "unknown");
    let raw = unknown.iter().map(|item| text(item, "raw").to_owned()).collect();
    (raw, known.iter().map(|item| text(item, "address").to_owned()).collect())
}

#[tokio::test]
async fn a_bad_element_of_any_type_is_kept_as_it_came_at_every_door_of_every_webhook() {
    for provider in ["mailjet", "tencent"] {
        let body = format!("[{},\n {} ]", BAD.join(" , "), good(provider));
        for request in requests(provider, &body) {
            let database = Database::start().await;
            let handler = handler(&database, &environment(&database));
            answered(&handler, &request, BAD.len() + 1).await;
            let (raw, known) = recorded(&database).await;
            assert_eq!(raw, BAD.map(str::to_owned).into(), "{provider}");
            assert_eq!(known, ["good@example.com"]);
            assert_eq!(database.scan(SUPPRESSIONS).await.len(), 1);
            answered(&handler, &request, BAD.len() + 1).await;
            assert_eq!(recorded(&database).await, (raw, known), "the same once more");
        }
    }
}

#[tokio::test]
async fn a_verified_message_that_is_no_report_is_kept_as_it_came_at_every_door_of_sns() {
    let texts: Vec<&str> = BAD.into_iter().chain(["plain text", "{", "[1,", "event=open", "\u{feff}{}", " "]).collect();
    for bad in texts {
        let world = World::at(&Host::genuine()).await;
        let (poison, good) = (signed(|envelope| envelope["Message"] = bad.into()), signed(|_| {}));
        assert_eq!(world.lambda(&poison).await, "ok");
        assert_eq!(world.https(&poison).await, 200);
        let queued = [poison.to_string(), good.to_string(), crate::attacks::world::failure_record(&poison)];
        assert!(world.queue(&queued).await.is_empty());
        let (raw, known) = recorded(&world.database).await;
        assert_eq!(raw.into_iter().collect::<Vec<_>>(), [bad], "one fact through four doors");
        assert_eq!(known, ["a@example.com"]);
    }
}

/// An SES report also contains a list.
#[tokio::test]
async fn a_bad_recipient_of_a_bounce_does_not_affect_the_others() {
    for bad in ["null", "7", r#""b@example.com""#, "[]", "{}", r#"{"emailAddress":5e999}"#, r#"{"emailAddress":""}"#] {
        for place in ["BAD,GOOD", "GOOD,BAD"] {
            let list =
                place.replace("BAD", bad).replace("GOOD", r#"{"emailAddress":"a@example.com","status":"5.1.1"}"#);
            let report = format!(
                r#"{{"eventType":"Bounce","bounce":{{"bounceType":"Permanent","bouncedRecipients":[{list}],"feedbackId":"f"}},
                "mail":{{"timestamp":"2026-11-20T09:00:00.000Z","messageId":"m","destination":["a@example.com","b@example.com"]}}}}"#
            );
            let world = World::at(&Host::genuine()).await;
            assert_eq!(world.lambda(&signed(|envelope| envelope["Message"] = report.as_str().into())).await, "ok");
            let (raw, known) = recorded(&world.database).await;
            assert_eq!(known, ["a@example.com"], "{list}");
            assert_eq!(raw.into_iter().collect::<Vec<_>>(), [report], "{list}");
            assert_eq!(world.database.scan(SUPPRESSIONS).await.len(), 1);
        }
    }
}

/// Elements at and around the limit, each with a four-byte character across it.
fn long_elements() -> Vec<String> {
    let of = |bytes: usize, start: &str| {
        let filler = bytes.saturating_sub(start.len() + 2);
        format!("\"{start}{}\"", "x".repeat(filler))
    };
    let mut elements: Vec<String> =
        [RAW_BYTES - 1, RAW_BYTES, RAW_BYTES + 1, 400_000].map(|bytes| of(bytes, "a")).into();
    for shift in 1..=4 {
        elements.push(format!("\"{}\u{1f4e7}{}\"", "x".repeat(RAW_BYTES - 1 - shift), "y".repeat(600_000 / shift)));
    }
    elements
}

#[tokio::test]
async fn a_raw_text_is_cut_at_16_kib_between_characters_and_its_item_fits() {
    let elements = long_elements();
    let cut = |text: &str| {
        text.chars()
            .scan(0, |sum, char| {
                *sum += char.len_utf8();
                Some((*sum, char))
            })
            .take_while(|(sum, _)| *sum <= RAW_BYTES)
            .map(|(_, char)| char)
            .collect::<String>()
    };
    let expected: BTreeSet<String> = elements.iter().map(|element| cut(element)).collect();
    for provider in ["mailjet", "tencent"] {
        let database = Database::start().await;
        let handler = handler(&database, &environment(&database));
        let body = format!("[{},{}]", elements.join(","), good(provider));
        answered(&handler, &requests(provider, &body)[0], elements.len() + 1).await;
        let (raw, known) = recorded(&database).await;
        assert_eq!((&raw, known.len()), (&expected, 1));
        assert!(database.scan(EVENTS).await.values().all(|item| item_bytes(item) < RAW_BYTES + 1024));
    }
    for element in &elements {
        let world = World::at(&Host::genuine()).await;
        assert_eq!(world.lambda(&signed(|envelope| envelope["Message"] = element.as_str().into())).await, "ok");
        assert_eq!(recorded(&world.database).await.0.into_iter().collect::<Vec<_>>(), [cut(element)]);
    }
}

/// 240 elements of the longest raw text share batches of 25: DynamoDB accepts at most 16 MB per batch and 400 KB per
/// item.
#[tokio::test]
async fn many_bad_elements_of_the_longest_raw_text_are_written() {
    let database = Database::start().await;
    let handler = handler(&database, &environment(&database));
    let element = |n: usize| format!("{{\"{n}\":\"{}\"}}", "\\\\".repeat(8 * 1024 + n));
    let body: Vec<String> = (0..240).map(element).chain([good("mailjet")]).collect();
    answered(&handler, &requests("mailjet", &format!("[{}]", body.join(",")))[0], 241).await;
    let (raw, known) = recorded(&database).await;
    assert_eq!((raw.len(), known.len()), (240, 1));
    assert!(raw.iter().all(|raw| raw.len() == RAW_BYTES));
}

#[tokio::test]
async fn a_report_with_more_names_than_ses_sends_to_is_one_record() {
    for (count, kept) in [(1_000, 1_000), (1_001, 0)] {
        let world = World::at(&Host::genuine()).await;
        let names: Vec<String> = (0..count).map(|n| format!(r#""a{n}@example.com""#)).collect();
        let report = format!(r#"{{"eventType":"Send","mail":{{"destination":[{}]}}}}"#, names.join(","));
        assert_eq!(world.lambda(&signed(|envelope| envelope["Message"] = report.as_str().into())).await, "ok");
        let (raw, known) = recorded(&world.database).await;
        assert_eq!((raw.len(), known.len()), (usize::from(kept == 0), kept));
    }
}
