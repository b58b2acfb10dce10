//! What one sync leaves to the next one.

use super::*;

/// A list with these spellings, of which none is known here.
async fn listed(spellings: &[&str]) -> (World, SesApi) {
    let (world, api) = world().await;
    for spelling in spellings {
        api.state().add("", spelling, "BOUNCE", NOVEMBER);
    }
    (world, api)
}

#[tokio::test]
async fn what_was_only_shown_or_only_put_is_still_imported_later() {
    for first in [&[][..], &["--apply", "there"]] {
        let (mut world, api) = listed(&["ann@example.com", "bob@example.com", "cid@example.com"]).await;
        let state = StatePath::new();
        world.run_ok(&sync_args(&state, first)).await;
        world.now = time("2026-11-23T12:00:00Z");
        let here = sync_args(&state, &["--apply", "here"]);
        let out = world.run_ok(&here).await;
        assert!(
            out.contains("account: 3 entries\n  3 only at SES; 3 imported, 3 new suppressions\n"),
            "{first:?}: {out}"
        );
        // From then on, only what SES changed; what another run shows meanwhile is imported, too.
        api.state().add("", "dan@example.com", "BOUNCE", millis("2026-11-24T12:00:00Z"));
        world.now = time("2026-11-26T12:00:00Z");
        let out = world.run_ok(&sync_args(&state, first)).await;
        assert!(out.contains("account: 1 entry changed since 2026-11-22T12:00:00.000Z\n"), "{first:?}: {out}");
        world.now = time("2026-11-28T12:00:00Z");
        let out = world.run_ok(&here).await;
        let expected =
            "account: 1 entry changed since 2026-11-22T12:00:00.000Z\n  1 only at SES; 1 imported, 1 new suppression\n";
        assert!(out.contains(expected), "{first:?}: {out}");
        let out = world.run_ok(&here).await;
        assert!(out.contains("account: 0 entries changed since 2026-11-27T12:00:00.000Z\n"), "{first:?}: {out}");
    }
}

#[tokio::test]
async fn a_part_that_was_imported_is_not_the_whole() {
    let (world, api) = listed(&["ann@example.com"]).await;
    api.state().add("", "new@example.com", "BOUNCE", millis("2026-11-19T18:00:00Z"));
    let state = StatePath::new();
    world.run_ok(&sync_args(&state, &[])).await;
    let out = world.run_ok(&sync_args(&state, &["--apply", "here", "--since", "2026-11-19T12:00:00Z"])).await;
    assert!(out.contains("  1 only at SES; 1 imported,"), "{out}");
    let out = world.run_ok(&sync_args(&state, &["--apply", "both"])).await;
    assert!(out.contains("account: 2 entries\n  1 only at SES; 1 imported,"), "{out}");
}

#[tokio::test]
async fn a_record_that_could_not_be_read_is_imported_once_it_can() {
    let (mut world, _api) = listed(&["ann@example.com", "Bad@example.com"]).await;
    let key = ("address".to_owned(), AttributeValue::S("bad@example.com".to_owned()));
    let item = Item::from([key.clone()]);
    world.database.client.put_item().table_name(SUPPRESSIONS).set_item(Some(item)).send().await.unwrap();
    let state = StatePath::new();
    let here = sync_args(&state, &["--apply", "here"]);
    let ran = world.run(&here).await;
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete), "{}", ran.out);
    let delete = world.database.client.delete_item().table_name(SUPPRESSIONS);
    delete.key(key.0, key.1).send().await.unwrap();
    world.now = time("2026-11-23T12:00:00Z");
    let out = world.run_ok(&here).await;
    assert!(out.contains("account: 2 entries\n  1 only at SES; 1 imported,"), "{out}");
    let out = world.run_ok(&here).await;
    assert!(out.contains("account: 0 entries changed since"), "{out}");
}

