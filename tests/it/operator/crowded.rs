//! Records as full as authenticated events and operators can make them: evidence and decisions always fit.

use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use harness::function::{InProcess, handler};
use mail_feedback::timestamp::Timestamp;
use serde_json::{Value, json};
use support::authority::AUTHORITY;
use support::database::{Item, SUPPRESSIONS, entries, soft_bounces, text};
use support::envelope::{lambda_event, notification, sign};
use support::environment::trusting_environment;
use support::request::{authorization, post};
use support::seeded::Seeded;
use support::size::item_bytes;

use super::{Outcome, World, file, time};
use crate::disorder::number;
use crate::real_binary::invoke_both;

/// The largest item that DynamoDB accepts.
const LIMIT: usize = 400 * 1024;
const JANE: &str = "jane@example.com";
/// The longest list of an event, or of an operator after `list:ses:`.
const LIST_BYTES: usize = 256;
/// The reasons that single scopes can have.
const REASONS: [&str; 7] =
    ["hard_bounce", "soft_bounce", "complaint", "unsubscribe", "invalid_address", "provider_block", "manual"];

fn function(world: &World) -> InProcess {
    handler(&world.database, &trusting_environment(&world.database))
}

async fn posted(handler: &InProcess, path: &str, events: &[Value]) {
    let body = Value::from(events).to_string();
    let answer = invoke_both(handler, &post(path, &authorization(), &body).to_string()).await.unwrap();
    assert_eq!(answer["statusCode"], 200, "{path}: {answer}");
}

/// A complaint through the provider that signs its reports.
async fn complained(handler: &InProcess, at: &str) {
    let message = json!({
        "eventType": "Complaint",
        "complaint": {
            "feedbackId": at, "timestamp": at, "complaintFeedbackType": "abuse",
            "complainedRecipients": [{"emailAddress": JANE}], "userAgent": "x".repeat(256),
        },
        "mail": {"timestamp": "2026-11-01T00:00:00.000Z", "messageId": "m-1", "destination": [JANE]},
    });
    let mut envelope = notification(&message.to_string(), "b2f5a9c0-0000-4000-8000-00000000beef", Timestamp::now());
    sign(&mut envelope, &AUTHORITY);
    invoke_both(handler, &lambda_event(&envelope).to_string()).await.unwrap();
}

/// The only record, which must fit into DynamoDB's limit.
async fn record(world: &World) -> Item {
    let record = world.records().await.pop().unwrap();
    let bytes = item_bytes(&record);
    assert!(bytes <= LIMIT, "{bytes} bytes");
    // Our formula adds a sign to the one number, the version.
    assert_eq!(bytes, counted_by_the_database(&record) + 1, "by two formulas");
    record
}

/// The same by the rules of the embedded database, whose authors derived them from what AWS refuses.
fn counted_by_the_database(record: &Item) -> usize {
    record.iter().map(|(name, value)| name.len() + json_of(value).size()).sum()
}

fn json_of(value: &AttributeValue) -> dynoxide::types::AttributeValue {
    fn plain(value: &AttributeValue) -> Value {
        match value {
            AttributeValue::S(text) => json!({"S": text}),
            AttributeValue::N(digits) => json!({"N": digits}),
            AttributeValue::Ss(texts) => json!({"SS": texts}),
            AttributeValue::L(items) => json!({"L": items.iter().map(plain).collect::<Vec<_>>()}),
            AttributeValue::M(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.clone(), plain(value)));
                json!({"M": fields.collect::<serde_json::Map<_, _>>()})
            }
            other => panic!("{other:?}"),
        }
    }
    serde_json::from_value(plain(value)).unwrap()
}

