//! What imported lists may and may not do to each other and to the record.

use super::*;

/// Imports a text; returns what the command printed to both streams.
async fn import(world: &World, format: &str, text: &str) -> (String, String) {
    let path = file(&format!("list-{}.{format}", text.len()), text);
    let ran =
        world.run(&["import", "--format", format, "--at", "2026-01-01", "--source", "old", "--file", &path]).await;
    std::fs::remove_file(path).unwrap();
    (ran.out, ran.err)
}

#[tokio::test]
async fn a_time_in_the_future_would_outweigh_all_to_come_and_is_refused() {
    let world = World::new().await;
    let (_, err) = import(&world, "csv", "address,reason,since\na@example.com,complaint,2206-01-01\n").await;
    assert!(err.starts_with("line 2: its time is in the future"), "{err}");
    assert!(world.records().await.is_empty());
}

#[tokio::test]
async fn the_latest_evidence_survives_a_move_to_other_tables() {
    let world = World::new().await;
    world.record(&[complaint("2026-01-01T09:00:00Z"), complaint("2026-06-01T09:00:00Z")]).await;
    let exported = world.run_ok(&["export"]).await;
    assert!(exported.contains("2026-01-01T09:00:00.000Z,2026-06-01T09:00:00.000Z"), "{exported}");
    let other = World::new().await;
    import(&other, "csv", &exported).await;
    assert_eq!(other.run_ok(&["export"]).await, exported);
}

#[tokio::test]
async fn an_export_imported_over_its_own_table_replaces_no_evidence() {
    let world = World::new().await;
    world.record(&[complaint("2026-06-01T09:00:00Z")]).await;
    world.run_ok(&["suppress", "john@example.com", "--reason", "manual", "--actor", "jo", "--note", "asked"]).await;
    let before = world.records().await;
    let exported = world.run_ok(&["export"]).await;
    import(&world, "csv", &exported).await;
    assert_eq!(world.records().await, before);
}

#[tokio::test]
async fn only_the_first_line_of_an_exclusion_list_may_be_a_header_row() {
    let world = World::new().await;
    let (out, err) = import(&world, "mailjet", "Email\na@example.com\njane.doe.gmail.com\n").await;
    assert!(out.ends_with("1 row rejected\n") && err.starts_with("line 3: not an e-mail address"), "{out}{err}");
}

#[tokio::test]
async fn provider_text_stays_one_field_of_one_line() {
    let world = World::new().await;
    let code = r#"{"address":"a@example.com","reason":"complaint","since":"2026-01-01","code":"=x\nv@example.com,*,complaint\u001b"}"#;
    import(&world, "ndjson", code).await;
    let exported = world.run_ok(&["export"]).await;
    assert!(exported.contains("\"'=x v@example.com,*,complaint \""), "{exported}");
    let other = World::new().await;
    assert!(import(&other, "csv", &exported).await.0.starts_with("1 row imported, "));
    assert_eq!(other.records().await.len(), 1);
}

#[tokio::test]
async fn the_case_of_a_provider_does_not_matter() {
    let world = World::new().await;
    let suppress = ["suppress", "a@example.com", "--reason", "manual", "--scope", "provider:SES", "--actor", "ops"];
    world.run_ok(&suppress).await;
    for provider in ["ses", "SES"] {
        let ran = world.run(&["check", "a@example.com", "--provider", provider]).await;
        assert_eq!(ran.outcome, Ok(Outcome::Blocked), "{provider}");
    }
}

#[tokio::test]
async fn an_export_reads_every_page() {
    let world = World::new().await;
    world.run_ok(&["suppress", "a@example.com", "--reason", "manual", "--actor", "ops"]).await;
    let record = world.records().await.remove(0);
    for n in 0..100 {
        let mut item = record.clone();
        item.insert("address".to_owned(), AttributeValue::S(format!("{n}@example.com")));
        // An attribute of another writer, which makes the table larger than a page of 1 MB.
        item.insert("theirs".to_owned(), AttributeValue::S("x".repeat(30_000)));
        world.database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
    }
    let page = world.database.client.scan().table_name(SUPPRESSIONS).send().await.unwrap();
    assert!(page.last_evaluated_key.is_some(), "there is more than one page");
    assert_eq!(world.run_ok(&["export"]).await.lines().count(), 102);
}
