//! What an erasure removes, and what it keeps.

use super::history::manual_events;
use super::*;

const JANE: &str = "jane@example.com";

#[tokio::test]
async fn forget_erases_the_person_and_keeps_the_decision() {
    let world = World::new().await;
    let many = (0..60).map(|n| soft(&format!("2026-11-02T09:12:{n:02}Z")));
    world.record(&many.collect::<Vec<_>>()).await;
    world.record(&[complaint("2026-11-16T08:01:59Z")]).await;
    let suppress = ["suppress", JANE, "--reason", "manual", "--actor", "ops", "--note", "called as Jane"];
    world.run_ok(&suppress).await;
    world.run_ok(&["suppress", "john@example.com", "--reason", "manual", "--actor", "ops", "--note", "stays"]).await;
    let refused = world.run(&["forget", JANE]).await.outcome.unwrap_err();
    assert!(refused.ends_with("repeat it with --yes"), "{refused}");
    assert_eq!(world.database.scan(EVENTS).await.len(), 63, "the decisions among them");

    let before: Vec<_> = world.records().await.iter().flat_map(entry_texts).collect();
    let done = world.run_ok(&["forget", JANE, "--yes", "--actor", "ops"]).await;
    assert!(done.starts_with("jane@example.com  61 event records deleted, "), "{done}");
    assert!(done.ends_with(" text fields erased by ops; its suppressions are kept\n"), "{done}");
    let events = world.database.scan(EVENTS).await;
    let mut kinds: Vec<_> = events.values().map(|event| (text(event, "address"), text(event, "kind"))).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [(JANE, "forgotten"), (JANE, "suppressed"), ("john@example.com", "suppressed")]);
    let records = world.records().await;
    assert_eq!(records.iter().flat_map(entry_texts).collect::<Vec<_>>(), before);
    let all = format!("{records:?}{events:?}");
    for gone in ["Jane@Example.com", "mailbox", "called as Jane"] {
        assert!(!all.contains(gone), "{gone}");
    }
    assert!(all.contains("stays"), "another address keeps its note");
    let again = world.run_ok(&["forget", JANE, "--yes"]).await;
    assert!(again.contains("0 event records deleted, 0 text fields erased by jo;"), "{again}");
    assert_eq!(world.records().await, records);
    // The library still reads and changes the record.
    world.run_ok(&["lift", JANE, "--reason", "complaint", "--actor", "ops"]).await;
}

#[tokio::test]
async fn forget_loses_nothing_that_is_written_meanwhile() {
    let world = World::new().await;
    world.record(&[complaint("2026-11-01T09:00:00Z")]).await;
    let lists: Vec<String> = (0..6).map(|n| format!("list:ses:{n}")).collect();
    let suppress = ["suppress", JANE, "--reason", "unsubscribe", "--actor", "ops", "--scope"];
    let decide = |list| {
        let args = [&suppress[..], &[list]].concat();
        let world = &world;
        async move { world.run_ok(&args).await }
    };
    let forget = ["forget", JANE, "--yes"];
    let decisions = futures_util::future::join_all(lists.iter().map(|list| decide(list.as_str())));
    tokio::join!(world.run_ok(&forget), decisions);
    let record = &world.records().await[0];
    assert_eq!(entries(record).len(), 7);
    assert!(!format!("{record:?}").contains("Jane@Example.com"));
}

#[tokio::test]
async fn forget_erases_notes_and_spellings_of_decisions_and_writes_an_event_without_them() {
    let mut world = World::new().await;
    let path = file("forget.csv", "address,reason,since\nJane.DOE@Example.com,complaint,2026-01-01\n");
    world.run_ok(&["import", "--source", "old-system", "--file", &path]).await;
    std::fs::remove_file(path).unwrap();
    let address = "jane.doe@example.com";
    let lift = ["lift", address, "--reason", "complaint", "--actor", "ops", "--note", "Jane called"];
    world.run_ok(&lift).await;
    world.record(&[soft("2026-11-20T09:00:00Z")]).await;
    let before = world.database.scan(EVENTS).await;
    assert!(format!("{before:?}").contains("Jane.DOE") && format!("{before:?}").contains("Jane called"));
    world.now = time("2026-11-20T12:05:00Z");
    world.run_ok(&["forget", address, "--yes", "--actor", "privacy"]).await;
    let events = manual_events(&world).await;
    let expected =
        ["imported suppress complaint * old-system: ", "lifted lift complaint * ops: ", "forgotten  privacy: "];
    assert_eq!(events, expected);
    let of_the_address =
        world.database.scan(EVENTS).await.into_values().filter(|event| text(event, "address") == address);
    for event in of_the_address {
        for name in ["note", "recipient", "detail"] {
            assert!(!event.contains_key(name), "{name}: {event:?}");
        }
    }
    let shown = world.run_ok(&["explain", address]).await;
    let erasure = "2026-11-20T12:05:00.000Z  manual    forgotten
                          by privacy: erased earlier reports and personal texts
";
    assert!(shown.contains(erasure), "{shown}");
}

#[tokio::test]
async fn forget_reads_every_page() {
    let world = World::new().await;
    world.run_ok(&["suppress", JANE, "--note", "asked"]).await;
    let decision = world.database.scan(EVENTS).await.into_values().next().unwrap();
    // Decisions without personal texts, more than a page of 1 MB.
    for n in 0..40 {
        let mut item = decision.clone();
        item.remove("note");
        item.insert("event".to_owned(), AttributeValue::S(format!("2020-01-01T00:00:00.000Z#{n}")));
        item.insert("theirs".to_owned(), AttributeValue::S("x".repeat(30_000)));
        world.database.client.put_item().table_name(EVENTS).set_item(Some(item)).send().await.unwrap();
    }
    world.run_ok(&["forget", JANE, "--yes"]).await;
    let events = world.database.scan(EVENTS).await;
    assert_eq!(events.len(), 42);
    assert!(!format!("{events:?}").contains("asked"));
}

#[tokio::test]
async fn forget_says_if_nothing_is_known_and_writes_nothing() {
    let world = World::new().await;
    let refused = world.run(&["forget", "jnae@example.com", "--yes"]).await.outcome.unwrap_err();
    assert_eq!(refused, "nothing is known about this address; check its spelling");
    assert!(world.database.scan(EVENTS).await.is_empty());
}