#[tokio::test]
async fn an_entry_that_was_refused_is_imported_once_it_can() {
    let (mut world, api) = listed(&["ann@example.com", "Bad@example.com"]).await;
    let whole = world.database.client.clone();
    let behind = world.database.behind(|request| {
        if request.operation == "TransactWriteItems" && request.body.to_string().contains("bad@example.com") {
            Reply::Answer(Message::answer("400 Bad Request", &json!({"__type": "ValidationException"})))
        } else {
            Reply::Database
        }
    });
    world.tables = tables(behind.await.client).with_ses(super::client(&api));
    let state = StatePath::new();
    let ran = world.run(&sync_args(&state, &["--apply", "both"])).await;
    assert_eq!(ran.outcome, Ok(Outcome::Incomplete), "{}", ran.out);
    assert!(ran.out.contains("  2 only at SES; 1 imported,"), "{}", ran.out);
    world.tables = tables(whole).with_ses(super::client(&api));
    world.now = time("2026-11-23T12:00:00Z");
    // All of the list is known even so.
    let out = world.run_ok(&sync_args(&state, &[])).await;
    assert!(out.contains("account: 0 entries changed since"), "{out}");
    let out = world.run_ok(&sync_args(&state, &["--apply", "here"])).await;
    assert!(out.contains("account: 2 entries\n  1 only at SES; 1 imported,"), "{out}");
}

#[tokio::test]
async fn what_is_no_address_does_not_hold_up_later_runs() {
    let (mut world, _api) = listed(&["ann@example.com", "nobody"]).await;
    let state = StatePath::new();
    let here = sync_args(&state, &["--apply", "here"]);
    assert_eq!(world.run(&here).await.outcome, Ok(Outcome::Incomplete));
    world.now = time("2026-11-23T12:00:00Z");
    let out = world.run_ok(&here).await;
    assert!(out.contains("account: 0 entries changed since"), "{out}");
}

#[tokio::test]
async fn an_address_that_was_lifted_on_both_sides_is_looked_for_once() {
    let (mut world, api) = listed(&["Fay@Example.com"]).await;
    let fay = "fay@example.com";
    let state = StatePath::new();
    world.run_ok(&sync_args(&state, &["--apply", "here"])).await;
    world.now = time("2026-11-23T12:00:00Z");
    world.run_ok(&["lift", fay, "--reason", "hard_bounce", "--at-provider"]).await;
    assert_eq!(api.state().spellings(""), [""; 0]);
    let warning = "  1 lifted here, and perhaps on SES's list in an unknown spelling: --from-start finds it\n";
    for (day, asked) in [("2026-11-24", true), ("2026-11-25", false), ("2026-11-26", false)] {
        world.now = time(&format!("{day}T12:00:00Z"));
        api.state().requests.clear();
        let out = world.run_ok(&sync_args(&state, &[])).await;
        assert_eq!((api.state().count("Get") > 0, out.contains(warning)), (asked, asked), "{day}: {out}");
    }
    // A newer lift may be about a newer entry.
    world.run_ok(&["suppress", fay, "--reason", "hard_bounce"]).await;
    world.run_ok(&["lift", fay, "--reason", "hard_bounce"]).await;
    assert!(world.run_ok(&sync_args(&state, &[])).await.contains(warning));
    // So may an entry that SES lists anew.
    api.state().add("", "Fay@Example.com", "BOUNCE", millis("2026-11-25T18:00:00Z"));
    let out = world.run_ok(&sync_args(&state, &["--apply", "there"])).await;
    assert!(out.contains("; 1 removed from SES's list, 0 kept\n"), "{out}");
}

#[tokio::test]
async fn a_reason_that_ses_replaced_keeps_no_address_on_its_list() {
    let (mut world, api) = listed(&["fay@example.com"]).await;
    let state = StatePath::new();
    world.run_ok(&sync_args(&state, &["--apply", "both"])).await;
    api.state().list("").clear();
    api.state().add("", "fay@example.com", "COMPLAINT", millis("2026-11-21T12:00:00Z"));
    world.now = time("2026-11-23T12:00:00Z");
    world.run_ok(&sync_args(&state, &["--apply", "both"])).await;
    world.now = time("2026-11-25T12:00:00Z");
    world.run_ok(&["lift", "fay@example.com", "--reason", "complaint"]).await;
    let out = world.run_ok(&sync_args(&state, &["--apply", "there"])).await;
    assert!(out.contains("; 0 removed from SES's list, 1 kept\n"), "the bounce stands: {out}");
    world.run_ok(&["lift", "fay@example.com", "--reason", "hard_bounce"]).await;
    let out = world.run_ok(&sync_args(&state, &["--apply", "there"])).await;
    assert!(out.contains("; 1 removed from SES's list, 0 kept\n"), "{out}");
    assert_eq!(api.state().spellings(""), [""; 0]);
    assert!(!state.text().contains('@'), "{}", state.text());
}