/// Everything that must keep working whatever the record holds.
async fn assert_still_works(world: &World, handler: &InProcess) {
    complained(handler, "2026-11-18T00:00:00.000Z").await;
    let ran = world.run(&["check", JANE, "--json"]).await;
    assert_eq!(ran.outcome, Ok(Outcome::Blocked));
    assert!(ran.out.contains(r#""reason":"complaint""#), "{}", ran.out);
    record(world).await;

    let by = ["--actor", &"o".repeat(256), "--note", &"why ".repeat(256)];
    for reason in ["complaint", "unsubscribe", "manual"] {
        world.run_ok(&[&["suppress", JANE, "--reason", reason][..], &by].concat()).await;
        let noted = entries(&record(world).await);
        let (_, _, entry) = noted.iter().find(|(scope, known, _)| scope == "*" && known == reason).unwrap();
        assert_eq!((text(entry, "actor").len(), text(entry, "note").len()), (256, 1024), "{reason}");
        world.run_ok(&[&["lift", JANE, "--reason", reason][..], &by].concat()).await;
    }
    if !soft_bounces(&record(world).await).is_empty() {
        world.run_ok(&[&["lift", JANE, "--reason", "soft_bounce"][..], &by].concat()).await;
        assert!(soft_bounces(&record(world).await).is_empty());
    }
    let bytes = item_bytes(&record(world).await);
    world.run_ok(&["forget", JANE, "--yes"]).await;
    assert!(item_bytes(&record(world).await) < bytes);
    world.run_ok(&["explain", JANE]).await;
}

/// An unsubscribe that Tencent reports for a distinct sender domain, with the longest texts.
fn unsubscribe(nth: usize) -> Value {
    let label = |fill: &str| fill.repeat(60);
    json!({
        "event": "unsubscribe", "email": JANE, "bulkId": format!("b{nth}"), "timestamp": 1_793_000_000 + nth,
        "fromDomain": format!("d{nth}.{}.{}.{}.example", label("a"), label("b"), label("c")),
        "reason": format!("{nth} {}", "r".repeat(600)),
    })
}

/// A stranger's sender domains fill a record, then a complaint arrives.
async fn flooded(domains: usize) {
    let world = World::new().await;
    let handler = function(&world);
    let events: Vec<Value> = (0..domains).map(unsubscribe).collect();
    for some in events.chunks(150) {
        posted(&handler, "/webhooks/tencent", some).await;
    }
    let sender = events[0]["fromDomain"].as_str().unwrap();
    for domain in [sender, "other.example"] {
        let ran = world.run(&["check", JANE, "--domain", domain]).await;
        assert_eq!(ran.outcome, Ok(Outcome::Blocked), "{domain}");
        assert!(ran.out.contains("was reported for more than 100 scopes"), "{}", ran.out);
    }
    let explained = world.run_ok(&["explain", JANE]).await;
    assert!(explained.contains("folded   unsubscribe      *  was reported for more than 100 scopes"), "{explained}");

    let lift = ["lift", JANE, "--reason", "unsubscribe", "--actor", "jo"];
    let before = record(&world).await;
    let refused = world.run(&[&lift[..], &["--scope", &format!("domain:{sender}")]].concat()).await.outcome;
    let command = "mail-feedbackctl lift jane@example.com --reason unsubscribe --scope '*'";
    assert!(refused.unwrap_err().ends_with(command));
    assert_eq!(record(&world).await, before, "nothing is written");
    world.run_ok(&lift).await;
    assert_eq!(world.run(&["check", JANE, "--domain", sender]).await.outcome, Ok(Outcome::Done));
    posted(&handler, "/webhooks/tencent", &events[..1]).await;
    assert_eq!(world.run(&["check", JANE, "--domain", sender]).await.outcome, Ok(Outcome::Done), "an older report");
    assert_still_works(&world, &handler).await;
}

#[tokio::test]
async fn sender_domains_of_a_stranger_block_no_complaint_and_no_decision() {
    flooded(353).await;
}

#[tokio::test]
async fn far_more_sender_domains_block_no_complaint_and_no_decision() {
    flooded(700).await;
}

/// A list with a name of some length, unique to its number.
fn list(random: &mut Seeded, name: &str, bytes: usize) -> String {
    let fill = random.pick(&["x", "é", "€", "😀"]);
    let mut name = name.to_owned();
    while name.len() + fill.len() <= bytes {
        name.push_str(fill);
    }
    name
}

/// Rows of an import for single scopes of some reasons, as many as are kept apart at most.
fn rows(random: &mut Seeded, bytes: usize) -> String {
    let mut rows = String::from("address,scope,reason,since,until,provider,code\n");
    for reason in REASONS {
        // `soft_bounce` and `manual` count together.
        let most = if matches!(reason, "soft_bounce" | "manual") { 50 } else { 100 };
        for nth in 0..most - random.below(2) {
            let scope = format!("list:tencent:{}", list(random, &format!("{reason} {nth} "), bytes));
            let code = "c".repeat(400);
            let provider = "p".repeat(40);
            writeln!(rows, "{JANE},{scope},{reason},2026-01-01,2027-01-01,{provider},{code}").unwrap();
        }
    }
    rows
}

/// Soft bounces on 60 days, as many per day as count, with the longest texts.
fn bounces(random: &mut Seeded) -> Vec<Value> {
    let bounce = |nth: usize| {
        let (day, of_day) = (nth / 10, nth % 10);
        let spelling = format!("\"{}\" <Jane@Example.com>", "n".repeat(random.below(300)));
        json!({
            "event": "bounce", "email": spelling, "time": 1_793_000_000 - 86_400 * day + of_day,
            "MessageID": nth + 1, "error": "quota exceeded", "comment": "t".repeat(600),
        })
    };
    (0..600).map(bounce).collect()
}

#[tokio::test]
async fn the_largest_record_leaves_room_for_a_complaint_a_lift_and_a_forget() {
    for seed in 0..number("CROWDED_SEEDS").unwrap_or(2) {
        let mut random = Seeded::new(seed);
        let world = World::new().await;
        let handler = function(&world);
        let bytes = if seed == 0 { LIST_BYTES } else { random.pick(&[1, 100, LIST_BYTES]) };
        let path = file(&format!("crowded-{seed}.csv"), rows(&mut random, bytes));
        let import = || async {
            let args = ["import", "--source", &"s".repeat(256), "--file", &path];
            assert_eq!(world.run(&args).await.outcome, Ok(Outcome::Done), "seed {seed}");
        };
        let bounces = bounces(&mut random);
        if random.percent(50) {
            import().await;
        }
        for some in bounces.chunks(200) {
            posted(&handler, "/webhooks/mailjet/example.com", some).await;
        }
        import().await;
        let full = record(&world).await;
        assert_eq!(soft_bounces(&full).len(), 600, "seed {seed}");
        assert!(seed != 0 || item_bytes(&full) > 320_000, "{} bytes are not much", item_bytes(&full));
        if seed == 0 {
            let mut versions = Vec::new();
            for _ in 0..3 {
                posted(&handler, "/webhooks/mailjet/example.com", &bounces[..200]).await;
                posted(&handler, "/webhooks/mailjet/example.com", &bounces[400..]).await;
                versions.push(record(&world).await["version"].clone());
            }
            assert_eq!(versions[1], versions[2], "texts that find no room are not written again and again");
        }
        assert_still_works(&world, &handler).await;
        std::fs::remove_file(&path).unwrap();
    }
}

/// An entry for a list, as an earlier version wrote it.
fn old_entry(nth: usize) -> AttributeValue {
    let at = AttributeValue::S(time("2026-01-01T00:00:00Z").plus_days(u32::try_from(nth).unwrap()).to_string());
    let fields = [
        ("state", AttributeValue::S("suppressed".to_owned())),
        ("at", at.clone()),
        ("first_at", at),
        ("provider", AttributeValue::S("ses".to_owned())),
        ("event_id", AttributeValue::S(format!("{nth:032}"))),
        ("detail", AttributeValue::S("d".repeat(512))),
    ];
    AttributeValue::M(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

/// Stores a record with 330 lists, as an earlier version left it, plus attributes of other writers.
async fn put_old(world: &World, note_bytes: usize) {
    let scopes = (0..330).map(|nth| {
        let reasons = Item::from([("unsubscribe".to_owned(), old_entry(nth))]);
        (format!("list:ses:{nth:0256}"), AttributeValue::M(reasons))
    });
    let soft_bounces = Item::from([("bounces".to_owned(), AttributeValue::L(Vec::new()))]);
    let item = Item::from([
        ("address".to_owned(), AttributeValue::S(JANE.to_owned())),
        ("version".to_owned(), AttributeValue::N("7".to_owned())),
        ("suppressions".to_owned(), AttributeValue::M(scopes.collect())),
        ("soft_bounces".to_owned(), AttributeValue::M(soft_bounces)),
        ("small".to_owned(), AttributeValue::S("of others".to_owned())),
        ("note".to_owned(), AttributeValue::S("n".repeat(note_bytes))),
    ]);
    world.database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
}

#[tokio::test]
async fn a_record_that_an_earlier_version_filled_is_brought_into_bounds() {
    let world = World::new().await;
    let handler = function(&world);
    put_old(&world, 70_000).await;
    complained(&handler, "2026-11-17T00:00:00.000Z").await;
    let record = record(&world).await;
    let reasons: Vec<_> = entries(&record).into_iter().map(|(scope, reason, _)| format!("{scope} {reason}")).collect();
    assert_eq!(reasons, ["* complaint", "* unsubscribe"]);
    assert_eq!((text(&record, "small"), text(&record, "note").len()), ("of others", 70_000), "there is room for both");
    let blocked = world.run(&["check", JANE]).await.out;
    assert!(blocked.contains("since 2026-01-01T00:00:00.000Z without end"), "{blocked}");
}

#[tokio::test]
async fn attributes_of_other_writers_yield_to_the_record() {
    let world = World::new().await;
    let handler = function(&world);
    let path = file("crowded-others.csv", rows(&mut Seeded::new(0), LIST_BYTES));
    world.run_ok(&["import", "--source", "s", "--file", &path]).await;
    std::fs::remove_file(&path).unwrap();
    let mut item = record(&world).await;
    item.insert("small".to_owned(), AttributeValue::S("of others".to_owned()));
    let room = LIMIT - item_bytes(&item) - 100;
    item.insert("large".to_owned(), AttributeValue::S("n".repeat(room)));
    world.database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
    assert_still_works(&world, &handler).await;
    let record = record(&world).await;
    assert_eq!((text(&record, "small"), record.contains_key("large")), ("of others", false));
}
